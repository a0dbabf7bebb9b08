"""Dense clips and mirrored views, against a naive computation from the frame features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from reid_app.model.config import EncoderConfig
from reid_app.model.embedding import embed_tracklets
from reid_app.model.head import Head
from reid_app.tracklets.types import Image
from tests.unit.model.people import noise, tracklet


def left_and_right(images: Sequence[Image]) -> NDArray[np.float32]:
    """Mean colour of the left and of the right half, six features: a mirrored picture has another row."""
    halves = [np.concatenate([half.mean(axis=(0, 1)) for half in np.array_split(image, 2, axis=1)]) for image in images]
    return np.array(halves, np.float32)


def embedded(images: Sequence[Image], **options: Any) -> NDArray[np.float64]:
    config = EncoderConfig(batch_size=3, **options)
    rows = embed_tracklets(
        [tracklet("a", images)], left_and_right, head=Head(), config=config, dimension=6, source="test"
    )
    return rows[0].astype(np.float64)


def unit(vector: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    wide = np.asarray(vector, np.float64)
    return np.asarray(wide / np.linalg.norm(wide, axis=-1, keepdims=True))


IMAGES = [noise(seed, size=(20, 10)) // (1 + seed) for seed in range(7)]


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_dense_clips_cover_the_tracklet_and_count_equally(pooling: str) -> None:
    rows = unit(left_and_right(IMAGES))
    pool = {"mean": np.mean, "max": np.max}[pooling]
    clips = [pool(rows[0:3], axis=0), pool(rows[3:5], axis=0), pool(rows[5:7], axis=0)]
    expected = unit(np.mean(clips, axis=0))
    np.testing.assert_allclose(embedded(IMAGES, clips="dense", num_frames=3, pooling=pooling), expected, atol=1e-6)


def test_one_dense_clip_is_the_whole_tracklet() -> None:
    whole = embedded(IMAGES, num_frames=None, pooling="max")
    np.testing.assert_array_equal(embedded(IMAGES, clips="dense", num_frames=7, pooling="max"), whole)


def test_a_mirror_image_counts_as_one_more_crop() -> None:
    rows = unit(left_and_right(IMAGES))
    mirrored = unit(left_and_right([image[:, ::-1] for image in IMAGES]))
    expected = unit(np.concatenate([rows, mirrored]).mean(axis=0))
    np.testing.assert_allclose(embedded(IMAGES, flip=True, num_frames=None), expected, atol=1e-6)


def test_with_mirror_images_left_and_right_do_not_matter() -> None:
    turned = [np.ascontiguousarray(image[:, ::-1]) for image in IMAGES]
    assert not np.allclose(embedded(IMAGES), embedded(turned))
    np.testing.assert_allclose(embedded(IMAGES, flip=True), embedded(turned, flip=True), atol=1e-6)


def test_dense_clips_need_a_length() -> None:
    with pytest.raises(ValidationError, match="dense clips need num_frames"):
        EncoderConfig(clips="dense", num_frames=None)
