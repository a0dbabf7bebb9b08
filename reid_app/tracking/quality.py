"""How well one crop shows its person."""

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_app.tracking.boxes import area, clip_box, intersection_areas
from reid_app.tracklets.types import Box, CropQuality, Image

_REFERENCE_HEIGHT_PX = 128
"""Sharpness is judged at this height, so that it does not depend on how near the person stands."""

_NOISE = 1.5
"""Mean absolute second derivative of sensor noise and JPEG blocks on plain cloth, in grey levels."""

_CRISP = 0.7
"""Share of detail that blurring takes from crisp pictures of standing people."""

_TOUCH_COST = 0.75
"""Detectors end a box at the border whether or not the person goes on behind it."""


def crop_quality(image: Image, *, box: Box, others: list[Box]) -> CropQuality:
    """Quality of a person's crop.

    Args:
        image: The whole frame, RGB uint8 ``(H, W, 3)``.
        box: The person's; part of it has to lie inside the frame.
        others: Boxes of everybody else in this frame.

    Raises:
        ValueError: The box lies outside the frame.
    """
    height, width = image.shape[:2]
    x1, y1, x2, y2 = clip_box(box, width=width, height=height)
    if x1 >= x2 or y1 >= y2:
        raise ValueError(f"box {box} lies outside the frame of {width}x{height} pixels")
    return CropQuality(
        height_px=min(box[3], float(height)) - max(box[1], 0.0),
        sharpness=sharpness(image[y1:y2, x1:x2]),
        visible=visible_share(box, width=width, height=height),
        unoccluded=1.0 - covered_share(box, others),
    )


def sharpness(crop: Image) -> float:
    """How crisp a crop is, in [0, 1]; 0 is blurred or without any detail, 1 is crisp.

    Compares the two terms of the Laplacian of the crop with those of the crop blurred once more: blurring takes much
    from a crisp picture and little from a blurred one, whatever the person wears. The weaker direction counts, for
    motion blurs in one direction only. Judged at a fixed height.

    Args:
        crop: RGB uint8 ``(H, W, 3)``.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    if grey.shape[0] > _REFERENCE_HEIGHT_PX:
        width = max(1, round(grey.shape[1] * _REFERENCE_HEIGHT_PX / grey.shape[0]))
        grey = cv2.resize(grey, (width, _REFERENCE_HEIGHT_PX), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(grey, (0, 0), 1.5)
    weakest = min(
        _lost_detail(_second_derivative(grey, dx=dx, dy=2 - dx), _second_derivative(blurred, dx=dx, dy=2 - dx))
        for dx in (0, 2)
    )
    return min(1.0, weakest / _CRISP)


def visible_share(box: Box, *, width: int, height: int) -> float:
    """Share of a box inside a frame of so many pixels, in [0, 1]; each border that it touches costs a quarter."""
    inside = float(intersection_areas(box, np.array([[0.0, 0.0, width, height]]))[0]) / area(box)
    margin_x, margin_y = max(2.0, 0.005 * width), max(2.0, 0.005 * height)
    touched = (box[0] < margin_x) + (box[1] < margin_y) + (box[2] > width - margin_x) + (box[3] > height - margin_y)
    return float(min(1.0, inside) * _TOUCH_COST**touched)


def covered_share(box: Box, others: list[Box]) -> float:
    """Share of a box that at least one other box covers, in [0, 1]."""
    if not others:
        return 0.0
    corners = np.asarray(others, np.float64)
    corners[:, 0::2] = np.clip(corners[:, 0::2], box[0], box[2])
    corners[:, 1::2] = np.clip(corners[:, 1::2], box[1], box[3])
    xs, ys = np.unique(corners[:, 0::2]), np.unique(corners[:, 1::2])
    middles_x, middles_y = (xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2
    covered = np.zeros((len(middles_y), len(middles_x)), bool)
    for x1, y1, x2, y2 in corners:
        covered |= ((middles_y > y1) & (middles_y < y2))[:, None] & ((middles_x > x1) & (middles_x < x2))[None, :]
    return float(min(1.0, (np.diff(ys)[:, None] * np.diff(xs)[None, :])[covered].sum() / area(box)))


def _second_derivative(grey: NDArray[np.uint8], *, dx: int, dy: int) -> float:
    """Mean absolute second derivative in grey levels: one term of the Laplacian."""
    return float(np.abs(cv2.Sobel(grey, cv2.CV_32F, dx, dy, ksize=1)).mean())


def _lost_detail(fine: float, coarse: float) -> float:
    """Share of the detail that blurring took, in [0, 1); little where there is hardly more than noise."""
    if fine <= coarse:
        return 0.0
    return (1.0 - coarse / fine) * fine / (fine + _NOISE)
