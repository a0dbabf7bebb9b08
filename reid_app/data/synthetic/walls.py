"""What stands at the end of the ground: façades, hedges, shelves, corridor walls."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reid_app.data.synthetic.noise import noise_at
from reid_app.data.synthetic.view import FRAME_HEIGHT, FRAME_WIDTH, View

Picture = NDArray[np.float32]
Plane = NDArray[np.float64]


def paint_wall(rng: Generator, *, picture: Picture, view: View, place: str, distance: float) -> Picture:
    """Cover what lies above the foot of a wall across the view, ``distance`` metres away."""
    foot_2, _ = view.pixels(np.array([[0.0, distance, 0.0], [1.0, distance, 1.0]], dtype=np.float32))
    foot = float(foot_2[0, 1])
    scale = float(foot_2[1, 0] - foot_2[0, 0])
    if foot <= 0:
        return picture
    rows, columns = np.meshgrid(np.arange(FRAME_HEIGHT), np.arange(FRAME_WIDTH), indexing="ij")
    up = np.asarray((foot - rows) / scale, dtype=np.float64)
    across = np.asarray((columns - FRAME_WIDTH / 2) / scale, dtype=np.float64)
    painter = {"street": _facade, "yard": _facade, "park": _hedge, "shop": _shelves}.get(place, _plain_wall)
    wall = painter(rng, up, across)
    above = (rows < foot)[..., None]
    covered = np.where(above, wall, picture)
    contact = np.clip((rows - foot) / 12, 0, 1)[..., None]
    return np.asarray(np.where(above, covered, covered * (0.75 + 0.25 * contact)), dtype=np.float32)


def _facade(rng: Generator, up: Plane, across: Plane) -> Plane:
    base = (
        rng.uniform(0.8, 1.3)
        * np.array([[0.55, 0.5, 0.46], [0.62, 0.6, 0.58], [0.48, 0.36, 0.32], [0.4, 0.42, 0.45]])[rng.integers(4)]
    )
    wide, tall = rng.uniform(1.5, 3.5), rng.uniform(2.6, 3.6)
    u, v = across / wide % 1, up / tall % 1
    in_window = (np.abs(u - 0.5) < rng.uniform(0.2, 0.42)) & (np.abs(v - 0.52) < rng.uniform(0.2, 0.36))
    pane = np.array([0.24, 0.27, 0.31]) * rng.uniform(0.7, 1.4)
    own = np.sin(np.floor(across / wide) * 12.9 + np.floor(up / tall) * 78.2) * 0.25 + 1
    wall = base * (1 + 0.05 * _blotchy(rng, across, up, size=0.6))[..., None]
    return np.where(in_window[..., None], pane * own[..., None], wall)


def _hedge(rng: Generator, up: Plane, across: Plane) -> Plane:
    green = np.array([0.22, 0.32, 0.15]) * rng.uniform(0.7, 1.3) + rng.normal(0, 0.02, 3)
    leaves = 0.30 * _blotchy(rng, across, up, size=0.12) + 0.22 * _blotchy(rng, across, up, size=0.7)
    hedge = green * np.clip(1 + leaves, 0.25, 1.9)[..., None]
    sky = np.array([0.8, 0.84, 0.88])
    top = rng.uniform(2, 7) + 0.5 * _blotchy(rng, across, up * 0, size=0.5)
    trunk = ((across + 0.4 * np.sin(across * 3)) % rng.uniform(2, 5) < 0.25) & (up < top)
    hedge = np.where(trunk[..., None], np.array([0.24, 0.2, 0.17]), hedge)
    return np.where((up > top)[..., None], sky, hedge)


def _shelves(rng: Generator, up: Plane, across: Plane) -> Plane:
    tall, wide = rng.uniform(0.3, 0.5), rng.uniform(0.12, 0.3)
    level, item = np.floor(up / tall), np.floor(across / wide)
    key = np.sin(level * 91.7 + item * 47.3) * 43758.5 % 1
    palette = np.clip(rng.normal(0.5, 0.22, (16, 1)) + rng.normal(0, 0.09, (16, 3)), 0.08, 0.92)
    goods = palette[(key * 16).astype(np.int64)]
    empty = (up / tall % 1 > 0.55 + 0.4 * key) | (across / wide % 1 < 0.06)
    goods = np.where(empty[..., None], np.array([0.2, 0.19, 0.18]), goods)
    board = up / tall % 1 < 0.1
    shelf = np.where(board[..., None], np.array([0.75, 0.74, 0.72]), goods)
    return np.where((up > 2.2)[..., None], np.array([0.8, 0.79, 0.76]), shelf)


def _plain_wall(rng: Generator, up: Plane, across: Plane) -> Plane:
    base = np.clip(np.array([0.72, 0.7, 0.66]) * rng.uniform(0.6, 1.2) + rng.normal(0, 0.012, 3), 0.1, 0.95)
    wall = base * (1 + 0.03 * _blotchy(rng, across, up, size=1.0))[..., None]
    apart = rng.uniform(2.0, 4.5)
    in_door = (across % apart < 0.95) & (up < 2.1)
    door = np.clip(rng.normal(0.4, 0.15) + rng.normal(0, 0.04, 3), 0.1, 0.9)
    wall = np.where(in_door[..., None], door, wall)
    return np.where((up < 0.1)[..., None], base * 0.6, wall)


def _blotchy(rng: Generator, across: Plane, up: Plane, *, size: float) -> Plane:
    points_N2 = np.stack([across.ravel(), up.ravel()], axis=1)
    return noise_at(rng, points_N2, cell=size / 2, smooth=1.2).reshape(across.shape)
