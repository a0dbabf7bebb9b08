import sys

import cv2
import numpy as np
import pytest

from reid_app.data.synthetic import rasteriser as rasteriser_module
from reid_app.data.synthetic.bodies import load_bodies
from reid_app.data.synthetic.camera import draw_camera
from reid_app.data.synthetic.casting import draw_person
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.figure import build_figure
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.rasteriser import Rasteriser
from reid_app.data.synthetic.rendering import Actor, placed, rendered
from reid_app.data.synthetic.view import View
from reid_app.data.synthetic.walk import draw_walk
from reid_app.data.synthetic.wardrobe import open_wardrobe
from reid_app.data.synthetic.windows import crop_window, draw_habit, true_box
from reid_app.errors import SettingsError

VIEW = View(height=3.0, pitch=20.0, focal=800.0)
PLAIN = SyntheticConfig(backgrounds=False)


def test_a_triangle_is_where_its_pixels_are(renderer):
    window = (100.0, 50.0, 420.0, 370.0)
    corners = np.array([[-2, 9, 0], [1, 9, 0], [-0.5, 9, 2]], dtype=np.float32)
    drawer = Rasteriser(height=160, width=160)
    buffer = drawer.draw(
        clip_V4=VIEW.clip(corners, window=window),
        surface_V3=corners,
        material_V=np.full(3, 4.25, np.float32),
        normals_V3=np.tile(np.array([0, -1, 0], np.float32), (3, 1)),
        faces_F3=np.array([[0, 1, 2]], np.int32),
    )
    drawer.close()
    expected = np.zeros((160, 160), np.uint8)
    polygon = (VIEW.pixels(corners)[0] - [window[0], window[1]]) / 2
    cv2.fillConvexPoly(expected, np.round(polygon).astype(np.int32), 1)

    mask = buffer.material_HW > 0

    assert expected.sum() > 500
    assert (mask != expected.astype(bool)).mean() < 0.01
    np.testing.assert_allclose(buffer.surface_HW3[mask][:, 1], 9, atol=1e-3)
    np.testing.assert_allclose(buffer.material_HW[mask], 4.25, atol=1e-3)


def test_the_nearer_triangle_hides_the_farther(renderer):
    near = np.array([[-1, 6, 0], [1, 6, 0], [0, 6, 2]], dtype=np.float32)
    both = np.concatenate([near, near * np.array([3, 1, 3], np.float32) + np.array([0, 2, -2], np.float32)])
    drawer = Rasteriser(height=64, width=64)
    buffer = drawer.draw(
        clip_V4=VIEW.clip(both, window=(300.0, 100.0, 660.0, 460.0)),
        surface_V3=both,
        material_V=np.array([1.25] * 3 + [2.25] * 3, np.float32),
        normals_V3=both,
        faces_F3=np.array([[0, 1, 2], [3, 4, 5]], np.int32),
    )
    drawer.close()

    row, column = ((VIEW.pixels(near.mean(axis=0)[None])[0][0][::-1] - [100, 300]) / 360 * 64).astype(int)
    assert buffer.material_HW[row, column] == pytest.approx(1.25)


def actor_of(identity, *, cache):
    person = draw_person(seed=3, identity=identity, config=SyntheticConfig(hair_and_bags=False, loose_clothes=False))
    wardrobe = open_wardrobe(person, opening=0.0, bag_side="L", patterns=True)
    return Actor(
        figure=build_figure(person, library=load_bodies(cache), bag_side="L"), wardrobe=wardrobe, gait=person.gait
    )


@pytest.mark.parametrize("identity", [1, 2, 3])
def test_boxes_agree_with_masks(identity, cache, renderer):
    camera = draw_camera(seed=1, number=0, config=PLAIN, beside=True)
    actor = actor_of(identity, cache=cache)
    (moment,) = draw_walk(generator_of(1, "walk", identity), camera=camera, num_frames=1)
    posture = placed(actor, moment=moment)
    box = true_box(camera.view.pixels(posture.points_V3)[0])
    window = crop_window(box, habit=draw_habit(generator_of(1, "h"), errors=False), rng=generator_of(1, "r"))
    drawer = Rasteriser(height=256, width=128)
    layer = rendered(
        posture, actor=actor, camera=camera, window=window, rasteriser=drawer, fabric_shading=True
    )  # fmt: skip
    drawer.close()

    rows, columns = np.nonzero(layer.mask_HW)
    scale = np.array([(window[2] - window[0]) / 128, (window[3] - window[1]) / 256])
    found = [*(np.array([columns.min(), rows.min()]) * scale + window[:2])]
    found += [*(np.array([columns.max() + 1, rows.max() + 1]) * scale + window[:2])]
    np.testing.assert_allclose(found, box, atol=2.5 * scale.max())
    assert (layer.colour_HW3[layer.mask_HW == 0] == 0).all()
    assert np.isfinite(layer.colour_HW3).all()


def test_a_missing_renderer_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)

    with pytest.raises(SettingsError, match=r"moderngl.*\[synth\].*libegl1"):
        rasteriser_module.renderer_name()


def test_a_renderer_that_fails_says_what_to_install(monkeypatch):
    moderngl = pytest.importorskip("moderngl")

    def no_display(**_):
        raise RuntimeError("eglInitialize failed")

    monkeypatch.setattr(moderngl, "create_context", no_display)

    with pytest.raises(SettingsError, match=r"eglInitialize failed.*libegl1"):
        rasteriser_module.renderer_name()


def test_missing_anny_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "anny", None)

    with pytest.raises(SettingsError, match=r"anny.*\[synth\]"):
        load_bodies(tmp_path / "empty")
    assert not (tmp_path / "empty").exists()
