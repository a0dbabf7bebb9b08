"""Smooth noise that joins with itself."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reid_app.data.synthetic.mesh import Floats


def smooth_noise(rng: Generator, *, side: int, size: float) -> Floats:
    """A square (side, side) of noise with mean 0 and deviation 1 that can be laid side by side.

    Args:
        rng: Draws it.
        side: In cells.
        size: Of its blotches, in cells.
    """
    border = min(side, int(4 * size) + 1)
    noise = np.pad(rng.normal(0, 1, (side, side)).astype(np.float32), border, mode="wrap")
    smooth = cv2.GaussianBlur(noise, (0, 0), max(size, 0.3))[border:-border, border:-border]
    return np.asarray((smooth - smooth.mean()) / (smooth.std() + 1e-6), dtype=np.float32)


def noise_at(
    rng: Generator, points_N2: NDArray[np.float64], *, cell: float, smooth: float = 1.0
) -> NDArray[np.float64]:
    """Noise at points of a plane, between its cells by interpolation; ``cell`` in the points' unit."""
    side = 256
    noise = smooth_noise(rng, side=side, size=smooth)
    places_N2 = points_N2 / cell
    low_N2 = np.floor(places_N2)
    right_N, up_N = (places_N2 - low_N2).T
    column_N, row_N = (low_N2.astype(np.int64) % side).T
    next_column_N, next_row_N = (column_N + 1) % side, (row_N + 1) % side
    below = noise[row_N, column_N] * (1 - right_N) + noise[row_N, next_column_N] * right_N
    above = noise[next_row_N, column_N] * (1 - right_N) + noise[next_row_N, next_column_N] * right_N
    return np.asarray(below * (1 - up_N) + above * up_N, dtype=np.float64)
