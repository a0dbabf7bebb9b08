from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_app.tracking.crops import CropKeeper, cut_crop
from reid_app.tracking.quality import covered_share, crop_quality, sharpness, visible_share
from reid_app.tracklets.types import Box, CropQuality
from tests.unit.tracking.scripted import BLANK, frame


def people(test_data_dir: Path) -> list[np.ndarray]:
    files = sorted((test_data_dir / "pku_reid").glob("*/*/*/*.png"))[::25]
    assert len(files) > 10
    return [cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB) for file in files]


def test_every_crisp_crop_is_sharper_than_any_blurred_one(test_data_dir: Path) -> None:
    crops = people(test_data_dir)
    crisp = [sharpness(crop) for crop in crops]
    blurred = [sharpness(cv2.GaussianBlur(crop, (0, 0), 2.0)) for crop in crops]
    assert min(crisp) > 0.7
    assert max(blurred) < 0.35


def test_motion_blur_in_either_direction_costs(test_data_dir: Path) -> None:
    for crop in people(test_data_dir):
        for kernel in ((9, 1), (1, 9)):
            assert sharpness(cv2.blur(crop, kernel)) < 0.75 * sharpness(crop)


def test_size_hardly_matters(test_data_dir: Path) -> None:
    for crop in people(test_data_dir):
        small = cv2.resize(crop, (48, 128), interpolation=cv2.INTER_AREA)
        large = cv2.resize(small, (144, 384), interpolation=cv2.INTER_CUBIC)
        assert sharpness(large) == pytest.approx(sharpness(small), abs=0.2)


def test_plain_cloth_and_single_pixels_are_not_sharp() -> None:
    assert sharpness(BLANK) == 0.0
    assert sharpness(BLANK[:1, :1]) == 0.0


def test_visible_share() -> None:
    assert visible_share((100.0, 50.0, 140.0, 150.0), width=320, height=240) == 1.0
    assert visible_share((-20.0, 50.0, 20.0, 150.0), width=320, height=240) == pytest.approx(0.5 * 0.75)
    assert visible_share((0.0, 50.0, 40.0, 150.0), width=320, height=240) == pytest.approx(0.75)
    assert visible_share((280.0, 140.0, 320.0, 240.0), width=320, height=240) == pytest.approx(0.75**2)


small_box = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 10), st.integers(1, 10)).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)


@given(small_box, st.lists(small_box, max_size=5))
@settings(max_examples=80, deadline=None)
def test_covered_share_agrees_with_counting_pixels(box: Box, others: list[Box]) -> None:
    canvas = np.zeros((24, 24), bool)
    for x1, y1, x2, y2 in others:
        canvas[int(y1) : int(y2), int(x1) : int(x2)] = True
    inside = canvas[int(box[1]) : int(box[3]), int(box[0]) : int(box[2])]
    assert covered_share(box, others) == pytest.approx(inside.mean())


def test_quality_of_a_box_over_the_border() -> None:
    quality = crop_quality(BLANK, box=(300.0, -20.0, 340.0, 80.0), others=[(300.0, -20.0, 340.0, 30.0)])
    assert quality.height_px == 80.0
    assert quality.unoccluded == pytest.approx(0.5)
    assert quality.visible == pytest.approx(0.5 * 0.8 * 0.75**2)
    with pytest.raises(ValueError, match="outside the frame of 320x240"):
        crop_quality(BLANK, box=(400.0, 0.0, 440.0, 100.0), others=[])


def test_crops_are_copies_within_the_limit_and_never_enlarged() -> None:
    image = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    crop = cut_crop(image, box=(10.4, 20.6, 50.2, 119.5), max_long_side_px=384)
    np.testing.assert_array_equal(crop, image[20:120, 10:51])
    assert not np.shares_memory(crop, image)
    small = cut_crop(image, box=(10.0, 20.0, 50.0, 120.0), max_long_side_px=50)
    assert small.shape == (50, 20, 3)
    halved = image[20:120, 10:50].reshape(50, 2, 20, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - halved).max() <= 1.0


@given(st.lists(st.sampled_from([0.2, 0.5, 0.9, 1.0]), min_size=1, max_size=60), st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_the_best_of_each_stretch_stays(sharp: list[float], limit: int) -> None:
    keeper = CropKeeper(limit=limit, max_long_side_px=16)
    qualities = [CropQuality(height_px=128, sharpness=value, visible=1.0, unoccluded=1.0) for value in sharp]
    for index, quality in enumerate(qualities):
        keeper.offer(frame(index), box=(10.0, 10.0, 20.0, 30.0), quality=quality)
    kept = [crop.frame_index for crop in keeper.crops()]
    width = 1
    while -(-len(sharp) // width) > limit:
        width *= 2
    stretches = [range(start, min(start + width, len(sharp))) for start in range(0, len(sharp), width)]
    assert kept == [max(stretch, key=lambda index: sharp[index]) for stretch in stretches]
    assert len(kept) <= limit
