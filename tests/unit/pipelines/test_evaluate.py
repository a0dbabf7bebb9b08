"""Encoders measured on real pictures, against figures that an independent script found."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from reid_app.errors import InputError
from reid_app.evaluation.reranking import RerankConfig
from reid_app.model.config import EncoderConfig
from reid_app.pipelines.evaluate import Comparison
from reid_app.pipelines.evaluate_dataset import EvaluationAnswer, EvaluationRequest, encoder_grid, evaluate_dataset
from reid_app.pipelines.identities import name_tracklet
from reid_app.pipelines.parts import open_catalog, open_store
from reid_app.settings import Settings
from reid_app.tracklets.watch import Unwatched
from tests.world import store_people

COSINE = Comparison(rerank=None, expand_queries=0, seed=0)
COLOUR = EncoderConfig(model="colour")


@pytest.fixture
def settings(tmp_path: Path, models_dir: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", models_dir=models_dir)


def measured(
    settings: Settings,
    *,
    dataset: str,
    root: Path | None,
    encoders: Sequence[EncoderConfig] = (COLOUR,),
    protocol: str | None = None,
    comparison: Comparison = COSINE,
) -> EvaluationAnswer:
    request = EvaluationRequest(
        dataset=dataset,
        root=root,
        split=None,
        protocol=protocol,
        encoders=tuple(encoders),
        comparison=comparison,
        keep=False,
    )
    return evaluate_dataset(request, settings=settings, watch=Unwatched())


def test_it_finds_what_an_independent_script_found(settings: Settings, test_data_dir: Path) -> None:
    encoders = encoder_grid(
        COLOUR, models=["colour", "osnet_x0_25_msmt17"], poolings=[], frames=[8], dense=False, flip=False
    )
    answer = measured(settings, dataset="folder", root=test_data_dir / "pku_reid", encoders=encoders)
    colour, osnet = (result.evaluation for result in answer.splits[0].results)
    assert (colour.num_queries, colour.num_gallery, len(colour.query_rows_V)) == (62, 62, 62)
    assert colour.rank1 == 0.0
    assert colour.mean_ap == pytest.approx(0.037, abs=0.002)
    assert osnet.rank1 == pytest.approx(0.194, abs=0.01)
    assert osnet.mean_ap == pytest.approx(0.308, abs=0.005)

    (difference,) = answer.differences
    assert difference.verdict("mean_ap") == "better"
    assert difference.metrics["mean_ap"].estimate == pytest.approx(osnet.mean_ap - colour.mean_ap)


def test_a_model_against_itself_means_nothing(settings: Settings, test_data_dir: Path) -> None:
    answer = measured(settings, dataset="mars-crops", root=test_data_dir / "mini_mars", encoders=[COLOUR, COLOUR])
    (difference,) = answer.differences
    assert difference.verdict("rank1") == difference.verdict("mean_ap") == "means nothing"


def test_leave_one_out_counts_people_of_one_camera_too(settings: Settings, test_data_dir: Path) -> None:
    root = test_data_dir / "mini_mars"
    across = measured(settings, dataset="mars-crops", root=root).splits[0].results[0].evaluation
    everywhere = measured(settings, dataset="mars-crops", root=root, protocol="leave-one-out")
    found = everywhere.splits[0].results[0].evaluation
    assert (found.num_queries, len(found.query_rows_V)) == (32, 32)
    assert len(across.query_rows_V) < 32
    assert sum(across.skipped.values()) == 32 - len(across.query_rows_V)
    assert found.rank1 > across.rank1, "the same camera shows the same colours"


def test_neighbours_change_the_ranking(settings: Settings, test_data_dir: Path) -> None:
    root = test_data_dir / "pku_reid"
    plain = measured(settings, dataset="folder", root=root).splits[0].results[0].evaluation
    for comparison in (
        Comparison(rerank=RerankConfig(k1=40, k2=2), expand_queries=0, seed=0),
        Comparison(rerank=None, expand_queries=3, seed=0),
    ):
        answer = measured(settings, dataset="folder", root=root, comparison=comparison)
        other = answer.splits[0].results[0].evaluation
        assert not np.allclose(plain.average_precision_V, other.average_precision_V)
        assert answer.as_json()["compared_by"] == comparison.title


def test_the_catalogs_named_tracklets_are_measured(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        for camera in ("yard", "door"):
            store_people(
                {"red": (200, 30, 30), "blue": (30, 30, 200)}, camera_id=camera, settings=settings, catalog=catalog
            )
            for name in ("red", "blue"):
                name_tracklet(f"{camera}-{name}", name=name, catalog=catalog, store=open_store(settings))
    found = measured(settings, dataset="catalog", root=None).splits[0].results[0].evaluation
    assert (found.num_queries, found.rank1, found.mean_ap) == (4, 1.0, 1.0)


def test_a_grid_is_every_combination() -> None:
    grid = encoder_grid(
        COLOUR, models=["colour", "b"], poolings=["mean", "max"], frames=[1, None], dense=False, flip=True
    )
    assert len(grid) == 8
    assert len({(config.model, config.pooling, config.num_frames) for config in grid}) == 8
    assert all(config.flip for config in grid)


def test_what_cannot_be_measured_is_named(settings: Settings, test_data_dir: Path) -> None:
    with pytest.raises(InputError, match="--root FOLDER"):
        measured(settings, dataset="folder", root=None)
    with pytest.raises(InputError, match="there is no protocol 'mars'"):
        measured(settings, dataset="folder", root=test_data_dir / "pku_reid", protocol="mars")
    with pytest.raises(InputError, match="there is no data set 'msmt'"):
        measured(settings, dataset="msmt", root=test_data_dir)
