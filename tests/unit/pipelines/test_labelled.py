"""Embeddings of a data set: right, and computed once."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reid_app.data.datasets import load_dataset
from reid_app.data.types import LabelledTracklet
from reid_app.errors import CancelledError, DamagedError, InputError
from reid_app.model.colour import ColourEncoder, colour_features
from reid_app.model.config import EncoderConfig
from reid_app.pipelines import labelled
from reid_app.pipelines.labelled import embed_labelled
from reid_app.tracklets.store import encode_jpeg
from reid_app.tracklets.types import Image, Tracklet
from reid_app.tracklets.watch import Unwatched
from tests.unit.model.people import noise

CONFIG = EncoderConfig(num_frames=2)


class Counting:
    """The colour encoder, and how many tracklets it saw."""

    def __init__(self, config: EncoderConfig) -> None:
        self._encoder = ColourEncoder(config)
        self.model_id, self.name, self.dimension = self._encoder.model_id, "colour", self._encoder.dimension
        self.num_encoded = 0

    def encode(self, tracklets: Sequence[Tracklet]) -> NDArray[np.float32]:
        self.num_encoded += len(tracklets)
        return self._encoder.encode(tracklets)


@pytest.fixture
def tracklets(tmp_path: Path) -> list[LabelledTracklet]:
    made = []
    for person in range(5):
        paths = [tmp_path / "site" / f"{person}_{frame}.jpg" for frame in range(3 + person)]
        for frame, path in enumerate(paths):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(encode_jpeg(noise(10 * person + frame), quality=95))
        made.append(LabelledTracklet(name=str(person), pid=1 + person, camid=0, frame_paths=tuple(paths)))
    return made


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelled, "_PORTION", 4)


def embed(tracklets: Sequence[LabelledTracklet], cache: Path | None, *, encoder: Counting) -> NDArray[np.float32]:
    return embed_labelled(tracklets, encoder=encoder, config=CONFIG, cache_dir=cache, watch=Unwatched())


def test_rows_are_those_of_the_frames_that_the_encoder_takes(test_data_dir: Path) -> None:
    """Against a plain computation: read two pictures, mean of their histograms, length one."""
    import cv2

    tracklets = load_dataset("folder", test_data_dir / "pku_reid").gallery[:3]
    rows = embed(tracklets, None, encoder=Counting(CONFIG))
    for row, tracklet in zip(rows, tracklets, strict=True):
        assert len(tracklet.frame_paths) == 8
        images: list[Image] = [
            np.asarray(cv2.imread(str(tracklet.frame_paths[index]))[:, :, ::-1], np.uint8) for index in (2, 6)
        ]
        mean = colour_features([np.ascontiguousarray(image) for image in images]).mean(axis=0)
        assert row @ (mean / np.linalg.norm(mean)) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.usefixtures("small_portions")
def test_what_is_kept_is_not_computed_again(tracklets: list[LabelledTracklet], tmp_path: Path) -> None:
    encoder = Counting(CONFIG)
    first = embed(tracklets, tmp_path / "kept", encoder=encoder)
    assert encoder.num_encoded == 5
    np.testing.assert_array_equal(embed(tracklets, tmp_path / "kept", encoder=encoder), first)
    assert encoder.num_encoded == 5
    np.testing.assert_array_equal(embed(tracklets, None, encoder=encoder), first)
    assert encoder.num_encoded == 10


@pytest.mark.usefixtures("small_portions")
def test_a_changed_picture_and_a_damaged_file_are_computed_again(
    tracklets: list[LabelledTracklet], tmp_path: Path
) -> None:
    encoder = Counting(CONFIG)
    first = embed(tracklets, tmp_path / "kept", encoder=encoder)
    used = tracklets[0].frame_paths[0]
    used.write_bytes(encode_jpeg(noise(99), quality=95))
    second = embed(tracklets, tmp_path / "kept", encoder=encoder)
    assert encoder.num_encoded == 5 + 2, "the changed tracklet and its neighbour in the portion"
    assert not np.allclose(second[0], first[0])
    np.testing.assert_array_equal(second[1:], first[1:])

    for file in (tmp_path / "kept").rglob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:-7])
    np.testing.assert_array_equal(embed(tracklets, tmp_path / "kept", encoder=encoder), second)
    assert encoder.num_encoded == 7 + 5


@pytest.mark.usefixtures("small_portions")
def test_stopped_work_goes_on_where_it_was(tracklets: list[LabelledTracklet], tmp_path: Path) -> None:
    class Impatient(Unwatched):
        asked = 0

        def check_cancelled(self) -> None:
            self.asked += 1
            if self.asked == 3:
                raise CancelledError("enough")

    encoder = Counting(CONFIG)
    with pytest.raises(CancelledError):
        embed_labelled(tracklets, encoder=encoder, config=CONFIG, cache_dir=tmp_path / "kept", watch=Impatient())
    assert encoder.num_encoded == 4
    embed(tracklets, tmp_path / "kept", encoder=encoder)
    assert encoder.num_encoded == 5


def test_pictures_that_are_not_used_are_not_read(tracklets: list[LabelledTracklet]) -> None:
    tracklets[2].frame_paths[0].write_bytes(b"broken")
    embed(tracklets, None, encoder=Counting(CONFIG))


@pytest.mark.parametrize("kept", [True, False])
def test_a_missing_or_broken_picture_is_named(tracklets: list[LabelledTracklet], tmp_path: Path, kept: bool) -> None:
    cache = tmp_path / "kept" if kept else None
    used = tracklets[2].frame_paths[1]
    used.write_bytes(b"broken")
    with pytest.raises(DamagedError, match=str(used)):
        embed(tracklets, cache, encoder=Counting(CONFIG))
    os.unlink(used)
    with pytest.raises(InputError, match=str(used)):
        embed(tracklets, cache, encoder=Counting(CONFIG))
