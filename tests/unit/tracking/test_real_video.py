"""Six people, one after the other, each of whom stands at a table for a while."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest

from reid_app.tracking.association import DetectAndAssociate
from reid_app.tracking.builder import TrackletBuilder
from reid_app.tracking.config import AssociationConfig, BuilderConfig, DetectionConfig
from reid_app.tracking.detectors.motion import MotionDetector
from reid_app.tracking.detectors.yolox import YoloxDetector
from reid_app.tracking.stride import automatic_stride
from reid_app.tracklets.parts import Detector
from reid_app.tracklets.types import Frame, Tracklet

PEOPLE = ((60, 200), (224, 452), (500, 704), (742, 872), (918, 1206), (1232, 1364))
"""First and last frame in which a part of each is seen, by eye; nobody is there in between."""


def frames(path: Path, *, stride: int) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(path))
    fps = capture.get(cv2.CAP_PROP_FPS)
    for index in range(int(capture.get(cv2.CAP_PROP_FRAME_COUNT))):
        assert capture.grab()
        if index % stride == 0:
            picture = capture.retrieve()[1]
            yield Frame(index=index, pts_s=index / fps, image=cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    capture.release()


def tracklets_of(path: Path, detector: Detector) -> list[Tracklet]:
    stride = automatic_stride(10.0)
    source = DetectAndAssociate(detector, AssociationConfig(), frame_rate=10.0 / stride)
    builder = TrackletBuilder(BuilderConfig(), camera_id="cam1", tracklet_id=str)
    found = [
        tracklet
        for frame in frames(path, stride=stride)
        for tracklet in builder.add(frame, source.follow(frame, source.look(frame)))
    ]
    return found + builder.close()


def person_of(tracklet: Tracklet) -> int:
    first, last = int(tracklet.frame_indices[0]), int(tracklet.frame_indices[-1])
    (person,) = (place for place, (start, end) in enumerate(PEOPLE) if start <= first <= last <= end)
    return person


def yolox(path: Path) -> Detector:
    return YoloxDetector(
        path, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), config=DetectionConfig(), threads=1
    )


def motion(path: Path) -> Detector:
    return MotionDetector(DetectionConfig())


@pytest.mark.slow
@pytest.mark.parametrize(("make", "least"), [(yolox, 6), (motion, 5)])
def test_six_people(test_data_dir: Path, models_dir: Path, make: Callable[[Path], Detector], least: int) -> None:
    detector = make(models_dir / "yolox_nano.onnx")
    found = tracklets_of(test_data_dir / "videos" / "one-by-one-person-detection.mp4", detector)
    assert least <= len({person_of(tracklet) for tracklet in found})
    assert least <= len(found) <= 8
    for tracklet in found:
        assert tracklet.end_s - tracklet.start_s >= 2.0
        assert 6 <= len(tracklet.crops) <= 32
        assert tracklet.quality > 0.5
        assert all(max(crop.image.shape) <= 384 for crop in tracklet.crops)
