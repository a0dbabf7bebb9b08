"""A bicycle of tubes and two rings."""

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.mesh import Floats, Mesh, unit
from reid_app.data.synthetic.shapes import grid_faces

SADDLE = 0.86
"""Metres above the ground."""
_AXLES = (-0.55, 0.5)
_WHEEL = 0.33
_TUBES = (
    ((-0.55, 0.33), (-0.38, 0.92)),  # fork
    ((-0.40, 0.82), (0.02, 0.30)),
    ((-0.42, 0.78), (0.18, 0.80)),
    ((0.02, 0.30), (0.20, 0.86)),
    ((0.02, 0.30), (0.5, 0.33)),
    ((0.5, 0.33), (0.18, 0.76)),
)
_SIDES = 5


def bicycle(*, across: float, floor: float, part: int, joint: int, num_joints: int) -> Mesh:
    """A bicycle that stands on a level, looking along -y.

    Args:
        across: Where it stands, in metres to the person's left.
        floor: The height of the ground at rest.
        part: What it is (see `parts`).
        joint: Which joint carries it.
        num_joints: Of the skeleton.
    """
    pieces = [_ring(axle) for axle in _AXLES]
    pieces += [_tube(np.array([0, *start]), np.array([0, *end]), radius=0.022) for start, end in _TUBES]
    pieces.append(_tube(np.array([-0.26, -0.32, 0.98]), np.array([0.26, -0.32, 0.98]), radius=0.018))
    pieces.append(_tube(np.array([0.0, 0.08, SADDLE]), np.array([0.0, 0.32, SADDLE]), radius=0.06))
    starts = np.cumsum([0, *(len(points) for points, _, _ in pieces)])
    points_V3 = np.concatenate([points for points, _, _ in pieces]).astype(np.float32)
    weights_VJ = np.zeros((len(points_V3), num_joints), dtype=np.float32)
    weights_VJ[:, joint] = 1
    return Mesh(
        vertices_V3=points_V3 + np.array([across, 0, floor], dtype=np.float32),
        normals_V3=np.concatenate([normals for _, normals, _ in pieces]).astype(np.float32),
        surface_V3=points_V3,
        material_V=np.full(len(points_V3), part + 0.25, dtype=np.float32),
        weights_VJ=weights_VJ,
        faces_F3=np.concatenate([faces + start for (_, _, faces), start in zip(pieces, starts, strict=False)]).astype(
            np.int32
        ),
    )


def outline() -> list[NDArray[np.float64]]:
    """Lines (N, 3) that draw a bicycle which stands at the origin."""
    angles = np.linspace(0, 2 * np.pi, 25)
    wheels = [
        np.stack([0 * angles, axle + _WHEEL * np.cos(angles), _WHEEL + _WHEEL * np.sin(angles)], axis=1)
        for axle in _AXLES
    ]
    tubes = [np.array([[0, *start], [0, *end]]) for start, end in _TUBES]
    bar = np.array([[-0.26, -0.32, 0.98], [0.26, -0.32, 0.98]])
    return [*wheels, *tubes, bar]


def _ring(axle: float) -> tuple[Floats, Floats, NDArray[np.int32]]:
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    middle = np.stack([0 * angles, axle + _WHEEL * np.cos(angles), _WHEEL + _WHEEL * np.sin(angles)], axis=1)
    return _sleeve(middle, outward_N3=middle - np.array([0, axle, _WHEEL]), radius=0.022, closed=True)


def _tube(
    start: NDArray[np.float64], end: NDArray[np.float64], *, radius: float
) -> tuple[Floats, Floats, NDArray[np.int32]]:
    along = (end - start) / np.linalg.norm(end - start)
    outward = np.cross(along, [0.0, 0.0, 1.0] if abs(along[2]) < 0.9 else [1.0, 0.0, 0.0])
    return _sleeve(np.stack([start, end]), outward_N3=np.stack([outward, outward]), radius=radius, closed=False)


def _sleeve(
    middle_N3: NDArray[np.float64], *, outward_N3: NDArray[np.float64], radius: float, closed: bool
) -> tuple[Floats, Floats, NDArray[np.int32]]:
    """A tube of five sides along a line; ``outward_N3`` is square to the line."""
    following_N3 = (
        np.roll(middle_N3, -1, axis=0) if closed else middle_N3[[1, 1]] + (middle_N3[1] - middle_N3[0]) * [[0], [1]]
    )
    out_N3 = unit(outward_N3.astype(np.float32))
    side_N3 = unit(np.cross(following_N3 - middle_N3, out_N3).astype(np.float32))
    angles_S = np.linspace(0, 2 * np.pi, _SIDES, endpoint=False, dtype=np.float32)[:, None]
    normals = out_N3[:, None] * np.cos(angles_S) + side_N3[:, None] * np.sin(angles_S)
    points = middle_N3[:, None].astype(np.float32) + radius * normals
    if closed:
        points, normals = np.concatenate([points, points[:1]]), np.concatenate([normals, normals[:1]])
    return points.reshape(-1, 3), normals.reshape(-1, 3), grid_faces(len(points), _SIDES)
