"""People found by what changed in front of a fixed camera; needs no weights."""

import json
from enum import Enum, auto
from typing import NamedTuple

import cv2
import numpy as np

from reid_app.tracking.boxes import area, intersection_areas
from reid_app.tracking.config import DetectionConfig
from reid_app.tracking.detectors.background import Background, Mask, Small, strongest
from reid_app.tracking.detectors.blobs import Blob, find_blobs
from reid_app.tracking.detectors.outline import Gradients, Outline
from reid_app.tracklets.types import Detection, Image

_VERSION = 1
"""To be raised whenever the same settings come to mean other detections."""

_LONG_SIDE_PX = 384
"""People are looked for in a picture shrunk to this; all pixels below are pixels of that."""

_WARM_UP = 10
"""Pictures whose median is the first background; nothing is found in them."""
_LEARNING_RATE = 0.02
"""Of the background where nobody is: it remembers about 50 pictures, ten seconds."""
_MARGIN = 4
"""Pixels around blobs that are not learned: the soft edge of people."""

_MOTION = 12.0
"""Grey levels between successive pictures that count as motion."""
_MOTION_REACH = 9
"""Pixels around a motion that it keeps alive."""
_STILL_AFTER = 50
"""Pictures without any motion after which even an upright thing is furniture: nobody stands that still for 10 s."""
_BORN_STILL, _SETTLED = 5, 3
"""A thing that moved in fewer pictures than this since it appeared, and not in the last few, was put down."""
_SAME = 0.3
"""Boxes of one person in successive pictures overlap by this much; who moved often enough before may freeze."""
_SHAPELESS_AFTER = 50
"""Pictures after which what is not shaped like a person joins the background."""
_STANDING_AFTER = 1500
"""Pictures after which anything joins the background: five minutes."""

_LEAST_HEIGHT = 0.12
"""Share of the picture's height below which people are not told from moved cups and chairs."""
_SOFT = 0.12
"""Outlines softer than this are those of shadows and light."""
_GHOSTLY, _OWN, _BORROWED = 0.25, 0.5, 1.1
"""Most ownership of an outline that a ghost has; least and most that a person has. Beyond, the picture only has the
background's own edges in another light."""

_FLOODED = 0.6
"""Share of foreground from which there is no telling what is in the picture."""
_FLOODED_FOR = 5
"""Flooded pictures in a row after which the scene itself has changed and is learned anew."""


class _Known(NamedTuple):
    """Somebody in the picture before."""

    box: tuple[int, int, int, int]
    num_moved: int


class _Kind(Enum):
    PERSON = auto()
    SOMETHING = auto()
    LIGHT = auto()
    BACKGROUND = auto()


class MotionDetector:
    """Detector for fixed cameras by background subtraction; implements `reid_app.tracklets.parts.Detector`.

    It is meant to be given about five pictures a second. Somebody who stands still stays in the foreground while moving
    a little from time to time. What never moves, what is not shaped like a person, and what was left behind by somebody
    who stood there from the start is taken into the background. Groups that overlap in the picture are not told apart.

    Args:
        config: `min_height_px` counts; the rest is for networks.
    """

    def __init__(self, config: DetectionConfig) -> None:
        self._config = config
        self._shape: tuple[int, ...] = ()
        self._first: list[Small] = []
        self._scene: _Scene | None = None

    @property
    def fingerprint(self) -> str:
        """Parameters, and OpenCV's version: its filters shape every detection, and small differences add up."""
        parameters = {
            "kind": "motion",
            "version": _VERSION,
            "opencv": ".".join(cv2.__version__.split(".")[:2]),
            "min_height_px": self._config.min_height_px,
        }
        return json.dumps(parameters, sort_keys=True)

    @property
    def is_stateful(self) -> bool:
        """What is found depends on the background, and so on the pictures before."""
        return True

    def reset(self) -> None:
        """Forget the background."""
        self._first = []
        self._scene = None

    def detect(self, image: Image) -> list[Detection]:
        """People in an RGB uint8 ``(H, W, 3)`` picture, most confident first; none in the first pictures."""
        if image.shape != self._shape:
            self.reset()
            self._shape = image.shape
        scale = min(1.0, _LONG_SIDE_PX / max(image.shape[:2]))
        small = _shrink(image, scale=scale)
        if self._scene is None:
            self._first.append(small)
            if len(self._first) == _WARM_UP:
                self._scene = _Scene(self._first)
                self._first = []
            return []
        people = self._scene.look(small, min_height=max(self._config.min_height_px * scale, _LEAST_HEIGHT * len(small)))
        if self._scene.is_lost:
            self.reset()
        found = [_to_detection(blob, outline, image=image, scale=scale) for blob, outline in people]
        return sorted(found, key=lambda detection: -detection.confidence)


class _Scene:
    """Background, and for how long each pixel has been foreground and without motion."""

    def __init__(self, first: list[Small]) -> None:
        self._background = Background(first, learning_rate=_LEARNING_RATE)
        self._before = first[-1]
        self._age = np.zeros(first[-1].shape[:2], np.int32)
        self._quiet = np.zeros(first[-1].shape[:2], np.int32)
        self._num_flooded = 0
        self._people: list[_Known] = []

    @property
    def is_lost(self) -> bool:
        """Whether the background has to be learned anew."""
        return self._num_flooded >= _FLOODED_FOR

    def look(self, small: Small, *, min_height: float) -> list[tuple[Blob, Outline]]:
        """People in the next picture; then learn from it."""
        exposed = self._background.expose(small)
        self._watch_motion(exposed)
        foreground = self._background.foreground(exposed)
        self._age = np.where(foreground, self._age + 1, 0)
        if foreground.mean() > _FLOODED:
            self._num_flooded += 1
            self._people = []
            return []
        self._num_flooded = 0
        gradients = Gradients(exposed, self._background.colour)
        people, occupied = [], np.zeros(foreground.shape, bool)
        for blob in find_blobs(foreground, min_height=min_height):
            outline = gradients.outline(blob.mask)
            match self._kind(blob, outline):
                case _Kind.BACKGROUND:
                    self._background.absorb(exposed, where=_grown(blob.mask))
                case _Kind.PERSON:
                    people.append((blob, outline))
                    occupied |= blob.mask
                case _Kind.SOMETHING:
                    occupied |= blob.mask
                case _Kind.LIGHT:
                    pass
        self._background.learn(exposed, where=~_grown(occupied))
        self._people = [_Known(blob.box, self._num_moved(blob)) for blob, _ in people]
        return people

    def _watch_motion(self, exposed: Small) -> None:
        moved = (strongest(cv2.absdiff(exposed, self._before)) > _MOTION).astype(np.uint8)
        moved = cv2.dilate(cv2.medianBlur(moved, 3), np.ones((2 * _MOTION_REACH + 1,) * 2, np.uint8))
        self._quiet = np.where(moved > 0, 0, self._quiet + 1)
        self._before = exposed

    def _num_moved(self, blob: Blob) -> int:
        """Pictures in which the person whom a blob continues moved, this one included."""
        before = [known.num_moved for known in self._people if _overlap(blob.box, known.box) >= _SAME]
        return max(before, default=0) + int(self._quiet[blob.mask].min() == 0)

    def _kind(self, blob: Blob, outline: Outline) -> _Kind:
        age = float(np.median(self._age[blob.mask]))
        is_person = blob.is_like_person and outline.sharpness >= _SOFT and _OWN <= outline.ownership <= _BORROWED
        quiet = self._quiet[blob.mask]
        settled = float(np.median(quiet))
        if settled >= _SETTLED and age - settled < _BORN_STILL:
            is_person = is_person and self._num_moved(blob) >= _BORN_STILL
        if quiet.min() >= _STILL_AFTER or age >= _STANDING_AFTER or (age >= _SHAPELESS_AFTER and not is_person):
            return _Kind.BACKGROUND
        if is_person:
            return _Kind.PERSON
        if outline.sharpness < _SOFT or outline.ownership > _BORROWED:
            return _Kind.LIGHT
        return _Kind.BACKGROUND if outline.ownership <= _GHOSTLY else _Kind.SOMETHING


def _overlap(first: tuple[int, int, int, int], second: tuple[int, int, int, int]) -> float:
    """Intersection over union of two boxes, in [0, 1]."""
    shared = float(intersection_areas(first, np.asarray([second]))[0])
    return shared / (area(first) + area(second) - shared)


def _shrink(image: Image, *, scale: float) -> Small:
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small.astype(np.float32), (3, 3), 0), np.float32)


def _grown(mask: Mask) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * _MARGIN + 1,) * 2, np.uint8)), np.bool_)


def _to_detection(blob: Blob, outline: Outline, *, image: Image, scale: float) -> Detection:
    """Box in pixels of the frame; confidence from 0.5 on, by how much of the outline is the person's own."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (side / scale for side in blob.box)
    share = (min(1.0, outline.ownership) - _OWN) / (1.0 - _OWN)
    return Detection(box_xyxy=(x1, y1, min(x2, width), min(y2, height)), confidence=0.5 + 0.5 * share)
