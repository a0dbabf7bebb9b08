"""The arithmetic of YOLOX around its network: letterbox, decoding, non-maximum suppression.

Shape letters: N candidate boxes, A cells of all grids of one picture, K kept boxes, H and W height and width.
Paper: https://arxiv.org/abs/2107.08430.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_app.tracklets.types import Image

STRIDES = (8, 16, 32)
"""Pixels of the network's input from one cell to the next, for each of its grids."""

_PADDING = 114


class Letterbox:
    """Fits frames of one size into the network's input: shrunk or enlarged to the top left, grey elsewhere."""

    def __init__(self, *, frame_height: int, frame_width: int, input_height: int, input_width: int) -> None:
        ratio = min(input_height / frame_height, input_width / frame_width)
        self.height = max(1, int(frame_height * ratio))
        self.width = max(1, int(frame_width * ratio))
        self._scale = np.array([self.width / frame_width, self.height / frame_height] * 2, np.float64)
        self._input_shape = (input_height, input_width, 3)

    def to_input(self, image: Image) -> NDArray[np.float32]:
        """Network input from an RGB picture: BGR in [0, 255], float32 ``(1, 3, H, W)``."""
        canvas = np.full(self._input_shape, _PADDING, np.uint8)
        canvas[: self.height, : self.width] = cv2.resize(image, (self.width, self.height))
        return np.asarray(cv2.dnn.blobFromImage(canvas, swapRB=True), np.float32)

    def to_frame(self, boxes_xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Boxes ``(N, 4)`` in pixels of the frame from boxes in pixels of the network's input."""
        return boxes_xyxy / self._scale


class Grid(NamedTuple):
    """Where the rows of the network's output lie in its input."""

    cells_A2: NDArray[np.float64]
    """Column and row of each cell within its own grid."""
    strides_A: NDArray[np.float64]
    """Pixels from one cell to the next."""


def make_grid(*, input_height: int, input_width: int) -> Grid:
    """Cells in the order of the output's rows: grid after grid, row after row.

    Args:
        input_height: Height of the network's input in pixels, a multiple of 32.
        input_width: Width of the network's input in pixels, a multiple of 32.
    """
    cells, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: input_height // stride, : input_width // stride]
        cells.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full(rows.size, stride))
    return Grid(np.concatenate(cells).astype(np.float64), np.concatenate(strides).astype(np.float64))


def decode(
    raw_N4: NDArray[np.float32], *, cells_N2: NDArray[np.float64], strides_N: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Boxes from the network's own terms.

    Args:
        raw_N4: Centre relative to the cell, in cells, then logarithms of width and height in cells.
        cells_N2: Column and row of each box's cell.
        strides_N: Pixels from one cell to the next.

    Returns:
        ``x1, y1, x2, y2`` in pixels of the network's input; infinite where a logarithm is absurdly large.
    """
    raw = raw_N4.astype(np.float64)
    with np.errstate(over="ignore"):
        centres = (raw[:, :2] + cells_N2) * strides_N[:, None]
        sizes = np.exp(raw[:, 2:]) * strides_N[:, None]
        return np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)


def corners(centred_N4: NDArray[np.float32]) -> NDArray[np.float64]:
    """Boxes ``x1, y1, x2, y2`` from boxes given as centre, width and height."""
    centred = centred_N4.astype(np.float64)
    return np.concatenate([centred[:, :2] - centred[:, 2:] / 2, centred[:, :2] + centred[:, 2:] / 2], axis=1)


def suppress(boxes_N4: NDArray[np.float64], confidences_N: NDArray[np.float64], *, max_iou: float) -> NDArray[np.int64]:
    """Greedy non-maximum suppression; equal confidences keep their order.

    Args:
        boxes_N4: ``x1, y1, x2, y2``.
        confidences_N: The most confident of overlapping boxes stays.
        max_iou: A box goes when its intersection over union with one that stays is larger.

    Returns:
        Rows that stay ``(K,)``, most confident first.
    """
    areas = (boxes_N4[:, 2] - boxes_N4[:, 0]) * (boxes_N4[:, 3] - boxes_N4[:, 1])
    waiting = np.argsort(-confidences_N, kind="stable")
    kept = []
    while waiting.size:
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        sides = np.minimum(boxes_N4[best, 2:], boxes_N4[waiting, 2:]) - np.maximum(
            boxes_N4[best, :2], boxes_N4[waiting, :2]
        )
        shared = np.prod(np.clip(sides, 0.0, None), axis=1)
        waiting = waiting[shared <= max_iou * (areas[best] + areas[waiting] - shared)]
    return np.asarray(kept, np.int64)
