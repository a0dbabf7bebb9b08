"""Tracks made elsewhere, in the text format of the MOT challenge.

A line is ``frame,id,x,y,w,h[,confidence[,class,visibility]]``: frames count from 1, x and y are the left top corner of
the box in pixels. Further columns (world coordinates) are allowed and ignored, and so is the class: give only people.
Blank lines and lines that start with ``#`` are skipped. Format: https://motchallenge.net/instructions.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reid_app.errors import InputError, LimitError
from reid_app.tracklets.parts import TrackedDetection
from reid_app.tracklets.types import Detection, Frame

_MIN_COLUMNS, _MAX_COLUMNS = 6, 10
_COLUMNS = ("frame", "id", "x", "y", "w", "h", "confidence", "class", "visibility", "tenth column")
_LARGEST_FRAME = 2**31
_LARGEST_ID = 2**63
_LARGEST_PX = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class MotTracks:
    """What a file of tracks says."""

    name: str
    """Of the file, for messages."""
    sha256: str
    """Of the file's bytes."""
    by_frame: Mapping[int, tuple[TrackedDetection, ...]]
    """Who is where, by 0-based frame index, each frame in the order of the file."""

    @property
    def num_tracks(self) -> int:
        """Different ids."""
        return len({tracked.track_id for frame in self.by_frame.values() for tracked in frame})

    @property
    def last_frame_index(self) -> int:
        """0-based; -1 for a file without tracks."""
        return max(self.by_frame, default=-1)


def read_mot_file(path: Path, *, max_bytes: int = 256 * 2**20) -> MotTracks:
    """Read a whole file of tracks, strictly.

    Confidence is clipped to [0, 1], and 1 where it is missing or -1, which stands for unknown.

    Args:
        path: The text file, UTF-8, lines in any order.
        max_bytes: Larger files are refused.

    Raises:
        LimitError: The file is larger than allowed.
        InputError: The file cannot be read, or one of its lines is bad; the message names file, line and value.
    """
    content = _read_bytes(path, max_bytes=max_bytes)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not a text file (byte {error.start} is not UTF-8): give tracks as lines of "
            "frame,id,x,y,w,h,confidence"
        ) from error
    by_frame: dict[int, dict[int, TrackedDetection]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        where = f"{path.name}, line {number}"
        frame_index, tracked = _parse(stripped, where=where)
        people = by_frame.setdefault(frame_index, {})
        if tracked.track_id in people:
            raise InputError(
                f"{where}: frame {frame_index + 1} has id {tracked.track_id} twice: an id is one person, "
                "who is in a frame once"
            )
        people[tracked.track_id] = tracked
    return MotTracks(
        name=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        by_frame={frame_index: tuple(people.values()) for frame_index, people in by_frame.items()},
    )


class TracksFromFile:
    """Says who is where as a file does; implements `reid_app.tracklets.parts.TrackSource`.

    Args:
        tracks: Of the video whose frames will be given.
    """

    def __init__(self, tracks: MotTracks) -> None:
        self._tracks = tracks

    @property
    def fingerprint(self) -> str:
        """Checksum of the file's bytes."""
        return json.dumps({"kind": "mot", "sha256": self._tracks.sha256}, sort_keys=True)

    @property
    def is_stateful(self) -> bool:
        """Every frame is looked up on its own."""
        return False

    @property
    def is_idle(self) -> bool:
        """Nothing is carried from frame to frame."""
        return True

    def look(self, frame: Frame) -> list[Detection]:
        """People of a frame, in the order of the file."""
        return [tracked.detection for tracked in self._tracks.by_frame.get(frame.index, ())]

    def follow(self, frame: Frame, detections: Sequence[Detection]) -> list[TrackedDetection]:
        """Tracked people of a frame, in the order of the file."""
        return list(self._tracks.by_frame.get(frame.index, ()))

    def reset_background(self) -> None:
        """Nothing to forget."""

    def reset_tracks(self) -> None:
        """Nothing to forget."""


def _read_bytes(path: Path, *, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise InputError(f"cannot read the tracks {path}: {error.strerror}") from error
    if len(content) > max_bytes:
        raise LimitError(
            f"{path.name} is larger than {max_bytes} bytes, the limit for a file of tracks: split the video"
        )
    return content


def _parse(line: str, *, where: str) -> tuple[int, TrackedDetection]:
    values = [value.strip() for value in line.split(",")]
    if not _MIN_COLUMNS <= len(values) <= _MAX_COLUMNS:
        raise InputError(
            f"{where}: {line[:80]!r} has {len(values)} values, expected {_MIN_COLUMNS} to {_MAX_COLUMNS}: "
            "frame,id,x,y,w,h,confidence,class,visibility"
        )
    numbers = [_number(value, column=_COLUMNS[place], where=where) for place, value in enumerate(values)]
    frame_number = _whole(values[0], column="frame", least=1, most=_LARGEST_FRAME, where=where)
    track_id = _whole(values[1], column="id", least=-_LARGEST_ID, most=_LARGEST_ID - 1, where=where)
    x, y, w, h = numbers[2:6]
    for column, value in zip(_COLUMNS[2:6], (x, y, w, h), strict=True):
        if abs(value) > _LARGEST_PX or (column in ("w", "h") and value <= 0.0):
            raise InputError(
                f"{where}: {column} is {value:g}, expected pixels{' above 0' if column in ('w', 'h') else ''}"
            )
    box = (x, y, x + w, y + h)
    if box[0] >= box[2] or box[1] >= box[3]:
        raise InputError(f"{where}: the box {w:g} by {h:g} at {x:g}, {y:g} is too small to have an area")
    given = numbers[6] if len(numbers) > 6 else -1.0
    confidence = 1.0 if given == -1.0 else min(1.0, max(0.0, given))
    return frame_number - 1, TrackedDetection(track_id, Detection(box_xyxy=box, confidence=confidence))


def _number(value: str, *, column: str, where: str) -> float:
    try:
        number = math.nan if "_" in value else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where}: {column} is {value[:40]!r}, expected a number")
    return number


def _whole(value: str, *, column: str, least: int, most: int, where: str) -> int:
    try:
        number = int(value)
    except ValueError:
        as_float = float(value)
        if not as_float.is_integer():
            raise InputError(f"{where}: {column} is {value[:40]!r}, expected a whole number") from None
        number = int(as_float)
    if not least <= number <= most:
        raise InputError(f"{where}: {column} is {value[:40]}, expected {least} to {most}")
    return number
