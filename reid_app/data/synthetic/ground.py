"""Ground seen in perspective: colours of points on it, in metres."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reid_app.data.synthetic.noise import noise_at

GROUNDS = ("asphalt", "slabs", "bricks", "grass", "leaves", "gravel", "floor", "stone", "carpet")
_BASES = {
    "asphalt": (0.46, 0.46, 0.48),
    "slabs": (0.58, 0.56, 0.54),
    "bricks": (0.55, 0.45, 0.42),
    "grass": (0.34, 0.44, 0.22),
    "leaves": (0.42, 0.38, 0.26),
    "gravel": (0.56, 0.53, 0.48),
    "floor": (0.74, 0.72, 0.69),
    "stone": (0.62, 0.61, 0.60),
    "carpet": (0.38, 0.37, 0.39),
}
_ROUGHNESS = {"grass": 0.10, "leaves": 0.10, "gravel": 0.06, "asphalt": 0.035, "bricks": 0.04}
_LEAVES = ((0.50, 0.36, 0.22), (0.56, 0.46, 0.26), (0.40, 0.27, 0.19), (0.62, 0.60, 0.55), (0.36, 0.40, 0.20))

Points = NDArray[np.float64]


def ground_texture(rng: Generator, *, kind: str, outdoors: bool, ground_N2: Points) -> NDArray[np.float32]:
    """Colours (N, 3) of ground points, sRGB; leaves and their shadows lie ``outdoors`` only."""
    base = np.clip(np.array(_BASES[kind]) * rng.uniform(0.9, 1.25) + rng.normal(0, 0.012, 3), 0.05, 0.95)
    turn = rng.uniform(-0.8, 0.8)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points_N2 = ground_N2 @ rotation.T
    fades_N = np.clip(12 / np.maximum(ground_N2[:, 1], 0.1), 0, 1) ** 1.5
    fine_N = noise_at(rng, points_N2, cell=0.03) * fades_N
    coarse_N = noise_at(rng, points_N2, cell=0.5)
    rough = _ROUGHNESS.get(kind, 0.02) * float(np.exp(rng.uniform(0, np.log(6))))
    brightness_N = 1 + rough * fine_N + 0.06 * coarse_N
    colour_N3 = base * brightness_N[:, None]
    if kind in ("slabs", "bricks", "floor", "stone"):
        colour_N3 *= _joints(rng, points_N2, kind=kind, fades_N=fades_N)[:, None]
    if outdoors and (kind in ("leaves", "grass") or rng.random() < 0.5):
        share = rng.uniform(0.15, 0.5) if kind == "leaves" else rng.uniform(0.03, 0.3)
        for _ in range(rng.integers(1, 4)):
            colour_N3 = _strewn(rng, colour_N3, points_N2, share=share)
    if kind == "asphalt" and rng.random() < 0.5:
        colour_N3 = _marked(rng, colour_N3, points_N2)
    if outdoors and rng.random() < 0.4:
        colour_N3 = colour_N3 * _dappled(rng, points_N2)[:, None]
    return np.asarray(np.clip(colour_N3, 0.02, 0.98), dtype=np.float32)


def _joints(rng: Generator, points_N2: Points, *, kind: str, fades_N: Points) -> Points:
    """Darker lines between slabs, each slab a little different."""
    side = {"slabs": rng.uniform(0.3, 0.8), "bricks": 0.12, "floor": rng.uniform(0.4, 0.9), "stone": 0.6}[kind]
    length = side * (2.0 if kind == "bricks" else rng.choice([1.0, 1.0, 1.5]))
    row_N = np.floor(points_N2[:, 1] / side)
    shifted_N = points_N2[:, 0] / length + 0.5 * (row_N % 2) * (kind in ("bricks", "slabs"))
    column_N = np.floor(shifted_N)
    own_N = np.sin(row_N * 127.1 + column_N * 311.7) * 43758.5453 % 1 - 0.5
    across_N, along_N = shifted_N - column_N, points_N2[:, 1] / side - row_N
    gap = 0.012 / side + 0.02
    in_gap_N = (across_N < gap) | (along_N < gap)
    depth = rng.uniform(0.1, 0.4)
    joints: Points = (1 - depth * in_gap_N * fades_N) * (1 + rng.uniform(0.04, 0.2) * own_N * fades_N)
    return joints


def _strewn(rng: Generator, colour_N3: Points, points_N2: Points, *, share: float) -> Points:
    """Fallen leaves and litter of 4 to 20 cm, from almost black to almost white."""
    size = rng.uniform(0.012, 0.05)
    clumps_N = noise_at(rng, points_N2, cell=0.7) * rng.uniform(0.2, 0.9) + noise_at(rng, points_N2, cell=size)
    on_leaf_N = clumps_N > np.quantile(clumps_N, 1 - share)
    leaf = np.array(_LEAVES[rng.integers(len(_LEAVES))]) * rng.uniform(0.4, 1.5)
    own_N = np.clip(1 + 0.3 * noise_at(rng, points_N2, cell=2 * size), 0.4, 1.6)
    return np.where(on_leaf_N[:, None], leaf * own_N[:, None], colour_N3)


def _dappled(rng: Generator, points_N2: Points) -> Points:
    """Factors of brightness between the shadows of leaves: 1 to 1.4 in the sun, a share of that in the shade."""
    blotches_N = noise_at(rng, points_N2, cell=rng.uniform(0.05, 0.3))
    in_sun_N = 1 / (1 + np.exp(-rng.uniform(2, 8) * (blotches_N - rng.uniform(-0.8, 0.8))))
    shade = rng.uniform(0.35, 0.75)
    brightness: Points = (shade + (1 - shade) * in_sun_N) * rng.uniform(1.0, 1.4)
    return brightness


def _marked(rng: Generator, colour_N3: Points, points_N2: Points) -> Points:
    """White or yellow lines on the road."""
    apart, width = rng.uniform(2.5, 6), rng.uniform(0.1, 0.4)
    on_line_N = ((points_N2[:, 0] + rng.uniform(0, 6)) % apart) < width
    paint = (0.8, 0.8, 0.78) if rng.random() < 0.7 else (0.78, 0.66, 0.28)
    return np.where(on_line_N[:, None], np.array(paint), colour_N3)
