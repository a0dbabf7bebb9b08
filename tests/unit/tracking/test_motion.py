"""A painted scene in front of a fixed camera: five pictures a second, 320 by 240 pixels."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from reid_app.tracking.config import DetectionConfig
from reid_app.tracking.detectors.motion import MotionDetector
from reid_app.tracklets.parts import Detector
from reid_app.tracklets.types import Detection, Image

Paint = Callable[[Image], None]


def room() -> Image:
    """A wall, a floor, a table and a picture on the wall."""
    image = np.full((240, 320, 3), (205, 205, 215), np.uint8)
    image[150:] = (150, 100, 60)
    for x in range(0, 320, 16):
        cv2.line(image, (x, 150), (x + 20, 240), (130, 85, 50), 1)
    cv2.rectangle(image, (20, 30), (70, 70), (60, 60, 60), -1)
    cv2.rectangle(image, (230, 120), (290, 128), (240, 240, 240), -1)
    return image


def shot(index: int, *paints: Paint, gain: float = 1.0) -> Image:
    image = room()
    for paint in paints:
        paint(image)
    noise = np.random.default_rng(index).normal(0.0, 2.0, image.shape)
    return np.clip(cv2.GaussianBlur(image, (3, 3), 0) * gain + noise, 0, 255).astype(np.uint8)


def man(x: int, *, shirt: tuple[int, int, int] = (180, 30, 30), sway: int = 0) -> Paint:
    """120 pixels high, 36 wide; sway moves his head."""

    def paint(image: Image) -> None:
        cv2.circle(image, (x + sway, 82), 12, (190, 140, 110), -1)
        cv2.rectangle(image, (x - 18, 94), (x + 18, 150), shirt, -1)
        cv2.rectangle(image, (x - 14, 150), (x + 14, 190), (30, 30, 60), -1)

    return paint


def shadow(x: int) -> Paint:
    """Soft, even and dark: falls to the right of somebody's feet."""

    def paint(image: Image) -> None:
        dark = np.zeros(image.shape[:2], np.float32)
        cv2.ellipse(dark, (x + 50, 190), (45, 12), 0, 0, 360, 1.0, -1)
        dark = cv2.GaussianBlur(dark, (0, 0), 4)[:, :, None]
        image[:] = (image * (1.0 - 0.35 * dark)).astype(np.uint8)

    return paint


def warmed_up(*paints: Paint) -> MotionDetector:
    detector = MotionDetector(DetectionConfig())
    for index in range(15):
        assert detector.detect(shot(index, *paints)) == []
    return detector


def is_man(detection: Detection, x: int) -> bool:
    x1, y1, x2, y2 = detection.box_xyxy
    return abs((x1 + x2) / 2 - x) < 8 and abs(y1 - 70) < 10 and abs(y2 - 190) < 10 and 24 < x2 - x1 < 56


def test_a_walker_is_found_in_every_picture() -> None:
    detector = warmed_up()
    for step in range(30):
        (found,) = detector.detect(shot(100 + step, man(40 + 8 * step)))
        assert is_man(found, 40 + 8 * step)
        assert 0.5 <= found.confidence <= 1.0


def test_a_shadow_widens_nobody_and_is_nobody() -> None:
    detector = warmed_up()
    for step in range(20):
        (found,) = detector.detect(shot(100 + step, shadow(40 + 8 * step), man(40 + 8 * step)))
        assert is_man(found, 40 + 8 * step)
    for step in range(20):
        assert detector.detect(shot(200 + step, shadow(200))) == []


def test_somebody_who_stands_at_the_table_for_a_minute_stays_and_leaves_no_ghost() -> None:
    detector = warmed_up()
    index = 100
    for step in range(20):
        detector.detect(shot(index := index + 1, man(10 + 8 * step)))
    for step in range(300):
        (found,) = detector.detect(shot(index := index + 1, man(162, sway=(step // 15) % 3)))
        assert is_man(found, 162)
    for step in range(12):
        (found,) = detector.detect(shot(index := index + 1, man(170 + 8 * step)))
        assert is_man(found, 170 + 8 * step)
    for step in range(40):
        assert detector.detect(shot(500 + step)) == []


def test_somebody_there_from_the_start_leaves_a_ghost_that_is_nobody() -> None:
    detector = warmed_up(man(100))
    for step in range(1, 22):
        found = detector.detect(shot(100 + step, man(100 + 8 * step)))
        assert len(found) <= 1
        if step > 8:
            assert is_man(found[0], 100 + 8 * step)
    for step in range(30):
        assert detector.detect(shot(200 + step)) == []


def test_a_changed_exposure_is_not_motion() -> None:
    detector = warmed_up()
    for step in range(30):
        gain = 1.0 + 0.15 * np.sin(step / 5)
        assert detector.detect(shot(100 + step, gain=gain)) == []
    for gain in (0.55, 0.85, 1.15):
        (found,) = detector.detect(shot(200, man(120), gain=gain))
        assert is_man(found, 120)


def test_lights_out_is_learned_anew() -> None:
    detector = warmed_up()
    for step in range(40):
        dark = (255 - shot(100 + step)).astype(np.uint8)
        assert detector.detect(dark) == []
    walkers = [detector.detect((255 - shot(200 + step, man(60 + 8 * step))).astype(np.uint8)) for step in range(10)]
    assert all(len(found) == 1 for found in walkers)


def test_a_thing_put_down_is_nobody() -> None:
    def bag(image: Image) -> None:
        cv2.rectangle(image, (100, 140), (125, 185), (20, 90, 20), -1)

    detector = warmed_up()
    found = [detector.detect(shot(100 + step, bag)) for step in range(120)]
    assert all(people == [] for people in found[5:])


def test_who_comes_to_a_new_bench_is_told_from_it() -> None:
    def bench(image: Image) -> None:
        cv2.rectangle(image, (140, 140), (250, 185), (20, 90, 20), -1)

    detector = warmed_up()
    for step in range(70):
        assert detector.detect(shot(100 + step, bench)) == []
    for step in range(15):
        (found,) = detector.detect(shot(200 + step, bench, man(60 + 8 * step)))
        assert is_man(found, 60 + 8 * step)


def test_wide_and_low_things_are_nobody() -> None:
    def dog(step: int) -> Paint:
        def paint(image: Image) -> None:
            cv2.rectangle(image, (20 + 6 * step, 170), (80 + 6 * step, 200), (40, 30, 20), -1)

        return paint

    detector = warmed_up()
    assert all(detector.detect(shot(100 + step, dog(step))) == [] for step in range(30))


def test_two_people_apart_are_two() -> None:
    detector = warmed_up()
    for step in range(15):
        found = detector.detect(shot(100 + step, man(40 + 5 * step), man(280 - 5 * step, shirt=(20, 20, 20))))
        assert len(found) == 2
        assert any(is_man(one, 40 + 5 * step) for one in found)
        assert any(is_man(one, 280 - 5 * step) for one in found)
        assert found[0].confidence >= found[1].confidence


def test_clothes_in_the_colour_of_a_shadow_are_still_a_person() -> None:
    detector = warmed_up()
    for step in range(15):
        (found,) = detector.detect(shot(100 + step, man(60 + 8 * step, shirt=(150, 150, 157))))
        assert is_man(found, 60 + 8 * step)


def test_equal_pictures_give_equal_detections_and_reset_forgets_all() -> None:
    pictures = [shot(index, man(8 * index)) if index > 15 else shot(index) for index in range(40)]
    first, second = (MotionDetector(DetectionConfig()) for _ in range(2))
    once = [first.detect(picture) for picture in pictures]
    assert any(once)
    assert [second.detect(picture) for picture in pictures] == once
    first.reset()
    assert [first.detect(picture) for picture in pictures] == once


@pytest.mark.parametrize("size", [(1, 1), (3, 1000), (240, 320), (2160, 3840)])
def test_any_size_of_picture(size: tuple[int, int]) -> None:
    detector = MotionDetector(DetectionConfig())
    for value in (10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 200, 10):
        assert detector.detect(np.full((*size, 3), value, np.uint8)) == []


def test_a_new_size_starts_anew() -> None:
    detector = warmed_up()
    assert detector.detect(shot(0, man(100))[:, 60:].copy()) == []


def test_fingerprint() -> None:
    detector: Detector = MotionDetector(DetectionConfig())
    assert detector.is_stateful
    assert '"opencv": "' + ".".join(cv2.__version__.split(".")[:2]) + '"' in detector.fingerprint
    assert detector.fingerprint == MotionDetector(DetectionConfig(min_confidence=0.7)).fingerprint
    assert detector.fingerprint != MotionDetector(DetectionConfig(min_height_px=50)).fingerprint
