"""What is on a person's head, and what they carry: solids that the joints move."""

import numpy as np

from reid_app.data.synthetic import parts
from reid_app.data.synthetic.anatomy import Spots
from reid_app.data.synthetic.bicycle import SADDLE, bicycle
from reid_app.data.synthetic.body_making import JOINTS
from reid_app.data.synthetic.mesh import Floats, Mesh, unit
from reid_app.data.synthetic.person import Person, Side
from reid_app.data.synthetic.shapes import Triple, rounded_box
from reid_app.data.synthetic.skeleton import ALL_JOINTS

_Shape = tuple[Triple, Triple, float, float]


def things_on_head(person: Person, *, body: Mesh, spots: Spots, joints_J3: Floats) -> list[Mesh]:
    """Hair, headgear, and a hood that hangs at the neck."""
    head = person.head
    meshes = []
    if head.headgear == "none" and head.hair not in ("bald", "cropped"):
        meshes.append(_scalp(body, spots=spots, part=parts.HAIR, thickness=0.014))
    elif head.headgear != "none":
        part = parts.HOOD if head.headgear == "hood" else parts.HAT
        meshes.append(_scalp(body, spots=spots, part=part, thickness=0.034 if part == parts.HOOD else 0.02))
    crown = float(body.vertices_V3[:, 2].max())
    for centre, size, roundness, taper in _hair_shapes(head.hair if head.headgear != "hood" else "short"):
        place = (centre[0], float(joints_J3[JOINTS.index("head"), 1]) + 0.042 + centre[1], crown - 0.807 + centre[2])
        meshes.append(_solid(place, size, roundness, part=parts.HAIR, joint="head", taper=taper))
    if head.headgear != "hood" and any(top.hood for top in person.tops):
        neck = joints_J3[JOINTS.index("neck01")]
        place = (0.0, float(neck[1]) + 0.09, float(neck[2]) - 0.035)
        meshes.append(_solid(place, (0.25, 0.13, 0.15), 0.8, part=parts.HOOD, joint="spine01"))
    if head.headgear == "cap":
        meshes.append(_solid((0, -0.165, crown - 0.055), (0.15, 0.14, 0.016), 0.6, part=parts.HAT, joint="head"))
    return meshes


def _hair_shapes(hair: str) -> list[_Shape]:
    """Centres, sizes, roundness and taper of hair beyond the scalp, on the average head."""
    shapes: dict[str, list[_Shape]] = {
        "bob": [((0, 0.015, 0.69), (0.19, 0.16, 0.25), 0.7, 0.0)],
        "long": [((0, 0.015, 0.69), (0.185, 0.16, 0.25), 0.7, 0.0), ((0, 0.075, 0.56), (0.22, 0.07, 0.42), 0.6, 0.15)],
        "ponytail": [((0, 0.085, 0.665), (0.06, 0.10, 0.30), 0.8, 0.3)],
        "bun": [((0, 0.085, 0.765), (0.09, 0.10, 0.09), 1.0, 0.0)],
    }
    return shapes.get(hair, [])


def _scalp(body: Mesh, *, spots: Spots, part: int, thickness: float) -> Mesh:
    """The part of the head where hair grows, thicker."""
    faces_F3 = body.faces_F3[spots.is_scalp[body.faces_F3].all(axis=1)]
    kept_V, faces = np.unique(faces_F3, return_inverse=True)
    return Mesh(
        vertices_V3=body.vertices_V3[kept_V] + thickness * unit(body.normals_V3[kept_V]),
        normals_V3=body.normals_V3[kept_V],
        surface_V3=body.surface_V3[kept_V],
        material_V=np.full(len(kept_V), part + 0.25, dtype=np.float32),
        weights_VJ=body.weights_VJ[kept_V],
        faces_F3=faces.reshape(-1, 3).astype(np.int32),
    )


def things_carried(person: Person, *, body: Mesh, spots: Spots, joints_J3: Floats, side: Side) -> list[Mesh]:
    """Bags, parcels, umbrellas and bicycles, on a side."""
    torso = (np.abs(spots.x) < 0.1) & (spots.z > 0.2) & (spots.z < 0.45) & ~spots.is_arm
    back, front = float(body.vertices_V3[torso, 1].max()), float(body.vertices_V3[torso, 1].min())
    chest, hip = (float(joints_J3[JOINTS.index(name), 2]) for name in ("spine01", "root"))
    crown = float(body.vertices_V3[:, 2].max())
    meshes = []
    if person.bag == "backpack":
        size = _scaled((0.31, 0.17, 0.44), person.bag_size)
        meshes.append(_solid((0, back + size[1] * 0.42, chest - 0.06), size, 0.4, part=parts.BAG, joint="spine03"))
    elif person.bag == "shoulder":
        meshes.append(_shoulder_bag(person, body=body, spots=spots, hip=hip, side=side))
    elif person.bag in ("handbag", "plastic"):
        meshes.append(_held_bag(person, wrist_3=joints_J3[JOINTS.index(f"wrist.{side}")], side=side))
    if person.carried == "parcel":
        place = (0.0, front - 0.18, chest - 0.16)
        meshes.append(_solid(place, (0.38, 0.26, 0.26), 0.12, part=parts.THING, joint="spine03"))
    elif person.carried == "umbrella":
        meshes.append(_solid((-0.1, -0.08, crown + 0.12), (1.0, 1.0, 0.36), 0.9, part=parts.THING, joint="root"))
    elif person.carried.endswith("bicycle"):
        meshes.append(_bicycle(person, body=body, side=side, hip=hip))
    return meshes


def _shoulder_bag(person: Person, *, body: Mesh, spots: Spots, hip: float, side: Side) -> Mesh:
    at_hip = (np.abs(spots.z) < 0.05) & ~spots.is_arm
    out = float(np.abs(body.vertices_V3[at_hip, 0]).max()) + 0.03
    place = (out if side == "L" else -out, 0.02, hip - 0.04)
    size = (0.11, 0.3 * person.bag_size, 0.24 * person.bag_size)
    return _solid(place, size, 0.35, part=parts.BAG, joint="root")


def _held_bag(person: Person, *, wrist_3: Floats, side: Side) -> Mesh:
    is_handbag = person.bag == "handbag"
    size = _scaled((0.10, 0.30, 0.22) if is_handbag else (0.14, 0.22, 0.32), person.bag_size)
    place = (float(wrist_3[0]), float(wrist_3[1]) - 0.03, float(wrist_3[2]) - 0.16 - size[2] / 2)
    taper = -0.25 if is_handbag else -0.5
    return _solid(place, size, 0.4, part=parts.BAG, joint=f"hang.{side}", taper=taper)


def _scaled(size: Triple, scale: float) -> Triple:
    return size[0] * scale, size[1] * scale, size[2] * scale


def _bicycle(person: Person, *, body: Mesh, side: Side, hip: float) -> Mesh:
    """Beside the person on the ground, or with its saddle under the hips."""
    is_ridden = person.carried == "ridden bicycle"
    return bicycle(
        across=0.0 if is_ridden else (0.5 if side == "L" else -0.5),
        floor=hip - 0.08 - SADDLE if is_ridden else float(body.vertices_V3[:, 2].min()),
        part=parts.BICYCLE,
        joint=ALL_JOINTS.index("root"),
        num_joints=len(ALL_JOINTS),
    )


def _solid(
    centre: Triple,
    size: Triple,
    roundness: float,
    *,
    part: int,
    joint: str,
    taper: float = 0.0,
) -> Mesh:
    return rounded_box(
        centre=centre,
        size=size,
        roundness=roundness,
        part=part,
        joint=ALL_JOINTS.index(joint),
        num_joints=len(ALL_JOINTS),
        taper=taper,
    )
