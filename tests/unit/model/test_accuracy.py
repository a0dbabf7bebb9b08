"""Real people, two cameras: the published figures of the public models come out, so the preprocess is theirs.

PKU-Reid, tracklets of eight pictures, mean of normalised frame features. Every tracklet queries all others of both
cameras; its own identity in its own camera is left out, so the 30 others of its own camera stand in its way.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reid_app.model.config import EncoderConfig
from reid_app.model.encoders import make_encoder
from reid_app.model.known import load_known_models
from reid_app.model.places import ModelPlaces
from reid_app.tracklets.store import decode_picture
from reid_app.tracklets.types import Tracklet
from tests.unit.model.people import tracklet

REPOSITORY = Path(__file__).parents[3]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people(test_data_dir: Path) -> list[tuple[str, str, Tracklet]]:
    """Identity, camera, tracklet."""
    return [
        (folder.parent.name, folder.name, tracklet(f"{folder.parent.name}-{folder.name}", pictures(folder)))
        for folder in sorted((test_data_dir / "pku_reid").glob("*/cam*"))
    ]


def pictures(folder: Path) -> list[NDArray[np.uint8]]:
    return [decode_picture(file.read_bytes(), name=file.name) for file in sorted(folder.glob("*/*.png"))]


def rank(
    embeddings: NDArray[np.float32], people: list[tuple[str, str, Tracklet]], *, other_camera_only: bool
) -> tuple[float, float]:
    """Rank-1 and mAP, in plain loops."""
    firsts, precisions = [], []
    for query, (person, camera, _) in enumerate(people):
        gallery = [
            n for n, (pid, cam, _) in enumerate(people) if cam != camera or (pid != person and not other_camera_only)
        ]
        gallery.sort(key=lambda n: -float(embeddings[query] @ embeddings[n]))
        hits = [people[n][0] == person for n in gallery]
        firsts.append(hits[0])
        precisions.append(1 / (hits.index(True) + 1))  # exactly one is right
    return sum(firsts) / len(firsts), sum(precisions) / len(precisions)


@pytest.fixture(scope="module")
def figures(people: list[tuple[str, str, Tracklet]], models_dir: Path) -> dict[str, list[tuple[float, float]]]:
    """For each encoder, rank-1 and mAP among all tracklets, then among those of the other camera only."""
    known = load_known_models(REPOSITORY / "configs" / "models.yaml")
    places = ModelPlaces(models_dir=models_dir, data_dir=models_dir / "none")
    made = {}
    for name in ("colour", "osnet_x0_25_msmt17", "person_reidentification_retail_0287"):
        encoder = make_encoder(EncoderConfig(model=name), known=known, places=places)
        embeddings = encoder.encode([one for _, _, one in people])
        made[name] = [rank(embeddings, people, other_camera_only=only) for only in (False, True)]
    return made


@pytest.mark.parametrize(
    ("name", "rank1", "mean_ap"),
    [
        ("colour", 0.0, 0.037),
        ("osnet_x0_25_msmt17", 0.194, 0.308),
        ("person_reidentification_retail_0287", 0.661, 0.767),
    ],
)
def test_published_figures_come_out(
    figures: dict[str, list[tuple[float, float]]], name: str, rank1: float, mean_ap: float
) -> None:
    # One query more or less, and the third digit of mAP, may fall otherwise on another processor.
    assert figures[name][0] == (pytest.approx(rank1, abs=1.1 / 62), pytest.approx(mean_ap, abs=0.003))


def test_a_trained_network_beats_the_colour_histogram(figures: dict[str, list[tuple[float, float]]]) -> None:
    for colour, osnet in zip(figures["colour"], figures["osnet_x0_25_msmt17"], strict=True):
        assert osnet[0] > colour[0] + 0.1
        assert osnet[1] > colour[1] + 0.1


def test_colour_is_better_than_chance_between_cameras(figures: dict[str, list[tuple[float, float]]]) -> None:
    """Drawn at random, the one right of 31 comes first once in 31, and mAP is the mean of 1/1 ... 1/31."""
    rank1, mean_ap = figures["colour"][1]
    assert rank1 > 2 / 31
    assert mean_ap > 1.5 * sum(1 / place for place in range(1, 32)) / 31
