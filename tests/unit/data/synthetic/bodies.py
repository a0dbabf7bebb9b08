"""A body library of limbs made of boxes: what the generator needs of anny, without its minutes."""

from pathlib import Path

import numpy as np

from reid_app.data.synthetic.bodies import library_path
from reid_app.data.synthetic.body_making import JOINTS, NUM_BODIES
from reid_app.data.synthetic.mesh import joined
from reid_app.data.synthetic.shapes import rounded_box

PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 10, 11, 12, 9, 14, 15, 16, 9, 18)
PLACES = {
    "root": (0, 0, 0.05), "spine05": (0, 0, 0.08), "spine03": (0, 0, 0.2), "spine01": (0, 0.02, 0.39),
    "neck01": (0, 0, 0.56), "head": (0, -0.04, 0.66),
    "upperleg01.L": (0.1, 0, 0.04), "lowerleg01.L": (0.13, -0.04, -0.35), "foot.L": (0.17, 0, -0.75),
    "clavicle.L": (0.02, -0.02, 0.49), "upperarm01.L": (0.16, -0.02, 0.47), "lowerarm01.L": (0.33, -0.02, 0.28),
    "wrist.L": (0.45, -0.18, 0.16),
}  # fmt: skip
LIMBS = (
    ("spine03", (0, 0, 0.3), (0.36, 0.22, 0.56)),
    ("head", (0, -0.03, 0.69), (0.16, 0.2, 0.24)),
    ("root", (0, 0, 0.0), (0.34, 0.24, 0.24)),
    ("upperleg01.L", (0.11, -0.02, -0.2), (0.16, 0.16, 0.44)),
    ("lowerleg01.L", (0.15, -0.02, -0.55), (0.11, 0.11, 0.44)),
    ("foot.L", (0.17, -0.08, -0.78), (0.09, 0.24, 0.08)),
    ("upperarm01.L", (0.25, -0.02, 0.37), (0.18, 0.09, 0.2)),
    ("lowerarm01.L", (0.39, -0.1, 0.22), (0.14, 0.16, 0.14)),
    ("wrist.L", (0.48, -0.24, 0.12), (0.08, 0.12, 0.1)),
)


def write_bodies(cache: Path) -> None:
    """Put a library into a cache folder, as if anny had made it."""
    limbs = [
        rounded_box(
            centre=centre, size=size, roundness=0.6, part=1, joint=JOINTS.index(name), num_joints=len(JOINTS)
        )
        for name, centre, size in [*LIMBS, *(mirrored(limb) for limb in LIMBS if limb[0].endswith(".L"))]
    ]  # fmt: skip
    body = joined(limbs)
    joints_J3 = np.array([joint_place(name) for name in JOINTS], dtype=np.float32)
    floor = np.array([0, 0, body.vertices_V3[:, 2].min()], dtype=np.float32)
    sizes = np.linspace(0.9, 1.1, NUM_BODIES, dtype=np.float32)[:, None, None]
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(
        library_path(cache),
        vertices_BV3=(body.vertices_V3 - floor) * sizes,
        joints_BJ3=(joints_J3 - floor) * sizes,
        average_V3=body.vertices_V3,
        weights_VJ=body.weights_VJ,
        faces_F3=body.faces_F3,
        parents_J=np.array(PARENTS),
    )


def mirrored(limb):
    """The same limb on the right."""
    name, (x, y, z), size = limb
    return name.replace(".L", ".R"), (-x, y, z), size


def joint_place(name):
    """Where a joint is."""
    if name.endswith(".R"):
        x, y, z = PLACES[name.replace(".R", ".L")]
        return -x, y, z
    return PLACES[name]
