"""Crops as detectors draw them, and the places that they show."""

import cv2
import numpy as np
import pytest

from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.occluders import Occluder, in_front
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


def test_half_of_the_boxes_fit_even_with_errors():
    fitting, made = windows(errors=False, count=1)[0], windows(errors=True)
    assert 0.47 < (made == fitting).all(axis=1).mean() < 0.53


def test_some_boxes_are_far_too_large_and_some_end_above_the_feet():
    x1, y1, x2, y2 = windows(errors=True).T
    is_large = (y2 - y1 > 1.28 * 200) & (x2 - x1 > 1.2 * 100)
    is_cut = y2 < BOX[3] - 0.1 * 200
    assert 0.03 < is_large.mean() < 0.07
    assert 0.05 < is_cut.mean() < 0.12
    middle = (y1 + y2) / 2
    assert ((x1 < 140) & (x2 > 140) & (y1 < 200) & (middle > 0)).mean() > 0.99, "the person is in it"
    assert (y2 - y1).max() < 3.5 * 200


@pytest.fixture
def shots(cache, renderer):
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
            return made.tracklet(identity=2, camera=1, tracklet=0)[1]

    return tracklet


def test_a_tracklet_shows_several_places_behind_the_same_person(shots):
    own, mixed = (np.stack([shot.crop_HW3 for shot in shots(places)]).astype(float) for places in (1, 4))
    differs = np.abs(own - mixed).max(axis=3)
    body = differs[:, 45:60, 30:34]
    corners = np.concatenate([differs[:, :12, :6], differs[:, :12, -6:]], axis=2)
    assert np.median(body) < 2
    assert sorted(corners.mean(axis=(1, 2)))[-2] > 10


def test_masks_say_which_pixels_show_the_person(shots):
    """Where the place behind them changes, there is background; where it does not, somebody is."""
    own, mixed = shots(1), shots(4)
    assert all(np.array_equal(one.mask_HW, other.mask_HW) for one, other in zip(own, mixed, strict=True))
    for one, other in zip(own, mixed, strict=True):
        differs = np.abs(one.crop_HW3.astype(float) - other.crop_HW3).max(axis=2)
        mask = cv2.resize(one.mask_HW, differs.shape[::-1], interpolation=cv2.INTER_NEAREST)
        assert np.median(differs[mask == 255]) < 2
        assert 0.1 < (mask == 255).mean() < 0.6
        if np.median(differs) > 10:
            assert np.percentile(differs[mask == 0], 20) > np.percentile(differs[mask == 255], 80)


def test_what_hides_a_person_is_not_in_their_mask():
    scene = np.zeros((96, 48, 3), dtype=np.float32)
    occluder = Occluder(kind="box", start=0.0, step=0.0, width=0.5, top=0.5, colour=(0.5, 0.5, 0.5), seed=0)
    painted, hidden = in_front(scene, occluder=occluder, frame=0)
    assert np.array_equal(hidden > 0, painted.max(axis=2) > 0)
    assert hidden[60:, :20].all()
    assert not hidden[:40].any()
