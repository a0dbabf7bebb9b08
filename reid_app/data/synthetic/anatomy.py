"""Where things are on the average body, for its vertices and for the pixels that show them.

Coordinates: x to the left, y to the back, z up; soles -0.82, knee -0.36, hips 0.05, shoulders 0.47, eyes 0.70, crown
0.81.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.mesh import Floats

Mask = NDArray[np.bool_]

_SHOULDER = (0.162, 0.467)
_DOWN_THE_ARM = (0.684, -0.730)
_ARM_LENGTH = 0.415
CROTCH = -0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Spots:
    """N places on a body."""

    x: Floats
    y: Floats
    z: Floats
    arm: Floats
    """Whether a place is on an arm: 1 yes, 0 no, between at the shoulder."""

    @property
    def down_arm(self) -> Floats:
        """0 at the shoulder, 1 at the wrist, more on the hand; means nothing off the arms."""
        out, down = np.abs(self.x) - np.float32(_SHOULDER[0]), self.z - np.float32(_SHOULDER[1])
        return np.asarray((out * _DOWN_THE_ARM[0] + down * _DOWN_THE_ARM[1]) / _ARM_LENGTH, dtype=np.float32)

    @property
    def is_arm(self) -> Mask:
        """On an arm or hand."""
        return self.arm > 0.5

    def covered_by_top(self, *, sleeve: float, hem: float, neck: float) -> Mask:
        """Under a shirt or jacket. The neckline is deeper in front, and the armpit belongs to the body."""
        neckline = neck - 0.03 * (self.y < -0.03) + 1.2 * np.maximum(np.abs(self.x) - 0.075, 0.0)
        on_torso = ~self.is_arm & (self.z > hem) & (self.z < neckline)
        return np.asarray(on_torso | (self.is_arm & (self.down_arm < sleeve)))

    def covered_by_bottom(self, *, hem: float) -> Mask:
        """Under trousers or shorts, up to the waist."""
        return ~self.is_arm & (self.z > hem) & (self.z < 0.12)

    @property
    def is_head(self) -> Mask:
        """Above the collar."""
        return (self.z > 0.56) & ~self.is_arm

    @property
    def is_scalp(self) -> Mask:
        """Where hair grows."""
        forward = np.clip((0.03 - self.y) / 0.15, 0.0, 1.0)
        return np.asarray(self.is_head & (self.z > 0.615 + 0.15 * forward))


def spots_of(average_V3: Floats, *, arm_V: Floats) -> Spots:
    """Places of vertices or pixels."""
    return Spots(x=average_V3[:, 0], y=average_V3[:, 1], z=average_V3[:, 2], arm=arm_V)
