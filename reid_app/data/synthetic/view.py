"""A camera's geometry: where people on the ground appear in its picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.mesh import Floats

FRAME_HEIGHT = 540
FRAME_WIDTH = 960
_NEAR, _FAR = 0.3, 80.0

Window = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels of the camera's picture; may reach outside of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A pinhole camera above the origin of the ground (z up), looking along +y and down."""

    height: float
    """Metres above the ground."""
    pitch: float
    """Degrees down."""
    focal: float
    """Pixels."""

    def pixels(self, points_N3: Floats) -> tuple[Floats, Floats]:
        """Pixels (N, 2) of points in the world, and their depths (N,) in metres."""
        across_N, up_N, depth_N = self._axes(points_N3)
        x = FRAME_WIDTH / 2 + self.focal * across_N / depth_N
        y = FRAME_HEIGHT / 2 - self.focal * up_N / depth_N
        return np.stack([x, y], axis=1), depth_N

    def clip(self, points_N3: Floats, *, window: Window) -> Floats:
        """OpenGL clip coordinates (N, 4) of points in the world, for a picture of a window."""
        x1, y1, x2, y2 = window
        across_N, up_N, depth_N = self._axes(points_N3)
        x = (FRAME_WIDTH / 2 - x1) * depth_N + self.focal * across_N
        y = (FRAME_HEIGHT / 2 - y1) * depth_N - self.focal * up_N
        return np.stack(
            [
                2 * x / (x2 - x1) - depth_N,
                depth_N - 2 * y / (y2 - y1),
                (depth_N * (_FAR + _NEAR) - 2 * _FAR * _NEAR) / (_FAR - _NEAR),
                depth_N,
            ],
            axis=1,
        )

    def ground_at(self, pixels_N2: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ground points (N, 2) under pixels; far away and without meaning above the horizon."""
        cos, sin = self._cos_sin()
        across = (pixels_N2[:, 0] - FRAME_WIDTH / 2) / self.focal
        up = (FRAME_HEIGHT / 2 - pixels_N2[:, 1]) / self.focal
        fall = np.maximum(sin - up * cos, 1e-3)
        distance = self.height / fall
        return np.stack([across * distance, (cos + up * sin) * distance], axis=1)

    @property
    def horizon(self) -> float:
        """Row of the picture, in pixels."""
        return FRAME_HEIGHT / 2 - self.focal * float(np.tan(np.radians(self.pitch)))

    def _cos_sin(self) -> tuple[float, float]:
        return float(np.cos(np.radians(self.pitch))), float(np.sin(np.radians(self.pitch)))

    def _axes(self, points_N3: Floats) -> tuple[Floats, Floats, Floats]:
        cos, sin = self._cos_sin()
        forth_N, rise_N = points_N3[:, 1], points_N3[:, 2] - self.height
        depth_N = np.maximum(forth_N * cos - rise_N * sin, 0.05)
        return points_N3[:, 0], forth_N * sin + rise_N * cos, depth_N
