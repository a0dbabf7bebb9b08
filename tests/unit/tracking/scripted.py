"""Frames and walkers whose truth is known."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from reid_app.tracklets.parts import TrackedDetection
from reid_app.tracklets.types import Box, Detection, Frame, Image

FPS = 5.0
BLANK = np.full((240, 320, 3), 128, np.uint8)


def frame(index: int, image: Image = BLANK, *, fps: float = FPS) -> Frame:
    return Frame(index=index, pts_s=index / fps, image=image)


def person(x: float, y: float = 100.0, *, height: float = 80.0, confidence: float = 0.9) -> Detection:
    """A box centred on x, y and 0.4 as wide as high."""
    width = 0.4 * height
    return Detection(box_xyxy=(x - width / 2, y - height / 2, x + width / 2, y + height / 2), confidence=confidence)


def tracked(track_id: int, x: float, y: float = 100.0, *, height: float = 80.0) -> TrackedDetection:
    return TrackedDetection(track_id, person(x, y, height=height))


class ScriptedDetector:
    """Finds, picture after picture, what its script says."""

    fingerprint = '{"kind": "scripted"}'
    is_stateful = False

    def __init__(self, script: Iterable[Sequence[Detection]]) -> None:
        self._script: Iterator[Sequence[Detection]] = iter(script)
        self.num_resets = 0

    def detect(self, image: Image) -> list[Detection]:
        return list(next(self._script))

    def reset(self) -> None:
        self.num_resets += 1


def centre(box: Box) -> float:
    return (box[0] + box[2]) / 2
