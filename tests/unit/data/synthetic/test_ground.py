"""Ground: what lies on it, where, and how large it is."""

import numpy as np
import pytest

from reid_app.data.synthetic.ground import GROUNDS, ground_texture
from reid_app.data.synthetic.randomness import generator_of

STEP = 0.01
"""Metres between the points of a patch."""
SIDE = 200


def strewn_places(*, kind, outdoors, seed):
    """Where in a patch of two metres' side the colour is not a shade of the ground's own."""
    across, along = np.meshgrid(np.arange(SIDE) * STEP, 4 + np.arange(SIDE) * STEP)
    points = np.stack([across.ravel(), along.ravel()], axis=1)
    colours = ground_texture(generator_of(seed, "ground"), kind=kind, outdoors=outdoors, ground_N2=points)
    is_cut_off = ((colours < 0.03) | (colours > 0.97)).any(axis=1)
    shades = colours / colours.sum(axis=1, keepdims=True)
    is_other = np.abs(shades - np.median(shades[~is_cut_off], axis=0)).max(axis=1) > 0.01
    return (is_other & ~is_cut_off).reshape(SIDE, SIDE)


@pytest.mark.parametrize("kind", ["floor", "stone", "carpet", "slabs"])
def test_nothing_lies_on_the_ground_indoors(kind):
    assert not any(strewn_places(kind=kind, outdoors=False, seed=seed).any() for seed in range(8))


@pytest.mark.parametrize("kind", sorted(set(GROUNDS) - {"floor", "carpet"}))
def test_leaves_lie_outdoors(kind):
    assert any(strewn_places(kind=kind, outdoors=True, seed=seed).mean() > 0.02 for seed in range(8))


def test_leaves_are_as_large_as_real_ones():
    """Across them it is centimetres, not half a metre, though they overlap."""
    lengths = []
    for seed in range(40):
        is_other = strewn_places(kind="stone", outdoors=True, seed=seed)
        edges = np.diff(np.pad(is_other, ((0, 0), (1, 1))).astype(int), axis=1)
        starts, ends = np.nonzero(edges == 1)[1], np.nonzero(edges == -1)[1]
        if len(starts):
            lengths.append((ends - starts).mean() * STEP)
    assert len(lengths) > 10
    assert 0.02 < np.median(lengths) < 0.12
