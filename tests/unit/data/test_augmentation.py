from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional

from reid_app.data.augmentation import Variation, draw_variation, vary_clip
from reid_app.data.clip_config import AugmentationConfig

NOTHING = Variation(
    is_flipped=False,
    shift_x=0,
    shift_y=0,
    brightness=1.0,
    contrast=1.0,
    saturation=1.0,
    balance=(1.0, 1.0, 1.0),
    erased=None,
)
MEAN = (120, 110, 100)
EVERYTHING = AugmentationConfig(
    flip=0.5, shift_px=3, brightness=0.3, contrast=0.3, saturation=0.3, balance=0.3, erase=0.5
)

variations = st.builds(
    Variation,
    is_flipped=st.booleans(),
    shift_x=st.integers(-4, 4),
    shift_y=st.integers(-6, 6),
    brightness=st.floats(0.2, 1.8),
    contrast=st.floats(0.2, 1.8),
    saturation=st.floats(0.2, 1.8),
    balance=st.tuples(st.floats(0.5, 1.5), st.floats(0.5, 1.5), st.floats(0.5, 1.5)),
    erased=st.none() | st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(3, 5), st.integers(4, 7)),
)


def clip(num_frames: int = 2, height: int = 7, width: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (num_frames, height, width, 3), np.uint8)


def draw(config: AugmentationConfig, *, seed: int = 0, height: int = 64, width: int = 32) -> Variation:
    return draw_variation(config, height=height, width=width, generator=np.random.default_rng(seed))


def vary_slowly(frames: np.ndarray, variation: Variation) -> np.ndarray:
    """The same pixel by pixel: where does each one come from, and what becomes of its colour."""
    num_frames, height, width, _ = frames.shape

    def grey(colour: np.ndarray) -> float:
        return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]

    mean_grey = sum(grey(frames[place]) for place in np.ndindex(num_frames, height, width)) / frames[..., 0].size
    varied = np.empty(frames.shape)
    for t, y, x in np.ndindex(num_frames, height, width):
        from_y, from_x = y - variation.shift_y, x - variation.shift_x
        if variation.is_flipped:
            from_x = width - 1 - from_x
        box = variation.erased
        is_erased = box is not None and box[0] <= x < box[2] and box[1] <= y < box[3]
        if is_erased or not (0 <= from_y < height and 0 <= from_x < width):
            varied[t, y, x] = MEAN
            continue
        colour = frames[t, from_y, from_x].astype(np.float64)
        colour = grey(colour) + variation.saturation * (colour - grey(colour))
        colour = mean_grey + variation.contrast * (colour - mean_grey)
        varied[t, y, x] = np.clip(colour * variation.brightness * np.array(variation.balance), 0, 255)
    return varied


@settings(deadline=None)
@given(variation=variations, seed=st.integers(0, 2**32))
def test_pixel_by_pixel(variation, seed):
    frames = clip(seed=seed)
    untouched = frames.copy()
    varied = vary_clip(frames, variation, mean_colour=MEAN)
    assert varied.dtype == np.uint8
    # rounding, and OpenCV's coefficients, which are multiples of 2 ** -10: three products of up to 255
    np.testing.assert_allclose(varied, vary_slowly(frames, variation), atol=0.5 + 3 * 255 / 2**11 + 0.01)
    np.testing.assert_array_equal(frames, untouched)


@pytest.mark.parametrize(
    ("factors", "adjust"),
    [
        ({"brightness": 1.3}, lambda image: functional.adjust_brightness(image, 1.3)),
        ({"contrast": 0.6}, lambda image: functional.adjust_contrast(image, 0.6)),
        ({"saturation": 0.4}, lambda image: functional.adjust_saturation(image, 0.4)),
    ],
)
def test_colours_as_torchvision_changes_them(factors, adjust):
    frames = clip(1, 16, 8) // 2 + 50  # nothing is cut off at 0 or 255
    variation = replace(NOTHING, **factors)
    expected = adjust(torch.from_numpy(frames[0]).permute(2, 0, 1).to(torch.float32) / 255) * 255
    varied = vary_clip(frames, variation, mean_colour=MEAN)[0]
    np.testing.assert_allclose(varied, expected.permute(1, 2, 0).numpy(), atol=0.7)


@given(seed=st.integers(0, 2**32))
def test_all_frames_of_a_clip_are_varied_alike(seed):
    frames = np.repeat(clip(1, 64, 32), 3, axis=0)
    varied = vary_clip(frames, draw(EVERYTHING, seed=seed), mean_colour=MEAN)
    np.testing.assert_array_equal(varied, np.repeat(varied[:1], 3, axis=0))


def test_by_default_nothing_is_varied():
    assert draw(AugmentationConfig()) == NOTHING
    np.testing.assert_array_equal(vary_clip(clip(), NOTHING, mean_colour=MEAN), clip())


def test_every_option_is_drawn_over_its_whole_range():
    config = EVERYTHING.model_copy(update={"erase": 0.25})
    drawn = [draw(config, seed=seed) for seed in range(2000)]
    # 5 standard deviations of a share: 5 * sqrt(p (1 - p) / 2000) <= 0.056
    assert abs(np.mean([one.is_flipped for one in drawn]) - 0.5) < 0.056
    assert abs(np.mean([one.erased is not None for one in drawn]) - 0.25) < 0.056
    assert abs(np.mean([one.is_flipped and one.erased is not None for one in drawn]) - 0.125) < 0.056
    for shifts in ([one.shift_x for one in drawn], [one.shift_y for one in drawn]):
        assert set(shifts) == set(range(-3, 4))
        assert all(abs(shifts.count(shift) / 2000 - 1 / 7) < 0.056 for shift in range(-3, 4))
    named = {name: [getattr(one, name) for one in drawn] for name in ("brightness", "contrast", "saturation")}
    balances = dict(zip(("red", "green", "blue"), zip(*(one.balance for one in drawn), strict=True), strict=True))
    for factors in map(np.array, (named | balances).values()):
        assert factors.min() == pytest.approx(0.7, abs=0.01)
        assert factors.max() == pytest.approx(1.3, abs=0.01)
        assert abs(np.median(factors) - 1.0) < 0.03


def test_erased_rectangles_lie_inside_and_have_their_area_and_shape():
    config = AugmentationConfig(erase=1.0)
    boxes = [draw(config, seed=seed, height=256, width=128).erased for seed in range(2000)]
    assert all(box is not None for box in boxes)
    x1, y1, x2, y2 = np.array(boxes).T
    assert x1.min() == y1.min() == 0
    assert x2.max() == 128
    assert y2.max() == 256
    assert (x1 < x2).all()
    assert (y1 < y2).all()
    height, width = y2 - y1, x2 - x1
    share = height * width / (256 * 128)
    assert share.max() < 0.41
    is_cut = (width == 128) | (height == 256)
    assert share[~is_cut].min() > 0.018
    assert abs(share[~is_cut].mean() - 0.2) < 0.05
    ratios = (height / width)[~is_cut]
    assert 0.28 < ratios.min() < 0.4
    assert 3.0 < ratios.max() < 3.6


@pytest.mark.parametrize("height_and_width", [(8, 8), (8, 2048), (2048, 8)])
def test_erased_rectangles_fit_into_any_picture(height_and_width):
    height, width = height_and_width
    for seed in range(200):
        x1, y1, x2, y2 = draw(AugmentationConfig(erase=1.0), seed=seed, height=height, width=width).erased
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height


@given(seed=st.integers(0, 2**32), option=st.sampled_from(list(AugmentationConfig.model_fields)))
def test_taking_one_option_away_leaves_the_others_as_they_were(seed, option):
    without = AugmentationConfig(**{**EVERYTHING.model_dump(), option: 0})
    touched = {"flip": {"is_flipped"}, "shift_px": {"shift_x", "shift_y"}, "erase": {"erased"}}.get(option, {option})
    before, after = draw(EVERYTHING, seed=seed), draw(without, seed=seed)
    for name in set(Variation.__dataclass_fields__) - touched:
        assert getattr(before, name) == getattr(after, name)


def test_factors_that_would_turn_a_picture_black_are_refused():
    with pytest.raises(ValueError, match="less than 1"):
        AugmentationConfig(brightness=1.0)
