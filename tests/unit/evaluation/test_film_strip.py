import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_app.evaluation.report.film_strip import BACKGROUND, GAP_PX, film_strip, strip_jpeg
from reid_app.tracklets.types import Image


def _flat(height: int, width: int, grey: int) -> Image:
    return np.full((height, width, 3), grey, np.uint8)


def test_crops_keep_their_proportions_and_their_order() -> None:
    # 40x20 and 100x100 brought to a height of 20: 10 and 20 pixels wide; 10x5 is enlarged to 10.
    strip = film_strip([_flat(40, 20, 50), _flat(100, 100, 120), _flat(10, 5, 200)], height_px=20)

    expected = [50] * 10 + [-1] * GAP_PX + [120] * 20 + [-1] * GAP_PX + [200] * 10
    assert strip.shape == (20, len(expected), 3)
    for x, grey in enumerate(expected):
        wanted = BACKGROUND if grey < 0 else (grey, grey, grey)
        assert (strip[:, x] == wanted).all(), x


def test_long_tracklets_are_sampled_evenly() -> None:
    strip = film_strip([_flat(8, 8, grey) for grey in range(100)], height_px=8, max_frames=5)

    # The middles of five equal parts of 100 frames.
    assert strip[4, 4 :: 8 + GAP_PX, 0].tolist() == [10, 30, 50, 70, 90]


def test_colours_are_not_swapped() -> None:
    red = np.zeros((16, 8, 3), np.uint8)
    red[..., 0] = 255
    assert film_strip([red], height_px=32)[16, 8].tolist() == [255, 0, 0]

    decoded_bgr = cv2.imdecode(np.frombuffer(strip_jpeg([red]), np.uint8), cv2.IMREAD_COLOR)
    assert decoded_bgr is not None
    assert decoded_bgr.shape == (160, 80, 3)
    assert np.abs(decoded_bgr[80, 40].astype(int) - (0, 0, 255)).max() <= 3


def test_shrinking_averages_instead_of_dropping_pixels() -> None:
    checkerboard = np.indices((160, 80)).sum(axis=0) % 2 * 255
    crop = np.repeat(checkerboard[..., None], 3, axis=2).astype(np.uint8)
    assert np.abs(film_strip([crop], height_px=40).astype(float) - 127.5).max() <= 1


@given(
    sizes=st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), min_size=1, max_size=6),
    height_px=st.integers(1, 200),
)
def test_no_crop_is_distorted(sizes: list[tuple[int, int]], height_px: int) -> None:
    strip = film_strip([_flat(h, w, 255) for h, w in sizes], height_px=height_px)

    wanted = sum(max(1.0, w * height_px / h) for h, w in sizes) + GAP_PX * (len(sizes) - 1)
    assert strip.shape[0] == height_px
    assert abs(strip.shape[1] - wanted) <= 0.5 * len(sizes)


@pytest.mark.parametrize(("num_crops", "height_px", "max_frames"), [(0, 160, 10), (1, 0, 10), (1, 160, 0)])
def test_nothing_to_show_is_an_error_that_says_so(num_crops: int, height_px: int, max_frames: int) -> None:
    with pytest.raises(ValueError, match=f"got {num_crops} crops, height_px={height_px}, max_frames={max_frames}"):
        film_strip([_flat(4, 4, 0)] * num_crops, height_px=height_px, max_frames=max_frames)
