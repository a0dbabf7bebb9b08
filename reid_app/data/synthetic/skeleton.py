"""Poses: rotations at the joints, carried from the parents down, and the vertices that follow."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.body_making import JOINTS
from reid_app.data.synthetic.mesh import Floats

HANDS = {"hang.L": "wrist.L", "hang.R": "wrist.R"}
"""Extra joints behind `JOINTS`: at the wrists, but upright, for what hangs from a hand."""
ALL_JOINTS = (*JOINTS, *HANDS)

Angles = tuple[float, float, float]
Rotations = Mapping[str, Angles]
"""Degrees about x, y and z by joint; what is not named does not turn. +x swings a leg or an arm to the back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed:
    """A skeleton in a pose: a rest point p of a joint lies at ``turn @ p + shift``."""

    turn_J33: Floats
    shift_J3: Floats

    def points_and_normals(
        self, vertices_V3: Floats, *, normals_V3: Floats, weights_VJ: Floats
    ) -> tuple[Floats, Floats]:
        """Skinned vertices, and their normals, nearly of unit length."""
        turn_V33, shift_V3 = self._blended(weights_VJ)
        points = np.einsum("vij,vj->vi", turn_V33, vertices_V3) + shift_V3
        return points, np.einsum("vij,vj->vi", turn_V33, normals_V3)

    def _blended(self, weights_VJ: Floats) -> tuple[Floats, Floats]:
        num_joints = len(self.turn_J33)
        turn_V33 = (weights_VJ @ self.turn_J33.reshape(num_joints, 9)).reshape(-1, 3, 3)
        return turn_V33, weights_VJ @ self.shift_J3


def posed(joints_J3: Floats, *, parents_J: NDArray[np.int64], rotations: Rotations) -> Posed:
    """Carry rotations from the root down; rotations are about the world's axes at rest, as anny's ``local-ref``."""
    turns: list[Floats] = []
    places: list[Floats] = []
    for index, name in enumerate(JOINTS):
        own = rotation_matrix(*rotations[name]) if name in rotations else np.eye(3, dtype=np.float32)
        parent = int(parents_J[index])
        if parent < 0:
            turns.append(own)
            places.append(joints_J3[index])
        else:
            turns.append(turns[parent] @ own)
            places.append(places[parent] + turns[parent] @ (joints_J3[index] - joints_J3[parent]))
    rest = [*joints_J3]
    for wrist in HANDS.values():
        turns.append(turns[0])
        places.append(places[JOINTS.index(wrist)])
        rest.append(joints_J3[JOINTS.index(wrist)])
    turn_J33, place_J3, rest_J3 = np.stack(turns), np.stack(places), np.stack(rest)
    return Posed(turn_J33=turn_J33, shift_J3=place_J3 - np.einsum("jik,jk->ji", turn_J33, rest_J3))


def rotation_matrix(x: float, y: float, z: float) -> Floats:
    """Rotation by degrees about x, then y, then z."""
    (cx, sx), (cy, sy), (cz, sz) = ((np.cos(a), np.sin(a)) for a in np.radians((x, y, z)))
    return np.array(
        [
            [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
            [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
            [-sy, cy * sx, cy * cx],
        ],
        dtype=np.float32,
    )
