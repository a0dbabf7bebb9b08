"""What a network finds among real people."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reid_app.model.config import EncoderConfig
from reid_app.pipelines.evaluate import Comparison, EncoderResult
from reid_app.pipelines.evaluate_dataset import EvaluationRequest, encoder_grid, evaluate_dataset
from reid_app.settings import Settings
from reid_app.tracklets.watch import Unwatched


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A set of real people, and how many pictures of a tracklet are looked at."""

    dataset: str
    folder: str
    """Below TEST_DATA_DIR."""
    protocol: str
    frames: int


SITES = {
    "PKU-Reid": Site(dataset="folder", folder="pku_reid", protocol="cross-camera", frames=8),
    "PKU-Reid, single pictures": Site(dataset="folder", folder="pku_reid", protocol="cross-camera", frames=1),
    "mini-MARS": Site(dataset="mars-crops", folder="mini_mars", protocol="leave-one-out", frames=8),
}


def judge(models: Sequence[str], *, site: Site, data_dir: Path) -> list[EncoderResult]:
    """Each model's evaluation on a site, with the mean over frames."""
    settings = Settings(data_dir=data_dir, models_dir=Path(os.environ["REID_MODELS_DIR"]))
    request = EvaluationRequest(
        dataset=site.dataset,
        root=Path(os.environ["TEST_DATA_DIR"]) / site.folder,
        split=None,
        protocol=site.protocol,
        encoders=encoder_grid(
            EncoderConfig(), models=models, poolings=("mean",), frames=(site.frames,), dense=False, flip=False
        ),
        comparison=Comparison(rerank=None, expand_queries=0, seed=0),
        keep=False,
    )
    return list(evaluate_dataset(request, settings=settings, watch=Unwatched()).splits[0].results)
