"""Simple solids for what people wear and carry, and the rings of skirts."""

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.mesh import Floats, Mesh, unit, vertex_normals

_RISE, _ROUND = 9, 14

Triple = tuple[float, float, float]


def rounded_box(
    *, centre: Triple, size: Triple, roundness: float, part: int, joint: int, num_joints: int, taper: float = 0.0
) -> Mesh:
    """Superquadric carried by one joint.

    Args:
        centre: At rest, in metres.
        size: Width, depth and height.
        roundness: 0.1 is a box, 1 an ellipsoid.
        part: What it is (see `parts`).
        joint: Which joint carries it.
        num_joints: Of the skeleton.
        taper: How much narrower the bottom is than the top.
    """
    rise, around = np.meshgrid(
        np.linspace(-np.pi / 2, np.pi / 2, _RISE), np.linspace(-np.pi, np.pi, _ROUND, endpoint=False), indexing="ij"
    )
    level, height = _power(np.cos(rise), roundness), _power(np.sin(rise), roundness)
    narrow = 1 - taper * (0.5 - height / 2)
    unit_N3 = np.stack(
        [
            level * narrow * _power(np.cos(around), roundness),
            level * narrow * _power(np.sin(around), roundness),
            height,
        ],
        axis=-1,
    ).reshape(-1, 3)
    vertices_V3 = (unit_N3 * np.array(size) / 2 + np.array(centre)).astype(np.float32)
    faces_F3 = grid_faces(_RISE, _ROUND)
    normals_V3 = outwards(
        vertex_normals(vertices_V3, faces_F3=faces_F3), from_V3=vertices_V3 - np.array(centre, np.float32)
    )
    weights_VJ = np.zeros((len(vertices_V3), num_joints), dtype=np.float32)
    weights_VJ[:, joint] = 1
    return Mesh(
        vertices_V3=vertices_V3,
        normals_V3=normals_V3,
        surface_V3=vertices_V3 - np.array(centre, dtype=np.float32),
        material_V=np.full(len(vertices_V3), part + 0.25, dtype=np.float32),
        weights_VJ=weights_VJ,
        faces_F3=faces_F3,
    )


def outwards(normals_V3: Floats, *, from_V3: Floats) -> Floats:
    """Normals turned to the side that their vertices lie on."""
    flip_V = np.where(np.einsum("vi,vi->v", normals_V3, from_V3) < 0, np.float32(-1), np.float32(1))
    return normals_V3 * flip_V[:, None]


def grid_faces(num_rings: int, num_around: int) -> NDArray[np.int32]:
    """Triangles of rings one above the other, closed all round."""
    ring, step = np.meshgrid(np.arange(num_rings - 1), np.arange(num_around), indexing="ij")
    a = ring * num_around + step
    b = ring * num_around + (step + 1) % num_around
    lower = np.stack([a, b, a + num_around], axis=-1).reshape(-1, 3)
    upper = np.stack([b, b + num_around, a + num_around], axis=-1).reshape(-1, 3)
    return np.concatenate([lower, upper]).astype(np.int32)


def hanging_rings(
    points_N3: Floats, *, top: float, bottom: float, num_rings: int, num_around: int, flare: float, gap: float
) -> tuple[Floats, Floats]:
    """A tube that hangs around posed legs from a height to another, wide enough for them.

    Args:
        points_N3: The legs and hips, posed.
        top: Metres above the ground.
        bottom: Metres above the ground.
        num_rings: From top to bottom.
        num_around: Vertices of a ring.
        flare: How much wider than the hips the lowest ring is.
        gap: Metres between leg and cloth.

    Returns:
        Vertices (rings x around, 3) and their normals.
    """
    heights_R = np.linspace(top, bottom, num_rings, dtype=np.float32)
    angles_A = np.linspace(0, 2 * np.pi, num_around, endpoint=False, dtype=np.float32)
    ways_A2 = np.stack([np.cos(angles_A), np.sin(angles_A)], axis=1)
    reach = (heights_R[0] - heights_R[-1]) / num_rings
    centre_2 = points_N3[np.abs(points_N3[:, 2] - top) < reach, :2].mean(axis=0)
    spread_NA = (points_N3[:, :2] - centre_2) @ ways_A2.T
    radius_RA = np.zeros((num_rings, num_around), dtype=np.float32)
    for ring, height in enumerate(heights_R):
        near_N = np.abs(points_N3[:, 2] - height) < reach
        own = spread_NA[near_N].max(axis=0) + gap if near_N.any() else radius_RA[ring - 1]
        radius_RA[ring] = own if ring == 0 else np.maximum(own, radius_RA[ring - 1] * 0.96)
    radius_RA = np.maximum(radius_RA, radius_RA[0] * np.linspace(1, flare, num_rings, dtype=np.float32)[:, None])
    flat_RA2 = centre_2 + radius_RA[..., None] * ways_A2
    upright = np.broadcast_to(heights_R[:, None, None], (num_rings, num_around, 1))
    outward_RA3 = np.concatenate([np.broadcast_to(ways_A2, flat_RA2.shape), np.full_like(upright, 0.1)], axis=-1)
    return (
        np.concatenate([flat_RA2, upright], axis=-1, dtype=np.float32).reshape(-1, 3),
        unit(outward_RA3.reshape(-1, 3).astype(np.float32)),
    )


def _power(values: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    powered: NDArray[np.float64] = np.sign(values) * np.abs(values) ** exponent
    return powered
