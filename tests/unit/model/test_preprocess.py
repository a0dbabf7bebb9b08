import numpy as np
import pytest
from numpy.typing import NDArray

from reid_app.model.config import Preprocess
from reid_app.model.preprocess import preprocess_crops, resize_crop
from reid_app.tracklets.types import Image
from tests.unit.model.people import noise, plain

IMAGENET = Preprocess(
    height=16, width=8, channel_order="rgb", scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)


def naive_bilinear(image: Image, *, height: int, width: int) -> NDArray[np.float64]:
    """Pixel centres at half integers, edges repeated: written from the definition, pixel by pixel."""
    rows, columns = image.shape[:2]
    out = np.empty((height, width, 3))
    for y in range(height):
        for x in range(width):
            sy, sx = (y + 0.5) * rows / height - 0.5, (x + 0.5) * columns / width - 0.5
            y0, x0 = int(np.floor(sy)), int(np.floor(sx))
            fy, fx = sy - y0, sx - x0
            total = np.zeros(3)
            for row, wy in ((y0, 1 - fy), (y0 + 1, fy)):
                for column, wx in ((x0, 1 - fx), (x0 + 1, fx)):
                    total += wy * wx * image[min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)]
            out[y, x] = total
    return out


def test_a_picture_of_the_right_size_is_only_normalised() -> None:
    image = noise(1, size=(16, 8))
    expected = (image.astype(np.float64) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    (made,) = preprocess_crops([image], preprocess=IMAGENET)
    np.testing.assert_allclose(made, expected.transpose(2, 0, 1), atol=1e-6)


def test_bgr_turns_the_channels_and_normalises_in_the_networks_order() -> None:
    bgr = IMAGENET.model_copy(
        update={"channel_order": "bgr", "scale": 1.0, "mean": (1.0, 2.0, 3.0), "std": (1.0, 2.0, 4.0)}
    )
    (made,) = preprocess_crops([plain((10, 20, 30))], preprocess=bgr)
    np.testing.assert_allclose(made[:, 0, 0], [(30 - 1) / 1, (20 - 2) / 2, (10 - 3) / 4])


@pytest.mark.parametrize("size", [(5, 3), (31, 15), (17, 9), (20, 4)])
def test_resizing_is_bilinear_up_to_half_the_size(size: tuple[int, int]) -> None:
    image = noise(2, size=size)
    made = resize_crop(image, height=16, width=8)
    np.testing.assert_allclose(made, naive_bilinear(image, height=16, width=8), atol=1.0)


def test_shrinking_a_lot_averages_all_pixels() -> None:
    """A one-pixel checkerboard is grey from afar; two neighbours of a bilinear sample would show black or white."""
    board = np.indices((160, 80)).sum(axis=0) % 2 * 255
    stripes = np.repeat(np.arange(160)[:, None] % 2 * 255, 8, axis=1)
    for pattern in (board, stripes):
        image = np.repeat(pattern.astype(np.uint8)[..., None], 3, axis=2)
        made = resize_crop(image, height=16, width=8).astype(int)
        assert abs(made - 127.5).max() <= 1


def test_shrinking_by_whole_numbers_is_the_mean_of_each_block() -> None:
    image = noise(3, size=(48, 24))
    blocks = image.reshape(16, 3, 8, 3, 3).astype(np.float64).mean(axis=(1, 3))
    np.testing.assert_allclose(resize_crop(image, height=16, width=8), blocks, atol=0.51)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (40_000, 2), (3000, 2000), (2, 40_000)])
def test_any_size_keeps_a_plain_colour(size: tuple[int, int]) -> None:
    made = resize_crop(plain((12, 200, 77), size=size), height=16, width=8)
    assert made.dtype == np.uint8
    assert np.array_equal(made, plain((12, 200, 77)))


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    images = [noise(4), plain((0, 0, 0), size=(1, 1)), noise(5, size=(300, 100))]
    together = preprocess_crops(images, preprocess=IMAGENET)
    alone = np.concatenate([preprocess_crops([image], preprocess=IMAGENET) for image in images])
    assert together.dtype == np.float32
    assert together.flags.c_contiguous
    assert np.array_equal(together, alone)


def test_a_view_is_read_as_what_it_shows() -> None:
    image = noise(6)
    mirrored = image[:, ::-1]
    assert np.array_equal(
        preprocess_crops([mirrored], preprocess=IMAGENET), preprocess_crops([mirrored.copy()], preprocess=IMAGENET)
    )


def test_no_pictures_make_an_empty_batch() -> None:
    assert preprocess_crops([], preprocess=IMAGENET).shape == (0, 3, 16, 8)
