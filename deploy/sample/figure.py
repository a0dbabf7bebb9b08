"""A walking figure seen from the side, drawn as rounded, shaded parts.

Lengths are shares of the figure's height, x towards where the figure looks, y up from the ground it stands on.
Pictures are RGB in [0, 255], float32; alpha is in [0, 1].
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
Point = tuple[float, float]

_OVERSAMPLING = 3
_THIGH, _SHIN, _UPPER_ARM, _FOREARM = 0.245, 0.225, 0.165, 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What somebody wears, and how they are built."""

    skin: Colour
    hair: Colour
    hair_style: Literal["short", "long", "bun", "curly", "cap"]
    top: Colour
    legs: Colour
    shoes: Colour
    stripes: Colour | None = None
    """Second colour of a striped top."""
    hem: float = 0.46
    """Height at which the top ends; a coat ends lower than a jacket."""
    skirt: Colour | None = None
    backpack: Colour | None = None
    shoulder_bag: Colour | None = None
    build: float = 1.0
    """Width of body and limbs; 1 is average."""


class Pose(NamedTuple):
    """One moment of a walk."""

    phase: float
    """Of the step cycle, in radians."""
    swing: float
    """0 stands, 1 walks."""
    facing: int
    """1 looks to the right, -1 to the left."""


class Figure(NamedTuple):
    """A drawn figure and where it stands in its own picture."""

    colour: NDArray[np.float32]
    alpha: NDArray[np.float32]
    anchor_x: int
    anchor_y: int


class _Canvas:
    def __init__(self, *, height_px: float, offset: Point, facing: int, light_x: float) -> None:
        self._scale = height_px * _OVERSAMPLING
        self._size = math.ceil(height_px * 1.2)
        self.anchor = self._size // 2, round(height_px * 1.1)
        self._origin = np.array([(self.anchor[0] + offset[0]), (self.anchor[1] + offset[1])]) * _OVERSAMPLING
        self._axes = np.array([facing, -1.0]) * self._scale
        self._light_x = light_x
        self.colour = np.zeros((self._size * _OVERSAMPLING, self._size * _OVERSAMPLING, 3), np.float32)
        self.alpha = np.zeros(self.colour.shape[:2], np.float32)

    def blob(self, points: Sequence[Point], colour: Colour, *, stripes: Colour | None = None, dim: float = 1.0) -> None:
        """Fill a closed outline, shaded as if it bulged towards the camera."""
        outline = np.round(np.asarray(points) * self._axes + self._origin).astype(np.int32)
        x, y, width, height = cv2.boundingRect(outline)
        mask = np.zeros((height + 2, width + 2), np.uint8)
        cv2.fillPoly(mask, [outline - (x - 1, y - 1)], 255)
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        flat = 1.0 - depth / max(1.0, float(depth.max()))
        slope = cv2.Sobel(cv2.GaussianBlur(flat, (0, 0), 2.0), cv2.CV_32F, 1, 0, ksize=3)
        slope /= max(1e-6, float(np.abs(slope).max()))
        shade = (0.68 + 0.32 * np.sqrt(np.clip(1.0 - flat**2, 0.0, 1.0)) + 0.10 * self._light_x * slope) * dim
        paint = np.broadcast_to(np.array(colour, np.float32), (*mask.shape, 3)).copy()
        if stripes is not None:
            rows = (np.arange(height + 2) + y - self._origin[1]) / self._scale
            paint[np.floor(rows / 0.022).astype(int) % 2 == 0] = stripes
        inside = mask > 0
        area = np.s_[y - 1 : y + height + 1, x - 1 : x + width + 1]
        self.colour[area][inside] = (paint * shade[..., None])[inside]
        self.alpha[area][inside] = 1.0

    def limb(self, a: Point, b: Point, ra: float, rb: float, colour: Colour, *, dim: float = 1.0) -> None:
        """A tapered tube from a to b."""
        circle = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)
        points = np.concatenate([circle * ra + a, circle * rb + b]).astype(np.float32)
        self.blob([(float(x), float(y)) for x, y in cv2.convexHull(points)[:, 0]], colour, dim=dim)

    def oval(self, centre: Point, rx: float, ry: float, colour: Colour, *, dim: float = 1.0) -> None:
        outline = np.stack([centre[0] + rx * np.cos(_TURN), centre[1] + ry * np.sin(_TURN)], axis=1)
        self.blob([(float(x), float(y)) for x, y in outline], colour, dim=dim)

    def finished(self) -> Figure:
        size = (self._size, self._size)
        alpha = cv2.resize(self.alpha, size, interpolation=cv2.INTER_AREA)
        colour = cv2.resize(self.colour, size, interpolation=cv2.INTER_AREA)
        colour /= np.maximum(alpha, 1e-3)[..., None]
        return Figure(colour.astype(np.float32), alpha.astype(np.float32), *self.anchor)


_TURN = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)


def _rounded(points: Sequence[Point]) -> list[Point]:
    corners = np.asarray(points, np.float64)
    for _ in range(3):
        ahead = np.roll(corners, -1, axis=0)
        corners = np.stack([0.75 * corners + 0.25 * ahead, 0.25 * corners + 0.75 * ahead], axis=1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in corners]


def _reach(start: Point, length: float, angle: float) -> Point:
    """End of a bone that hangs from `start`; a positive angle swings it forward."""
    return start[0] + length * math.sin(angle), start[1] - length * math.cos(angle)


class _Leg(NamedTuple):
    knee: Point
    ankle: Point
    tilt: float


def _leg(phase: float, swing: float) -> _Leg:
    thigh = swing * 0.43 * math.sin(phase) + 0.02
    bend = 0.05 + swing * 0.95 * max(0.0, math.cos(phase + 0.35)) ** 1.6
    knee = _reach((0.0, 0.0), _THIGH, thigh)
    return _Leg(knee, _reach(knee, _SHIN, thigh - bend), 0.55 * (thigh - bend))


def _draw_leg(canvas: _Canvas, look: Look, leg: _Leg, hip: Point, *, dim: float) -> None:
    knee, ankle = (hip[0] + leg.knee[0], hip[1] + leg.knee[1]), (hip[0] + leg.ankle[0], hip[1] + leg.ankle[1])
    heel, toe = _reach(ankle, 0.022, leg.tilt - 0.9), _reach(ankle, 0.085, leg.tilt + 1.25)
    canvas.limb(heel, toe, 0.022, 0.014, look.shoes, dim=dim)
    canvas.limb(knee, ankle, 0.044 * look.build, 0.029 * look.build, look.legs, dim=dim)
    canvas.limb(hip, knee, 0.068 * look.build, 0.045 * look.build, look.legs, dim=dim)


def _draw_arm(canvas: _Canvas, look: Look, shoulder: Point, swing: float, *, raised: float, dim: float) -> None:
    elbow = _reach(shoulder, _UPPER_ARM, swing - 0.06 + 0.25 * raised)
    hand = _reach(elbow, _FOREARM, swing + 0.28 + 0.25 * max(0.0, swing) + 1.5 * raised)
    canvas.oval(_reach(hand, 0.014, swing + 0.3), 0.020, 0.023, look.skin, dim=dim)
    canvas.limb(elbow, hand, 0.031 * look.build, 0.023 * look.build, look.top, dim=dim)
    canvas.limb(shoulder, elbow, 0.040 * look.build, 0.032 * look.build, look.top, dim=dim)


def _draw_torso(canvas: _Canvas, look: Look, hip: Point, neck: Point, leg_spread: float) -> None:
    waist, chest, back = 0.080 * look.build, 0.094 * look.build, 0.086 * look.build
    below_hip = max(0.0, 0.46 - look.hem)
    flare = (0.086 + 0.12 * below_hip) * look.build + 0.9 * leg_spread * below_hip
    hem = look.hem + hip[1] - 0.49
    if look.skirt is not None:
        wide = 0.10 * look.build + 0.16 * leg_spread
        canvas.blob(
            [(-0.066, hip[1] + 0.06), (0.066, hip[1] + 0.06), (wide, hip[1] - 0.20), (-wide, hip[1] - 0.20)], look.skirt
        )
    outline = [
        (neck[0] - 0.035, neck[1] - 0.005), (neck[0] + 0.030, neck[1] - 0.005), (neck[0] + chest, neck[1] - 0.12),
        (hip[0] + waist, hip[1] + 0.09), (flare, hem + 0.02), (flare, hem), (-flare, hem), (-flare, hem + 0.02),
        (hip[0] - waist, hip[1] + 0.10), (neck[0] - back, neck[1] - 0.09),
    ]  # fmt: skip
    canvas.blob(_rounded(outline), look.top, stripes=look.stripes)


def _draw_head(canvas: _Canvas, look: Look, neck: Point) -> None:
    x, y = neck[0] + 0.016, neck[1] + 0.072
    if look.hair_style == "long":
        canvas.limb((x - 0.030, y + 0.01), (x - 0.052, y - 0.15), 0.048, 0.034, look.hair)
    if look.hair_style == "curly":
        canvas.oval((x - 0.014, y + 0.012), 0.074, 0.076, look.hair)
    canvas.limb((neck[0], neck[1] - 0.01), (x - 0.006, y - 0.03), 0.027, 0.026, look.skin, dim=0.9)
    canvas.oval((x, y), 0.050, 0.064, look.skin)
    canvas.oval((x + 0.050, y - 0.008), 0.010, 0.011, look.skin)
    canvas.oval((x + 0.030, y + 0.007), 0.006, 0.006, (40, 32, 30))
    cap = [(-0.056, -0.022), (-0.058, 0.03), (-0.034, 0.068), (0.012, 0.074), (0.050, 0.046), (0.046, 0.030)]
    cap += [(0.006, 0.036), (-0.012, 0.006), (-0.022, -0.034)]
    canvas.blob(_rounded([(x + px, y + py) for px, py in cap]), look.hair)
    if look.hair_style == "cap":
        canvas.limb((x + 0.035, y + 0.036), (x + 0.085, y + 0.030), 0.010, 0.007, look.hair)
    if look.hair_style == "bun":
        canvas.oval((x - 0.052, y + 0.060), 0.030, 0.030, look.hair)


def draw_figure(look: Look, pose: Pose, *, height_px: float, offset: Point, light_x: float) -> Figure:
    """Draw one moment of a walk.

    Args:
        look: Who.
        pose: How the limbs stand.
        height_px: From sole to crown.
        offset: Part of a pixel by which the figure stands beside its anchor, so that slow walks do not jerk.
        light_x: Where the light comes from: -1 left, 1 right.
    """
    canvas = _Canvas(height_px=height_px, offset=offset, facing=pose.facing, light_x=light_x * pose.facing)
    near, far = _leg(pose.phase, pose.swing), _leg(pose.phase + math.pi, pose.swing)
    hip = (0.0, 0.030 - min(near.ankle[1], far.ankle[1]))
    neck = (0.018 * pose.swing, hip[1] + 0.365)
    shoulder = (neck[0] - 0.004, neck[1] - 0.062)
    arm_swing = -0.42 * pose.swing * math.sin(pose.phase)
    _draw_arm(canvas, look, shoulder, -arm_swing, raised=0.0, dim=0.72)
    _draw_leg(canvas, look, far, hip, dim=0.74)
    _draw_leg(canvas, look, near, hip, dim=1.0)
    if look.backpack is not None:
        pack = [(-0.04, 0.315), (-0.15, 0.30), (-0.165, 0.12), (-0.03, 0.10)]
        canvas.blob(_rounded([(x, hip[1] + y) for x, y in pack]), look.backpack)
    _draw_torso(canvas, look, hip, neck, abs(near.ankle[0] - far.ankle[0]))
    if look.backpack is not None:
        canvas.limb((shoulder[0] - 0.01, neck[1] - 0.03), (0.02, hip[1] + 0.15), 0.010, 0.010, look.backpack, dim=0.9)
    _draw_head(canvas, look, neck)
    if look.shoulder_bag is not None:
        canvas.limb((shoulder[0], neck[1] - 0.03), (-0.03, hip[1] + 0.05), 0.007, 0.007, look.shoulder_bag, dim=0.8)
        bag = [(-0.10, 0.06), (0.05, 0.06), (0.06, -0.07), (-0.11, -0.07)]
        canvas.blob(_rounded([(x, hip[1] + y) for x, y in bag]), look.shoulder_bag)
    # Who stops looks at what is in their hand.
    _draw_arm(canvas, look, shoulder, arm_swing, raised=1.0 - pose.swing, dim=1.0)
    return canvas.finished()
