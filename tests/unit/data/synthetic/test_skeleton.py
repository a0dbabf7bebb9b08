import numpy as np
import pytest

from reid_app.data.synthetic.bodies import load_bodies
from reid_app.data.synthetic.casting import draw_person
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.figure import build_figure
from reid_app.data.synthetic.motion import draw_gait, pose
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.skeleton import posed, rotation_matrix


def rotated_by_scipy(x, y, z):
    from scipy.spatial.transform import Rotation

    return Rotation.from_euler("xyz", [x, y, z], degrees=True).as_matrix()


@pytest.mark.parametrize("angles", [(30, 0, 0), (0, -50, 0), (0, 0, 110), (20, 35, -70)])
def test_rotations_are_those_of_scipy(angles):
    np.testing.assert_allclose(rotation_matrix(*angles), rotated_by_scipy(*angles), atol=1e-6)


def test_joints_carry_what_is_below_them(cache):
    library = load_bodies(cache)
    joints_J3 = library.joints_BJ3[0]
    pose_ = posed(joints_J3, parents_J=library.parents_J, rotations={"upperleg01.L": (-90.0, 0.0, 0.0)})
    hip, foot = joints_J3[1], joints_J3[3]

    moved = pose_.turn_J33[3] @ foot + pose_.shift_J3[3]

    expected = hip + rotated_by_scipy(-90, 0, 0) @ (foot - hip)
    np.testing.assert_allclose(moved, expected, atol=1e-5)
    assert moved[1] < hip[1]  # the leg swings to the front


def test_no_rotation_is_no_change(cache):
    library = load_bodies(cache)
    pose_ = posed(library.joints_BJ3[3], parents_J=library.parents_J, rotations={})
    weights_VJ = np.pad(library.weights_VJ, ((0, 0), (0, 2)))
    vertices_V3 = library.vertices_BV3[3]

    points_V3, normals_V3 = pose_.points_and_normals(vertices_V3, normals_V3=vertices_V3, weights_VJ=weights_VJ)

    np.testing.assert_allclose(points_V3, vertices_V3, atol=1e-5)
    np.testing.assert_allclose(normals_V3, vertices_V3, atol=1e-5)


@pytest.mark.parametrize("identity", range(1, 9))
def test_somebody_always_stands_on_the_ground(identity, cache):
    person = draw_person(seed=3, identity=identity, config=SyntheticConfig())
    figure = build_figure(person, library=load_bodies(cache), bag_side="R")
    gait = draw_gait(generator_of(identity, "gait"))
    for phase in np.linspace(0, 6, 5):
        posture = figure.posture(pose(gait, phase=float(phase), pace=1.0, arms=figure.arms, glance=0.0))
        assert posture.points_V3[: posture.num_body, 2].min() == pytest.approx(0.0, abs=0.35)
        assert np.isfinite(posture.points_V3).all()
