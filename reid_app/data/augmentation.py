"""Variation of training clips: one draw of parameters, applied to all frames of a clip alike.

The frames of a clip are varied alike because they show one person before one camera: what differs between them should
be the person's movement only. The erased rectangle is the same in all frames too: an occluder that stays. One that
jumped from frame to frame would hide nothing from the mean over time.

Shape letters: T frames of a clip, H height, W width. Pictures are RGB uint8.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_app.data.clip_config import AugmentationConfig

GREY_OF_RGB = np.array([0.299, 0.587, 0.114])
"""Weights of luma (ITU-R BT.601)."""

ERASED_SHARE = (0.02, 0.4)
"""Smallest and largest area of the erased rectangle (Zhong et al., Random Erasing, arXiv 1708.04896)."""

ERASED_ASPECT = (0.3, 1.0 / 0.3)
"""Smallest and largest height / width of it, on a logarithmic scale, so that upright and lying are equally likely."""

Rgb = tuple[int, int, int]
"""Red, green, blue in [0, 255]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """One draw: what happens to a clip."""

    is_flipped: bool
    shift_x: int
    """Pixels to the right."""
    shift_y: int
    """Pixels down."""
    brightness: float
    contrast: float
    saturation: float
    """Factors; 1 changes nothing."""
    balance: tuple[float, float, float]
    """Factors of red, green and blue: another white."""
    erased: tuple[int, int, int, int] | None
    """Rectangle ``x1, y1, x2, y2`` in pixels, x2 and y2 exclusive; None is none."""


def draw_variation(config: AugmentationConfig, *, height: int, width: int, generator: np.random.Generator) -> Variation:
    """Parameters for one clip of pictures of ``height x width`` pixels.

    Always takes as many numbers from the generator, so that setting one option to zero leaves the others as they were.
    """
    flip, right, down, light, contrast, colour, is_erased, *more = generator.random(14).tolist()
    red, green, blue = (1.0 + config.balance * (2.0 * uniform - 1.0) for uniform in more[4:])
    return Variation(
        is_flipped=flip < config.flip,
        shift_x=_whole(right, config.shift_px),
        shift_y=_whole(down, config.shift_px),
        brightness=1.0 + config.brightness * (2.0 * light - 1.0),
        contrast=1.0 + config.contrast * (2.0 * contrast - 1.0),
        saturation=1.0 + config.saturation * (2.0 * colour - 1.0),
        balance=(red, green, blue),
        erased=_rectangle(more[:4], height=height, width=width) if is_erased < config.erase else None,
    )


def vary_clip(frames_THW3: NDArray[np.uint8], variation: Variation, *, mean_colour: Rgb) -> NDArray[np.uint8]:
    """A clip as a draw says: colours first, then mirrored, moved, and a part erased.

    Args:
        frames_THW3: The clip; left as it is.
        variation: The draw.
        mean_colour: For what is uncovered or erased; the network then sees zeros there.

    Returns:
        Uint8 ``(T, H, W, 3)``.
    """
    num_frames, height, width, _ = frames_THW3.shape
    tall = frames_THW3.reshape(num_frames * height, width, 3)
    if (variation.brightness, variation.contrast, variation.saturation, *variation.balance) != (1.0,) * 6:
        tall = cv2.transform(tall, colour_matrix(variation, mean_rgb=cv2.mean(tall)[:3]))
    if variation.is_flipped:
        tall = cv2.flip(tall, 1)
    varied = _shifted(np.asarray(tall, np.uint8).reshape(frames_THW3.shape), variation, mean_colour=mean_colour)
    if variation.erased is not None:
        x1, y1, x2, y2 = variation.erased
        varied[:, y1:y2, x1:x2] = mean_colour
    return varied


def colour_matrix(variation: Variation, *, mean_rgb: tuple[float, ...]) -> NDArray[np.float64]:
    """Brightness, contrast, saturation and balance as one affine map of colours ``(3, 4)``: pixels are rounded once.

    ``w * b * (c * (s * rgb + (1 - s) * grey(rgb)) + (1 - c) * grey(mean_rgb))``

    Args:
        variation: b, c and s, and w, one factor for each colour.
        mean_rgb: Mean colour of the clip in [0, 255]; contrast leaves its grey as it is.
    """
    saturated = variation.saturation * np.eye(3) + (1.0 - variation.saturation) * GREY_OF_RGB
    lift = (1.0 - variation.contrast) * float(GREY_OF_RGB @ np.asarray(mean_rgb))
    gains_31 = variation.brightness * np.array(variation.balance)[:, None]
    return np.asarray(gains_31 * np.column_stack([variation.contrast * saturated, np.full(3, lift)]), np.float64)


def _shifted(frames_THW3: NDArray[np.uint8], variation: Variation, *, mean_colour: Rgb) -> NDArray[np.uint8]:
    """A copy, moved; what falls off a side is lost."""
    moved_THW3 = frames_THW3.copy()
    height, width = frames_THW3.shape[1:3]
    x, y = variation.shift_x, variation.shift_y
    if (x, y) != (0, 0):
        stays = frames_THW3[:, max(-y, 0) : height - max(y, 0), max(-x, 0) : width - max(x, 0)]
        borders = (max(y, 0), max(-y, 0), max(x, 0), max(-x, 0))
        for frame, moved in zip(stays, moved_THW3, strict=True):
            cv2.copyMakeBorder(frame, *borders, cv2.BORDER_CONSTANT, dst=moved, value=mean_colour)
    return moved_THW3


def _whole(uniform: float, limit: int) -> int:
    """An integer in [-limit, limit], all equally likely, from a number in [0, 1)."""
    return math.floor(uniform * (2 * limit + 1)) - limit


def _rectangle(uniforms: list[float], *, height: int, width: int) -> tuple[int, int, int, int]:
    """A rectangle of random area, aspect and place inside the picture, cut off where it would be longer than a side."""
    share, aspect, right, down = uniforms
    area = height * width * (ERASED_SHARE[0] + share * (ERASED_SHARE[1] - ERASED_SHARE[0]))
    ratio = math.exp(math.log(ERASED_ASPECT[0]) + aspect * math.log(ERASED_ASPECT[1] / ERASED_ASPECT[0]))
    rows = min(height, max(1, round(math.sqrt(area * ratio))))
    columns = min(width, max(1, round(math.sqrt(area / ratio))))
    x1, y1 = math.floor(right * (width - columns + 1)), math.floor(down * (height - rows + 1))
    return x1, y1, x1 + columns, y1 + rows
