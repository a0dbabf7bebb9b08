"""Colours of clothes, hair and skin as they are seen in streets: mostly dark, white, grey and blue, few loud ones."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

Colour = tuple[float, float, float]
"""sRGB in [0, 1]."""


@dataclass(frozen=True, slots=True)
class _Shade:
    name: str
    weight: float
    rgb: tuple[int, int, int]
    spread: float = 0.04


_TOPS = (
    _Shade("black", 22, (24, 24, 27), 0.02),
    _Shade("white", 14, (226, 225, 221), 0.03),
    _Shade("grey", 13, (118, 119, 122), 0.10),
    _Shade("navy", 12, (32, 38, 66)),
    _Shade("blue", 7, (44, 76, 148), 0.07),
    _Shade("light blue", 5, (146, 172, 208), 0.06),
    _Shade("red", 5, (170, 34, 40), 0.06),
    _Shade("wine", 3, (92, 26, 42)),
    _Shade("green", 3, (44, 104, 66), 0.07),
    _Shade("olive", 4, (86, 86, 54), 0.05),
    _Shade("yellow", 2, (216, 178, 58), 0.06),
    _Shade("orange", 1.5, (206, 98, 40), 0.06),
    _Shade("pink", 3, (212, 148, 162), 0.06),
    _Shade("purple", 3, (96, 62, 122), 0.06),
    _Shade("beige", 5, (192, 174, 144), 0.05),
    _Shade("brown", 4, (92, 66, 48), 0.05),
)
_BOTTOMS = (
    _Shade("black", 32, (26, 26, 29), 0.02),
    _Shade("dark denim", 22, (42, 48, 64), 0.04),
    _Shade("denim", 13, (86, 100, 124), 0.06),
    _Shade("grey", 11, (98, 99, 103), 0.10),
    _Shade("khaki", 8, (160, 140, 106), 0.06),
    _Shade("white", 4, (218, 216, 210), 0.03),
    _Shade("brown", 3, (84, 62, 48), 0.05),
    _Shade("olive", 3, (78, 80, 52), 0.05),
    _Shade("blue", 2, (44, 72, 130), 0.06),
    _Shade("wine", 1, (92, 28, 44), 0.05),
    _Shade("pink", 0.6, (206, 150, 160), 0.06),
)
_SHOES = (
    _Shade("black", 40, (28, 27, 28), 0.02),
    _Shade("white", 26, (224, 224, 222), 0.03),
    _Shade("grey", 10, (118, 118, 120), 0.10),
    _Shade("brown", 10, (96, 66, 44), 0.05),
    _Shade("navy", 5, (36, 44, 78), 0.05),
    _Shade("red", 4, (176, 50, 50), 0.07),
    _Shade("blue", 3, (50, 92, 170), 0.07),
    _Shade("pink", 2, (220, 120, 140), 0.07),
)
_BAGS = (
    _Shade("black", 42, (26, 26, 28), 0.02),
    _Shade("brown", 12, (98, 66, 46), 0.05),
    _Shade("grey", 11, (104, 105, 108), 0.10),
    _Shade("navy", 9, (34, 42, 74), 0.05),
    _Shade("red", 6, (170, 44, 48), 0.07),
    _Shade("blue", 5, (52, 92, 164), 0.08),
    _Shade("beige", 6, (190, 168, 136), 0.06),
    _Shade("green", 3, (58, 110, 74), 0.08),
    _Shade("yellow", 2, (214, 184, 60), 0.06),
    _Shade("white", 5, (226, 226, 224), 0.03),
)
_HAIR = (
    _Shade("black", 55, (20, 18, 18), 0.015),
    _Shade("dark brown", 25, (44, 31, 25), 0.02),
    _Shade("brown", 9, (84, 58, 40), 0.04),
    _Shade("blond", 5, (172, 140, 92), 0.05),
    _Shade("grey", 6, (136, 134, 132), 0.08),
    _Shade("red", 1.5, (122, 54, 34), 0.04),
)
_SKIN = ((222, 184, 156), (208, 164, 134), (192, 144, 112), (176, 124, 92), (128, 84, 60), (82, 54, 42))
_PALETTES = {"top": _TOPS, "bottom": _BOTTOMS, "shoes": _SHOES, "bag": _BAGS, "hair": _HAIR}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedColour:
    """A colour and what people call it."""

    name: str
    rgb: Colour


def draw_colour(rng: Generator, *, of: str) -> NamedColour:
    """A colour of a ``top``, ``bottom``, ``shoes``, ``bag`` or ``hair``."""
    shades = _PALETTES[of]
    weights = np.array([shade.weight for shade in shades])
    shade = shades[int(rng.choice(len(shades), p=weights / weights.sum()))]
    return NamedColour(name=shade.name, rgb=_varied(rng, np.array(shade.rgb) / 255, spread=shade.spread))


def draw_skin(rng: Generator) -> Colour:
    """A skin, from light to dark."""
    at = float(rng.beta(1.4, 2.6)) * (len(_SKIN) - 1)
    low = int(at)
    tones = np.array(_SKIN) / 255
    tone = tones[low] + (at - low) * (tones[min(low + 1, len(_SKIN) - 1)] - tones[low])
    return _varied(rng, tone, spread=0.02)


def near(rng: Generator, colour: Colour, *, spread: float) -> Colour:
    """A colour of about the same name."""
    return _varied(rng, np.array(colour), spread=spread)


def _varied(rng: Generator, rgb: np.ndarray, *, spread: float) -> Colour:
    brightness, own = rng.normal(0, spread), rng.normal(0, spread * 0.35, 3)
    red, green, blue = np.clip(rgb + brightness + own, 0.02, 0.97)
    return float(red), float(green), float(blue)
