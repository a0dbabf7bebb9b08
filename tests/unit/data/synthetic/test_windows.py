"""Crops as detectors draw them, and the places that they show."""

import numpy as np
import pytest

from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.studio import Studio
from reid_app.data.synthetic.windows import crop_window, draw_habit

BOX = (100.0, 50.0, 180.0, 250.0)


def windows(*, errors, count=2000):
    rng = generator_of(1, "test")
    return np.array([crop_window(BOX, habit=draw_habit(rng, errors=errors), rng=rng) for _ in range(count)])


def test_without_errors_the_window_holds_the_box_and_little_more():
    x1, y1, x2, y2 = windows(errors=False, count=5).T
    assert ((x1 <= BOX[0]) & (y1 <= BOX[1]) & (x2 >= BOX[2]) & (y2 >= BOX[3])).all()
    np.testing.assert_allclose(y2 - y1, 1.04 * 200)


def test_some_boxes_are_far_too_large_and_some_end_above_the_feet():
    x1, y1, x2, y2 = windows(errors=True).T
    is_large = (y2 - y1 > 1.28 * 200) & (x2 - x1 > 1.2 * 100)
    is_cut = y2 < BOX[3] - 0.1 * 200
    assert 0.06 < is_large.mean() < 0.14
    assert 0.1 < is_cut.mean() < 0.24
    middle = (y1 + y2) / 2
    assert ((x1 < 140) & (x2 > 140) & (y1 < 200) & (middle > 0)).mean() > 0.99, "the person is in it"
    assert (y2 - y1).max() < 3.5 * 200


@pytest.fixture
def studio(cache, renderer):
    def tracklet(places):
        config = SyntheticConfig(
            num_cameras=6,
            frames_per_tracklet=4,
            places_per_tracklet=places,
            camera_damage=False,
            crop_errors=False,
            occlusions=False,
        )
        with Studio(seed=3, config=config, cache=cache) as made:
            return np.stack(made.tracklet(identity=2, camera=1, tracklet=0)[1]).astype(float)

    return tracklet


def test_a_tracklet_shows_several_places_behind_the_same_person(studio):
    own, mixed = studio(1), studio(4)
    differs = np.abs(own - mixed).max(axis=3)
    body = differs[:, 45:60, 30:34]
    corners = np.concatenate([differs[:, :12, :6], differs[:, :12, -6:]], axis=2)
    assert np.median(body) < 2
    assert sorted(corners.mean(axis=(1, 2)))[-2] > 10
