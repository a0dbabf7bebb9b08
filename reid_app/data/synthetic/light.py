"""Light on people: the sky from above, the sun or a lamp from one side, and the shade of what is near."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from reid_app.data.synthetic.mesh import Floats, unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """The light of one camera's scene, in its linear colours."""

    towards_3: tuple[float, float, float]
    """Unit vector to the lamp or sun."""
    lamp: float
    """Share of light that comes from there: 0 is a dull sky, 0.7 hard sun."""
    softness: float
    """How far the light reaches round edges: 0 hard, 1 soft."""
    warmth: float
    """How much redder the lamp is than the sky."""


def draw_light(rng: Generator) -> Light:
    """The light of a scene."""
    around, up = rng.uniform(-np.pi, np.pi), np.radians(rng.uniform(25, 80))
    return Light(
        towards_3=(float(np.cos(around) * np.cos(up)), float(np.sin(around) * np.cos(up)), float(np.sin(up))),
        lamp=float(rng.choice([0.12, 0.3, 0.5, 0.65], p=[0.2, 0.3, 0.3, 0.2]) * rng.uniform(0.8, 1.2)),
        softness=rng.uniform(0.2, 0.9),
        warmth=rng.uniform(0.0, 0.12),
    )


def shade(normals_N3: Floats, *, light: Light) -> Floats:
    """Brightness and colour (N, 3) of a white surface."""
    normals_N3 = unit(normals_N3)
    facing_N = normals_N3 @ np.array(light.towards_3, dtype=np.float32)
    lamp_N = np.maximum((facing_N + light.softness) / (1 + light.softness), 0) * (light.lamp * 1.6)
    sky_N = (1 - light.lamp) * (0.72 + 0.36 * normals_N3[:, 2])
    tint = np.array([1 + light.warmth, 1.0, 1 - light.warmth], dtype=np.float32)
    return np.asarray(sky_N[:, None] / tint + lamp_N[:, None] * tint, dtype=np.float32)


def nearby_shade(depth_HW: Floats) -> Floats:
    """How much (H, W) light parts of a body take from what lies close behind them: 1 none, down to 0.55."""
    shown_HW = (depth_HW > 0).astype(np.float32)
    reach = max(3, depth_HW.shape[0] // 14) | 1
    weight_HW = cv2.blur(shown_HW, (reach, reach))
    mean_HW = cv2.blur(depth_HW, (reach, reach)) / np.maximum(weight_HW, 1e-3)
    behind_HW = np.clip((depth_HW - mean_HW) / 0.16, 0, 1)
    return np.asarray(1 - 0.45 * behind_HW, dtype=np.float32)
