"""Geometry of boxes ``x1, y1, x2, y2`` in pixels."""

import numpy as np
from numpy.typing import NDArray

from reid_app.tracklets.types import Box


def clip_box(box: Box, *, width: int, height: int) -> tuple[int, int, int, int]:
    """Whole pixels that a box touches inside a frame; ``x1 >= x2`` or ``y1 >= y2`` when it lies outside."""
    return (
        max(0, int(np.floor(box[0]))),
        max(0, int(np.floor(box[1]))),
        min(width, int(np.ceil(box[2]))),
        min(height, int(np.ceil(box[3]))),
    )


def intersection_areas(box: Box, others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Areas ``(N,)`` in square pixels that a box shares with each of the others ``(N, 4)``."""
    corners = np.asarray(others, np.float64).reshape(-1, 4)
    widths = np.minimum(box[2], corners[:, 2]) - np.maximum(box[0], corners[:, 0])
    heights = np.minimum(box[3], corners[:, 3]) - np.maximum(box[1], corners[:, 1])
    return np.asarray(np.clip(widths, 0.0, None) * np.clip(heights, 0.0, None), np.float64)


def area(box: Box) -> float:
    """Area of a box in square pixels."""
    return (box[2] - box[0]) * (box[3] - box[1])
