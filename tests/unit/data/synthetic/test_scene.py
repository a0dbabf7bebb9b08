"""One camera's scene: boxes and masks, who hides whom, and ways through the view."""

import numpy as np
import pytest

from reid_app.data.synthetic.camera import draw_camera
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.rasteriser import Rasteriser
from reid_app.data.synthetic.rendering import placed
from reid_app.data.synthetic.scene import SceneStudio, outfit_of, person_of
from reid_app.data.synthetic.scene_config import SceneConfig
from reid_app.data.synthetic.scene_layers import FINER, Tile, draw_tile, laid_over, tile_size
from reid_app.data.synthetic.scene_plan import draw_passages
from reid_app.data.synthetic.scene_stage import stage_of
from reid_app.data.synthetic.scene_walk import draw_scene_walk
from reid_app.data.synthetic.view import FRAME_HEIGHT, FRAME_WIDTH
from reid_app.data.synthetic.windows import true_box

PLAIN = SyntheticConfig(backgrounds=False)
CONFIG = SceneConfig(num_identities=3, num_cameras=2, seconds=8, fps=4)


@pytest.fixture(scope="module")
def studio(cache):
    return SceneStudio(seed=5, config=CONFIG, cache=cache)


@pytest.fixture(scope="module")
def camera(studio):
    return studio.camera(1)


@pytest.fixture(scope="module")
def actors(studio, camera):
    return [studio.actor(identity, camera=camera) for identity in (1, 2, 3)]


def test_a_box_is_that_of_the_mask(studio, camera, actors, renderer):
    stage = stage_of(camera)
    walk = draw_scene_walk(generator_of(1, "walk"), stage=stage, gait=actors[0].gait, leg=0.85, fps=4)
    moment = walk.moments[(walk.enters + walk.leaves) // 2]
    posture = placed(actors[0], moment=moment)
    size = tile_size(camera.view, nearest=moment.away)
    rasteriser = Rasteriser(height=size[0] * FINER, width=size[1] * FINER)
    try:
        tile = draw_tile(posture, actor=actors[0], camera=camera, rasteriser=rasteriser, size=size, fabric_shading=True)
    finally:
        rasteriser.close()
    rows, columns = np.nonzero(tile.mask_HW > 0.5)
    of_mask = tile.left + columns.min(), tile.top + rows.min(), tile.left + columns.max(), tile.top + rows.max()

    assert min(rows.min(), columns.min()) > 0
    assert rows.max() < size[0] - 1
    assert columns.max() < size[1] - 1
    np.testing.assert_allclose(of_mask, true_box(camera.view.pixels(posture.points_V3)[0]), atol=2.5)


def tile(*, left, top, height=40, width=20):
    return Tile(
        left=left,
        top=top,
        colour_HW3=np.full((height, width, 3), left, dtype=np.float32),
        mask_HW=np.ones((height, width), dtype=np.float32),
    )


def test_the_nearer_hides_the_farther():
    scene = np.zeros((FRAME_HEIGHT, FRAME_WIDTH, 3), np.float32)
    shown, visibilities = laid_over(scene, tiles=[tile(left=100, top=50), tile(left=115, top=50)])

    assert visibilities == [0.75, 1.0]
    assert (shown[60, 114, 0], shown[60, 115, 0], shown[60, 99, 0]) == (100, 115, 0)


@pytest.mark.parametrize(
    ("left", "top", "visible"), [(-5, 50, 0.75), (FRAME_WIDTH - 5, 0, 0.25), (0, FRAME_HEIGHT - 10, 0.25), (-30, 0, 0)]
)
def test_what_is_outside_of_the_frame_cannot_be_seen(left, top, visible):
    scene = np.zeros((FRAME_HEIGHT, FRAME_WIDTH, 3), np.float32)

    assert laid_over(scene, tiles=[tile(left=left, top=top)])[1] == [visible]


def test_who_is_on_a_deep_stage_is_seen_from_head_to_foot_and_large_enough():
    cameras = [draw_camera(seed=5, number=number, config=PLAIN, beside=False) for number in range(60)]
    stages = [(camera, stage_of(camera)) for camera in cameras]
    deep = [(camera, stage) for camera, stage in stages if stage.far - stage.near > 2.01]
    assert len(deep) > 50
    for camera, stage in deep:
        for away in (stage.near, stage.far):
            points = np.array([[0, away, 0], [0, away, 1.7]], dtype=np.float32)
            feet, head = camera.view.pixels(points)[0][:, 1]
            assert 0 < head < feet < FRAME_HEIGHT
            assert feet - head >= 129


@pytest.mark.parametrize("number", range(12))
def test_a_walk_comes_in_goes_out_and_never_jumps(camera, actors, number):
    stage = stage_of(camera)
    walk = draw_scene_walk(generator_of(number, "walk"), stage=stage, gait=actors[0].gait, leg=0.85, fps=10)
    across = np.array([moment.across for moment in walk.moments])
    away = np.array([moment.away for moment in walk.moments])
    steps = np.hypot(np.diff(across), np.diff(away))
    turns = np.abs(np.diff(np.unwrap([moment.heading for moment in walk.moments])))

    assert min(abs(across[0]), abs(across[-1])) > stage.half_width(stage.near) + 3
    assert 0 < walk.enters < walk.leaves < len(walk.moments) - 1
    np.testing.assert_allclose(steps, walk.moments[0].speed / 10, rtol=1e-3)
    assert turns.max() < 0.17
    assert 0.6 < walk.moments[0].speed < 1.9


def test_everybody_has_a_turn_of_their_own_and_the_last_can_leave(camera, actors):
    passages = draw_passages(actors, seed=5, camera=camera, num_frames=240, fps=10)
    entries = sorted(passage.starts + passage.walk.enters for passage in passages)

    assert [passage.identity for passage in passages] == [1, 2, 3]
    assert entries[0] == 10
    assert min(np.diff(entries)) > 30
    assert max(passage.starts + passage.walk.leaves for passage in passages) < 240


def test_an_identity_is_the_same_person_in_all_cameras_and_cameras_differ(studio, camera, actors):
    other = studio.camera(2)
    again = studio.actor(1, camera=other)
    person = person_of(1, seed=5, config=CONFIG)

    assert again.wardrobe.person == actors[0].wardrobe.person == person
    assert again.gait == actors[0].gait
    assert camera.view != other.view
    assert np.abs(camera.scenery.picture.astype(float) - other.scenery.picture).mean() > 5
    assert outfit_of(1, person=person, seed=5, camera=1) == outfit_of(1, person=person, seed=5, camera=1)


def test_the_same_frame_is_the_same_again(studio, camera, renderer):
    first, second = (next(iter(studio.film(camera))) for _ in range(2))

    np.testing.assert_array_equal(first.image, second.image)
    assert first.sightings == second.sightings
