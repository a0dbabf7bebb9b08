"""Things that stand about in a scene: cars, columns, bins, benches, trees."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reid_app.data.synthetic.bicycle import outline
from reid_app.data.synthetic.view import FRAME_WIDTH, View

_SHIFT = 4
_CORNERS = np.array([[x, y, z] for z in (0, 1) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))], dtype=np.float64)
_SIDES = ((0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7))
_PAINT = (
    (0.82, 0.82, 0.82),
    (0.12, 0.12, 0.13),
    (0.5, 0.51, 0.53),
    (0.5, 0.1, 0.1),
    (0.16, 0.22, 0.4),
    (0.7, 0.68, 0.6),
)

_REACH = 1.3
"""Metres that things reach towards the camera from their middle, mostly."""

Picture = NDArray[np.float32]


def paint_props(
    rng: Generator, *, picture: Picture, view: View, place: str, farthest: float, people_until: float, beside: bool
) -> Picture:
    """Put a few things on the ground, the farthest first.

    Where people walk, up to ``people_until``, they stand at the sides, or nowhere if nothing is to stand ``beside``.
    """
    canvas = np.ascontiguousarray(picture, dtype=np.float32)
    kinds = {
        "street": ("car", "car", "bicycles", "post", "bin"),
        "yard": ("car", "bicycles", "bicycles", "planter", "post"),
        "park": ("bench", "trunk", "bicycles", "bin"),
        "hall": ("column", "planter", "bench"),
        "shop": ("counter", "bin", "counter"),
        "corridor": ("column", "bin"),
    }[place]
    places = sorted(rng.uniform(0.35, 1.0, int(rng.integers(2, 6))) * farthest, reverse=True)
    for away in places:
        sides = (0.75, 1.1) if away < people_until else (0.0, 1.0)
        across = rng.choice([-1, 1]) * rng.uniform(*sides) * away * FRAME_WIDTH / 2 / view.focal
        if beside or away > people_until + _REACH:
            _paint_one(rng, canvas, view=view, kind=str(rng.choice(kinds)), at=(across, float(away)))
    return canvas


def _paint_one(rng: Generator, canvas: Picture, *, view: View, kind: str, at: tuple[float, float]) -> None:
    turn = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.15)
    paint = np.array(_PAINT[int(rng.integers(len(_PAINT)))])
    grey = np.full(3, rng.uniform(0.25, 0.7))
    if kind == "car":
        for size, rise, colour in (
            ((4.2, 1.8, 0.75), 0.2, paint),
            ((2.3, 1.6, 0.55), 0.95, np.array([0.16, 0.18, 0.2])),
            ((2.0, 1.5, 0.05), 1.48, paint),
        ):
            _paint_box(canvas, view=view, at=at, size=size, rise=rise, turn=turn, colour=colour)
        return
    if kind == "bicycles":
        _paint_bicycles(rng, canvas, view=view, at=at, turn=float(turn))
        return
    size, colour = {
        "post": ((0.12, 0.12, 4.0), grey * 0.7),
        "bin": ((0.5, 0.5, 0.95), np.clip(paint, 0.1, 0.6)),
        "planter": ((1.2, 0.6, 0.8), np.array([0.3, 0.38, 0.2])),
        "bench": ((1.6, 0.5, 0.45), np.array([0.42, 0.3, 0.2])),
        "trunk": ((0.4, 0.4, 5.0), np.array([0.28, 0.23, 0.19])),
        "column": ((0.6, 0.6, 4.0), grey + 0.2),
        "counter": ((2.2, 0.8, 1.1), paint),
    }[kind]
    _paint_box(canvas, view=view, at=at, size=size, rise=0.0, turn=turn, colour=colour)


def _paint_bicycles(rng: Generator, canvas: Picture, *, view: View, at: tuple[float, float], turn: float) -> None:
    """A row of parked bicycles."""
    rotation = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    for place in range(int(rng.integers(2, 8))):
        level = float(rng.choice([0.08, 0.15, 0.4, 0.7]))
        paint = tuple(float(value) for value in np.clip(level * (1 + rng.normal(0, 0.2, 3)), 0.03, 0.9))
        away = np.array([0.55 * place, rng.normal(0, 0.08), 0.0])
        for line_N3 in outline():
            pixels, depth = view.pixels(((line_N3 + away) @ rotation + (*at, 0)).astype(np.float32))
            if depth.min() < 1.0:
                continue
            points = np.round(pixels * (1 << _SHIFT)).clip(-200_000, 200_000).astype(np.int32)
            thick = max(1, round(0.035 * view.focal / float(depth.mean())))
            cv2.polylines(canvas, [points], False, paint, thick, cv2.LINE_AA, _SHIFT)


def _paint_box(
    canvas: Picture,
    *,
    view: View,
    at: tuple[float, float],
    size: tuple[float, float, float],
    rise: float,
    turn: float,
    colour: NDArray[np.float64],
) -> None:
    cos, sin = np.cos(turn), np.sin(turn)
    corners = _CORNERS * (size[0] / 2, size[1] / 2, size[2]) + (0, 0, rise)
    world = corners @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) + (*at, 0)
    pixels, depth = view.pixels(world.astype(np.float32))
    if depth.min() < 1.0:
        return
    order = sorted(_SIDES, key=lambda side: -float(depth[list(side)].mean()))
    for side in order:
        shade = 1.15 if side == _SIDES[4] else 0.72 + 0.1 * _SIDES.index(side)
        polygon = np.round(pixels[list(side)] * (1 << _SHIFT)).clip(-200_000, 200_000).astype(np.int32)
        fill = tuple(float(value) for value in np.clip(colour * shade, 0, 1))
        cv2.fillConvexPoly(canvas, polygon, fill, lineType=cv2.LINE_AA, shift=_SHIFT)
