"""The validation's numbers against a naive search, with embeddings made one tracklet at a time from the checkpoint."""

from pathlib import Path

import numpy as np
import pytest
import torch

from reid_app.data.datasets import load_dataset
from reid_app.data.pictures import read_picture
from reid_app.data.types import LabelledTracklet
from reid_app.model.checkpoint import load_checkpoint
from reid_app.model.embedder import TrackletEmbedder
from reid_app.model.preprocess import preprocess_crops
from reid_app.training.training_part import divide
from tests.unit.training.runs import run, small_recipe


def embed(model: TrackletEmbedder, tracklet: LabelledTracklet) -> np.ndarray:
    crops = [read_picture(path) for path in tracklet.frame_paths]
    clip = torch.from_numpy(preprocess_crops(crops, preprocess=model.config.preprocess))[None]
    with torch.inference_mode():
        return model.embed(clip, mask_BT=torch.ones(1, len(crops), dtype=torch.bool))[0].numpy()


def average_precision(is_match: list[bool]) -> float:
    ranks = [rank for rank, right in enumerate(is_match, start=1) if right]
    return float(np.mean([number / rank for number, rank in enumerate(ranks, start=1)]))


def test_metrics_are_those_of_the_checkpoint_on_people_held_out(crops: Path, tmp_path: Path) -> None:
    """Leave-one-out over all frames."""
    recipe = small_recipe("validation={share: 0.67, every: 8, protocol: leave-one-out, num_frames: null}")
    report = run(recipe, crops, tmp_path)
    model, card = load_checkpoint(report.last)
    held_out = divide(load_dataset("mars-crops", crops), recipe.validation).held_out
    assert len(held_out) == 8
    embeddings = np.stack([embed(model, tracklet) for tracklet in held_out])
    found = []
    for query, tracklet in enumerate(held_out):
        others = [other for other in np.argsort(-(embeddings @ embeddings[query])) if other != query]
        found.append([held_out[other].pid == tracklet.pid for other in others])
    assert report.metrics["mean_ap"] == pytest.approx(np.mean([average_precision(row) for row in found]))
    assert report.metrics["rank1"] == pytest.approx(np.mean([row[0] for row in found]))
    assert card.metrics == report.metrics
