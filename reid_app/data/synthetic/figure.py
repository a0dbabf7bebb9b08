"""The geometry of one person: body, clothes that stand off it, hair, headgear and what is carried."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic import parts
from reid_app.data.synthetic.anatomy import Spots, spots_of
from reid_app.data.synthetic.bodies import BodyLibrary
from reid_app.data.synthetic.body_making import JOINTS
from reid_app.data.synthetic.mesh import Floats, Mesh, joined, vertex_normals
from reid_app.data.synthetic.motion import Arms
from reid_app.data.synthetic.person import Person, Side
from reid_app.data.synthetic.shapes import grid_faces, hanging_rings
from reid_app.data.synthetic.skeleton import ALL_JOINTS, Rotations, posed
from reid_app.data.synthetic.things import things_carried, things_on_head

_NUM_RINGS, _NUM_AROUND = 9, 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """A figure in a pose, feet on the ground, looking along -y."""

    points_V3: Floats
    normals_V3: Floats
    surface_V3: Floats
    material_V: Floats
    faces_F3: NDArray[np.int32]
    num_body: int
    """The first vertices are the body's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hanging:
    part: int
    hem: float
    flare: float
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One person's geometry."""

    mesh: Mesh
    num_body: int
    joints_J3: Floats
    parents_J: NDArray[np.int64]
    sole_V: NDArray[np.int64]
    leg_V: NDArray[np.int64]
    leg_length: float
    """Metres from waist to ankle."""
    hanging: tuple[_Hanging, ...]
    arms: Arms

    def posture(self, rotations: Rotations) -> Posture:
        """The figure in a pose."""
        pose = posed(self.joints_J3, parents_J=self.parents_J, rotations=rotations)
        points_V3, normals_V3 = pose.points_and_normals(
            self.mesh.vertices_V3, normals_V3=self.mesh.normals_V3, weights_VJ=self.mesh.weights_VJ
        )
        points_V3[:, 2] -= points_V3[self.sole_V, 2].min()
        posture = Posture(
            points_V3=points_V3,
            normals_V3=normals_V3,
            surface_V3=self.mesh.surface_V3,
            material_V=self.mesh.material_V,
            faces_F3=self.mesh.faces_F3,
            num_body=self.num_body,
        )
        for hanging in self.hanging:
            posture = _with_hanging(posture, hanging, legs_N3=points_V3[self.leg_V], leg_length=self.leg_length)
        return posture


def build_figure(person: Person, *, library: BodyLibrary, bag_side: Side) -> Figure:
    """The figure of a person, with the bag on a side."""
    stretch = np.array([person.wide, person.wide, 1.0], dtype=np.float32) * np.float32(person.tall)
    vertices_V3, joints_J3 = library.vertices_BV3[person.body] * stretch, library.joints_BJ3[person.body] * stretch
    weights_VJ = np.pad(library.weights_VJ, ((0, 0), (0, len(ALL_JOINTS) - len(JOINTS))))
    arm_V = sum(weights_VJ[:, JOINTS.index(name)] for name in JOINTS if "arm" in name or "wrist" in name)
    spots = spots_of(library.average_V3, arm_V=np.asarray(arm_V, dtype=np.float32))
    normals_V3 = vertex_normals(vertices_V3, faces_F3=library.faces_F3)
    body = Mesh(
        vertices_V3=vertices_V3 + normals_V3 * _offset(person, spots=spots)[:, None],
        normals_V3=normals_V3,
        surface_V3=library.average_V3,
        material_V=parts.BODY + 0.25 + 0.5 * spots.arm,
        weights_VJ=weights_VJ,
        faces_F3=library.faces_F3,
    )
    legs_V = np.flatnonzero(~spots.is_arm & (spots.z < 0.1))
    waist, ankle = (vertices_V3[np.abs(spots.z - level) < 0.03, 2].mean() for level in (0.1, -0.75))
    extras = [*things_on_head(person, body=body, spots=spots, joints_J3=joints_J3)]
    extras += things_carried(person, body=body, spots=spots, joints_J3=joints_J3, side=bag_side)
    mesh = joined([body, *extras])
    on_ground = np.floor(mesh.material_V) == parts.BICYCLE
    on_ground[: len(vertices_V3)] = spots.z < -0.72
    return Figure(
        mesh=mesh,
        num_body=len(vertices_V3),
        joints_J3=joints_J3,
        parents_J=library.parents_J,
        sole_V=np.flatnonzero(on_ground),
        leg_V=legs_V[::2],
        leg_length=float(waist - ankle),
        hanging=_hangings(person),
        arms=_arms(person, side=bag_side),
    )


def _offset(person: Person, *, spots: Spots) -> Floats:
    """How far clothes stand off the body at its vertices, in metres."""
    bottom = person.bottom
    legs = spots.covered_by_bottom(hem=bottom.hem if bottom.kind != "skirt" else 1.0)
    down_leg = np.clip(-spots.z / 0.8, 0.0, 1.0)
    offset = np.where(legs, bottom.loose * (0.4 + 1.2 * down_leg), 0.0)
    for top in person.tops:
        covered = spots.covered_by_top(sleeve=top.sleeve, hem=top.hem, neck=top.neck)
        offset = offset + np.where(covered, top.loose * (1.0 - 0.65 * np.clip((spots.z - 0.36) / 0.1, 0.0, 1.0)), 0.0)
    offset = np.where(spots.z < -0.735, 0.006, offset)
    return offset.astype(np.float32)


def _hangings(person: Person) -> tuple[_Hanging, ...]:
    hangings = []
    if person.bottom.kind == "skirt":
        hangings.append(_Hanging(part=parts.SKIRT, hem=person.bottom.hem, flare=person.bottom.flare, gap=0.012))
    for part, top in ((parts.TOP_SKIRT, person.top), (parts.COAT_SKIRT, person.jacket)):
        if top is not None and top.hem < -0.08 and top.loose > 0:
            hangings.append(_Hanging(part=part, hem=top.hem, flare=1.0, gap=0.004 + top.loose * 0.7))
    return tuple(hangings)


def _with_hanging(posture: Posture, hanging: _Hanging, *, legs_N3: Floats, leg_length: float) -> Posture:
    hips = float(legs_N3[:, 2].max())
    length = leg_length * (0.1 - hanging.hem) / 0.85
    points_V3, normals_V3 = hanging_rings(
        legs_N3,
        top=hips - 0.02,
        bottom=max(hips - length, 0.05),
        num_rings=_NUM_RINGS,
        num_around=_NUM_AROUND,
        flare=hanging.flare,
        gap=hanging.gap,
    )
    levels, angles = np.meshgrid(
        np.linspace(0.1, hanging.hem, _NUM_RINGS), np.linspace(0, 2 * np.pi, _NUM_AROUND, endpoint=False), indexing="ij"
    )
    surface_V3 = np.stack([0.15 * np.cos(angles), 0.15 * np.sin(angles), levels], axis=-1).reshape(-1, 3)
    return replace(
        posture,
        points_V3=np.concatenate([posture.points_V3, points_V3]),
        normals_V3=np.concatenate([posture.normals_V3, normals_V3]),
        surface_V3=np.concatenate([posture.surface_V3, surface_V3.astype(np.float32)]),
        material_V=np.concatenate([posture.material_V, np.full(len(points_V3), hanging.part + 0.25, np.float32)]),
        faces_F3=np.concatenate([posture.faces_F3, grid_faces(_NUM_RINGS, _NUM_AROUND) + len(posture.points_V3)]),
    )


def _arms(person: Person, *, side: Side) -> Arms:
    if person.carried == "parcel":
        return "carry"
    if person.carried == "umbrella":
        return "umbrella"
    if person.carried == "phone":
        return "phone"
    if person.carried == "ridden bicycle":
        return "ride"
    if person.carried == "pushed bicycle":
        return "push.L" if side == "L" else "push.R"
    if person.bag in ("handbag", "plastic"):
        return "hold.L" if side == "L" else "hold.R"
    return "swing"
