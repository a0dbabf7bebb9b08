"""Objects between a camera and a person: posts, boxes, plants, bicycles; they pass through a tracklet."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from reid_app.data.synthetic.mesh import Floats

KINDS = ("post", "box", "plant", "bicycle", "rail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Occluder:
    """An object in front, in parts of the crop's width and height."""

    kind: str
    start: float
    """Across, at the first frame."""
    step: float
    """Across, from frame to frame."""
    width: float
    top: float
    colour: tuple[float, float, float]
    seed: int


def draw_occluder(rng: Generator) -> Occluder:
    """An object that passes."""
    level = float(rng.choice([0.02, 0.08, 0.25, 0.6]))
    colour = np.clip(level * (1 + rng.normal(0, 0.1, 3)), 0.01, 0.9)
    kind = str(rng.choice(KINDS))
    low = {"post": (-0.1, 0.0), "bicycle": (0.5, 0.7), "rail": (0.55, 0.75)}.get(kind, (0.5, 0.85))
    return Occluder(
        kind=kind,
        start=rng.uniform(-0.3, 1.1),
        step=rng.normal(0, 0.1),
        width=rng.uniform(0.06, 0.16) if kind == "post" else rng.uniform(0.4, 1.0),
        top=rng.uniform(*low),
        colour=(float(colour[0]), float(colour[1]), float(colour[2])),
        seed=int(rng.integers(2**31)),
    )


def in_front(scene_HW3: Floats, *, occluder: Occluder, frame: int) -> tuple[Floats, Floats]:
    """The scene (linear light) with the object before it, and what the object hides: ``(height, width)``, 0 to 1."""
    height, width = scene_HW3.shape[:2]
    mask = np.zeros((height, width), dtype=np.float32)
    left = (occluder.start + occluder.step * frame) * width
    _PAINTERS[occluder.kind](mask, left, occluder.width * width, occluder.top * height, occluder.seed)
    rows = np.linspace(1.15, 0.75, height, dtype=np.float32)[:, None, None]
    painted = scene_HW3 * (1 - mask[..., None]) + mask[..., None] * np.array(occluder.colour, np.float32) * rows
    return painted, mask


def _block(mask: Floats, left: float, wide: float, top: float, seed: int) -> None:
    cv2.rectangle(mask, (int(left), int(top)), (int(left + wide), mask.shape[0]), 1.0, cv2.FILLED)


def _plant(mask: Floats, left: float, wide: float, top: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(90):
        x, y = left + wide * rng.uniform(0, 1), rng.uniform(top, mask.shape[0])
        axes = (int(rng.integers(2, 7)), int(rng.integers(1, 4)))
        cv2.ellipse(mask, (int(x), int(y)), axes, float(rng.uniform(0, 180)), 0, 360, 1.0, cv2.FILLED)


def _bicycle(mask: Floats, left: float, wide: float, top: float, seed: int) -> None:
    radius = int((mask.shape[0] - top) * 0.42)
    floor = mask.shape[0] - radius - 3
    front, back = (int(left), floor), (int(left + radius * 3), floor)
    for hub in (front, back):
        cv2.circle(mask, hub, radius, 1.0, 3, cv2.LINE_AA)
        cv2.circle(mask, hub, 2, 1.0, cv2.FILLED)
    saddle, bar = (
        (int(left + radius * 2.1), floor - int(radius * 1.3)),
        (int(left + radius * 0.4), floor - int(radius * 1.5)),
    )
    pedal = (int(left + radius * 1.6), floor)
    for start, end in ((front, bar), (bar, pedal), (pedal, saddle), (saddle, bar), (back, saddle), (back, pedal)):
        cv2.line(mask, start, end, 1.0, 2, cv2.LINE_AA)
    cv2.line(mask, (saddle[0] - 5, saddle[1]), (saddle[0] + 6, saddle[1]), 1.0, 4, cv2.LINE_AA)


def _rail(mask: Floats, left: float, wide: float, top: float, seed: int) -> None:
    for y in (top, (top + mask.shape[0]) / 2):
        cv2.line(mask, (0, int(y)), (mask.shape[1], int(y)), 1.0, 3)
    for x in np.arange(left % 18 - 18, mask.shape[1], 18):
        cv2.line(mask, (int(x), int(top)), (int(x), mask.shape[0]), 1.0, 2)


_PAINTERS = {"post": _block, "box": _block, "plant": _plant, "bicycle": _bicycle, "rail": _rail}
