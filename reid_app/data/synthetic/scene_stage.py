"""Where in a camera's view people can be seen from head to foot."""

from dataclasses import dataclass

import numpy as np

from reid_app.data.synthetic.camera import Camera
from reid_app.data.synthetic.view import FRAME_HEIGHT, FRAME_WIDTH

_TALL = 2.0
"""Metres of somebody tall, in a hat."""
_LEAST_PX = 130
"""Pixels that somebody of 1.7 m is tall at least."""
_MARGIN_PX = 6
_DEEP = 2.0
"""Metres from near to far at least, even where heads are cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A strip of ground, from near to far in metres along the ground from the camera."""

    near: float
    far: float
    widening: float
    """Metres to each side that the view grows wider with every metre away, about."""

    def half_width(self, away: float) -> float:
        """Metres from the middle of the view to its edge."""
        return away * self.widening


def stage_of(camera: Camera) -> Stage:
    """The strip in which people walk: they fit into the picture, and are large enough to be found."""
    away_N = np.linspace(1.0, camera.farthest, 400, dtype=np.float32)
    rows_N = {}
    for tall in (0.0, 1.7, _TALL):
        points_N3 = np.stack([np.zeros_like(away_N), away_N, np.full_like(away_N, tall)], axis=1)
        rows_N[tall] = camera.view.pixels(points_N3)[0][:, 1]
    is_good_N = (
        (rows_N[0.0] < FRAME_HEIGHT - _MARGIN_PX)
        & (rows_N[_TALL] > _MARGIN_PX)
        & (rows_N[0.0] - rows_N[1.7] > _LEAST_PX)
    )
    good_N = away_N[is_good_N] if is_good_N.any() else np.array([camera.nearest], dtype=np.float32)
    near, far = float(good_N.min()), float(good_N.max())
    return Stage(near=near, far=max(far, near + _DEEP), widening=FRAME_WIDTH / 2 / camera.view.focal)
