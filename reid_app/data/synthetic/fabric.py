"""Cloth: tiles of colour that repeat on the surface, and the folds in them."""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.random import Generator

from reid_app.data.synthetic.colours import Colour, NamedColour, draw_colour, near
from reid_app.data.synthetic.mesh import Floats
from reid_app.data.synthetic.noise import smooth_noise

TILE = 64
"""Texels across a tile; one texel is a centimetre."""

Pattern = Literal["plain", "melange", "stripes", "pinstripes", "checks", "dots", "diamonds", "print", "blocks"]
_PATTERNS: tuple[Pattern, ...] = (
    "plain", "melange", "stripes", "pinstripes", "checks", "dots", "diamonds", "print", "blocks",
)  # fmt: skip
_TOP_WEIGHTS = (0.56, 0.10, 0.10, 0.02, 0.07, 0.02, 0.02, 0.06, 0.05)
_BOTTOM_WEIGHTS = (0.86, 0.10, 0.002, 0.006, 0.016, 0.004, 0.0, 0.01, 0.002)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloth:
    """What a garment is made of."""

    colour: NamedColour
    second: NamedColour
    pattern: Pattern
    repeats: int
    """How often the pattern repeats in 64 cm."""
    seed: int
    """Of the pattern's details."""


def draw_cloth(rng: Generator, *, of: Literal["top", "bottom"]) -> Cloth:
    """A cloth for a garment."""
    weights = _TOP_WEIGHTS if of == "top" else _BOTTOM_WEIGHTS
    pattern = _PATTERNS[int(rng.choice(len(_PATTERNS), p=np.array(weights) / sum(weights)))]
    return Cloth(
        colour=draw_colour(rng, of=of),
        second=draw_colour(rng, of="top"),
        pattern=pattern,
        repeats=int(rng.choice([4, 5, 6, 8, 10, 13, 16])),
        seed=int(rng.integers(2**31)),
    )


def tile_of(cloth: Cloth) -> Floats:
    """The cloth's tile (64, 64, 3), linear light; rows go up, columns go round the body."""
    rng = np.random.default_rng(cloth.seed)
    share = _share_of_second(cloth, rng=rng)[..., None]
    first, second = np.array(cloth.colour.rgb), np.array(_told_apart(cloth, rng=rng))
    mixed = first + share * (second - first)
    grain = rng.normal(0, 0.06 if cloth.pattern == "melange" else 0.015, (TILE, TILE, 1))
    return np.asarray(np.clip(mixed * (1 + grain), 0.01, 1.0) ** 2.2, dtype=np.float32)


def _told_apart(cloth: Cloth, *, rng: Generator) -> Colour:
    """The second colour, lighter or darker where it is too near the first to be seen."""
    first, second = np.array(cloth.colour.rgb), np.array(cloth.second.rgb)
    if np.abs(first - second).max() > 0.25:
        return cloth.second.rgb
    return near(rng, (0.88, 0.87, 0.85) if first.mean() < 0.5 else (0.12, 0.13, 0.2), spread=0.04)


def _share_of_second(cloth: Cloth, *, rng: Generator) -> Floats:
    """How much of the second colour each texel has."""
    share: Any = np.zeros((TILE, TILE))
    rows, columns = np.meshgrid(np.arange(TILE) / TILE, np.arange(TILE) / TILE, indexing="ij")
    width = rng.uniform(0.25, 0.6)
    up, round_ = rows * cloth.repeats % 1, columns * cloth.repeats % 1
    if cloth.pattern == "stripes":
        share = up < width
    elif cloth.pattern == "pinstripes":
        share = 0.6 * (columns * 16 % 1 < 0.3)
    elif cloth.pattern == "checks":
        share = 0.5 * (up < width) + 0.5 * (round_ < width)
    elif cloth.pattern == "dots":
        share = np.hypot(up - 0.5, round_ - 0.5) < 0.15 + 0.4 * (width - 0.25)
    elif cloth.pattern == "diamonds":
        share = (np.abs(up - 0.5) + np.abs(round_ - 0.5)) < width
    elif cloth.pattern == "print":
        share = smooth_noise(rng, side=TILE, size=TILE / cloth.repeats * 0.35) > rng.uniform(-0.3, 0.7)
    elif cloth.pattern == "blocks":
        share = rows > rng.uniform(0.2, 0.8)
    return np.asarray(share, dtype=np.float32)


def folds(rng: Generator) -> Floats:
    """Slopes of folded cloth (64, 64, 2): how much the surface leans round the body, and up."""
    noise = np.tile(rng.normal(0, 1, (TILE, TILE)).astype(np.float32), (3, 3))
    height = np.zeros_like(noise)
    for along, across, angle in ((9.0, 2.2, 25.0), (8.0, 3.0, -35.0), (12.0, 3.4, 80.0)):
        height += _streaks(noise, along=along, across=across, angle=angle)
        noise = np.roll(noise, (17, 29), axis=(0, 1))
    slope = np.stack([np.gradient(height, axis=1), np.gradient(height, axis=0)], axis=-1)
    slope = slope[TILE : 2 * TILE, TILE : 2 * TILE]
    return np.asarray(slope / (slope.std() + 1e-6), dtype=np.float32)


def _streaks(noise: Floats, *, along: float, across: float, angle: float) -> Floats:
    reach = int(along * 2)
    rows, columns = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1), indexing="ij")
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    u, v = columns * cos + rows * sin, rows * cos - columns * sin
    kernel = np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2))
    smooth = cv2.filter2D(noise, -1, (kernel / kernel.sum()).astype(np.float32))
    return np.asarray(smooth / smooth.std(), dtype=np.float32)
