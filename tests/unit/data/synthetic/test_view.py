import cv2
import numpy as np

from reid_app.data.synthetic.camera import draw_camera
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.view import FRAME_HEIGHT, FRAME_WIDTH, View
from reid_app.data.synthetic.walk import draw_walk

VIEW = View(height=3.0, pitch=20.0, focal=800.0)
PLAIN = SyntheticConfig(backgrounds=False)


def test_pixels_are_those_of_opencv():
    points = generator_of(1, "points").uniform((-3, 4, 0), (3, 12, 2), (20, 3)).astype(np.float32)
    tilt = np.radians(VIEW.pitch)
    rows = np.array([[1, 0, 0], [0, -np.sin(tilt), -np.cos(tilt)], [0, np.cos(tilt), -np.sin(tilt)]])
    camera = np.array([[VIEW.focal, 0, FRAME_WIDTH / 2], [0, VIEW.focal, FRAME_HEIGHT / 2], [0, 0, 1]])
    shift = -rows @ np.array([0, 0, VIEW.height])

    expected = cv2.projectPoints(points.astype(float), cv2.Rodrigues(rows)[0], shift, camera, None)[0][:, 0]

    np.testing.assert_allclose(VIEW.pixels(points)[0], expected, atol=0.01)


def test_ground_is_found_again_under_its_pixels():
    points = generator_of(2, "ground").uniform((-3, 4, 0), (3, 12, 0), (20, 3)).astype(np.float32)

    ground = VIEW.ground_at(VIEW.pixels(points)[0].astype(float))

    np.testing.assert_allclose(ground, points[:, :2], atol=1e-2)


def test_walks_stay_in_view():
    for number in range(6):
        camera = draw_camera(seed=2, number=number, config=PLAIN, beside=True)
        for moment in draw_walk(generator_of(number, "w"), camera=camera, num_frames=60):
            foot = np.array([[moment.across, moment.away, 0.9]], dtype=np.float32)
            (x, y), _ = (value[0] for value in camera.view.pixels(foot))
            assert -100 < x < FRAME_WIDTH + 100
            assert -150 < y < FRAME_HEIGHT + 150
