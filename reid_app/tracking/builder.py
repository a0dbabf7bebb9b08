"""From tracks to tracklets: when a track is closed or cut, what is dropped and why, which crops stay."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

import numpy as np

from reid_app.tracking.boxes import clip_box
from reid_app.tracking.config import BuilderConfig
from reid_app.tracking.crops import CropKeeper
from reid_app.tracking.quality import crop_quality
from reid_app.tracklets.parts import TrackedDetection
from reid_app.tracklets.types import Box, Crop, Frame, Tracklet

_JUMP_WIDTHS = 0.5
_JUMP_HEIGHTS_PER_S = 1.5
"""Nobody moves further between two observations than 2.5 metres a second and half a box width, for boxes tremble."""

_JUMP_RATIO = 2.0
_JUMP_RATIO_PER_S = 1.0
"""Nobody's box grows or shrinks by more than this factor between two observations, plus so much for each second."""

_REMNANT = 0.7
"""At the border of the frame, boxes lower than this share of the track's median height show a part of a person only."""


class Drop(StrEnum):
    """Why something did not become a tracklet."""

    TOO_SHORT = "tracklet shorter than the minimum duration"
    TOO_FEW = "tracklet with too few observations"
    TOO_SMALL = "tracklet of a person too small in the picture"
    OUTSIDE = "box outside of the frame"


class TrackletBuilder:
    """Builds the tracklets of one camera, frame by frame.

    A track is closed when it is unseen for longer than the maximum gap, and cut where it gets longer than the maximum
    duration or where its box jumps as no person does (two people swapped). What is left is dropped when it is too
    short or too small. Memory is bounded for each open track: crops by their number and size, the rest by the maximum
    duration.

    Args:
        config: Limits and sizes.
        camera_id: Of all frames.
        tracklet_id: Gives a tracklet's id from its ordinal.
        first_ordinal: Of the first tracklet that will be built; larger when an interrupted run goes on.
    """

    def __init__(
        self, config: BuilderConfig, *, camera_id: str, tracklet_id: Callable[[int], str], first_ordinal: int = 0
    ) -> None:
        self._config = config
        self._camera_id = camera_id
        self._tracklet_id = tracklet_id
        self._next_ordinal = first_ordinal
        self._open: dict[int, _OpenTrack] = {}
        self._dropped: Counter[str] = Counter()
        self._last_frame_index = -1

    @property
    def is_idle(self) -> bool:
        """Whether no track is open: a point from which an interrupted run can go on."""
        return not self._open

    @property
    def next_ordinal(self) -> int:
        """Ordinal of the next tracklet."""
        return self._next_ordinal

    @property
    def dropped(self) -> Mapping[str, int]:
        """How often something was dropped, by the reason's text (`Drop`)."""
        return dict(self._dropped)

    def add(self, frame: Frame, tracked: Sequence[TrackedDetection]) -> list[Tracklet]:
        """Take the next frame that was looked at, with or without people.

        Args:
            frame: Later than all before.
            tracked: Whoever is in it, in any order, each track once.

        Returns:
            Tracklets that closed, ordered by their first frame and then by track.

        Raises:
            ValueError: The frame is not later than the one before, or a track comes twice.
        """
        if frame.index <= self._last_frame_index:
            raise ValueError(f"frames must come in order, got frame {frame.index} after {self._last_frame_index}")
        if len({track.track_id for track in tracked}) != len(tracked):
            raise ValueError(f"frame {frame.index} names a track twice: {sorted(track.track_id for track in tracked)}")
        self._last_frame_index = frame.index
        closed = self._take_unseen(frame.pts_s)
        for track_id, detection in sorted(tracked, key=lambda track: track.track_id):
            box = detection.box_xyxy
            if not _is_inside(box, frame):
                self._dropped[Drop.OUTSIDE] += 1
                continue
            track = self._open.get(track_id)
            if track is not None and self._must_cut(track, pts_s=frame.pts_s, box=box):
                closed.append(self._open.pop(track_id))
                track = None
            if track is None:
                track = self._open[track_id] = _OpenTrack(track_id, self._config)
            others = [other.detection.box_xyxy for other in tracked if other.track_id != track_id]
            track.observe(frame, box=box, others=others)
        return self._finish(closed)

    def close(self) -> list[Tracklet]:
        """End of the video or of a segment: all open tracks close.

        Returns:
            Their tracklets, ordered by their first frame and then by track.
        """
        closed = list(self._open.values())
        self._open.clear()
        return self._finish(closed)

    def _take_unseen(self, pts_s: float) -> "list[_OpenTrack]":
        unseen = [track for track in self._open.values() if pts_s - track.pts_s[-1] > self._config.max_gap_s]
        return [self._open.pop(track.track_id) for track in unseen]

    def _must_cut(self, track: "_OpenTrack", *, pts_s: float, box: Box) -> bool:
        is_long = pts_s - track.pts_s[0] > self._config.max_duration_s
        return is_long or is_jump(track.boxes[-1], box, elapsed_s=pts_s - track.pts_s[-1])

    def _finish(self, closed: "Iterable[_OpenTrack]") -> list[Tracklet]:
        tracklets = []
        for track in sorted(closed, key=lambda track: (track.frame_indices[0], track.track_id)):
            reason = self._reason_to_drop(track)
            if reason is not None:
                self._dropped[reason] += 1
                continue
            tracklets.append(track.to_tracklet(self._tracklet_id(self._next_ordinal), camera_id=self._camera_id))
            self._next_ordinal += 1
        return tracklets

    def _reason_to_drop(self, track: "_OpenTrack") -> Drop | None:
        if len(track.pts_s) < self._config.min_observations:
            return Drop.TOO_FEW
        if track.pts_s[-1] - track.pts_s[0] < self._config.min_duration_s:
            return Drop.TOO_SHORT
        if float(np.median(track.heights_px)) < self._config.min_height_px:
            return Drop.TOO_SMALL
        return None


class _OpenTrack:
    """What is known of a track so far."""

    def __init__(self, track_id: int, config: BuilderConfig) -> None:
        self.track_id = track_id
        self.frame_indices: list[int] = []
        self.pts_s: list[float] = []
        self.boxes: list[Box] = []
        self.heights_px: list[float] = []
        self._keeper = CropKeeper(limit=config.crops_per_tracklet, max_long_side_px=config.max_long_side_px)

    def observe(self, frame: Frame, *, box: Box, others: list[Box]) -> None:
        quality = crop_quality(frame.image, box=box, others=others)
        self.frame_indices.append(frame.index)
        self.pts_s.append(frame.pts_s)
        self.boxes.append(box)
        self.heights_px.append(quality.height_px)
        self._keeper.offer(frame, box=box, quality=quality)

    def to_tracklet(self, tracklet_id: str, *, camera_id: str) -> Tracklet:
        return Tracklet(
            tracklet_id=tracklet_id,
            camera_id=camera_id,
            frame_indices=np.asarray(self.frame_indices, np.int64),
            pts_s=np.asarray(self.pts_s, np.float64),
            boxes_xyxy=np.asarray(self.boxes, np.float32),
            crops=self._without_remnants(self._keeper.crops()),
        )

    def _without_remnants(self, crops: tuple[Crop, ...]) -> tuple[Crop, ...]:
        """Crops without those where all but a leg or a head had left the frame, unless there are no others."""
        least = _REMNANT * float(np.median(self.heights_px))
        whole = tuple(crop for crop in crops if crop.quality.visible == 1.0 or crop.quality.height_px >= least)
        return whole or crops


def is_jump(before: Box, after: Box, *, elapsed_s: float) -> bool:
    """Whether one person cannot have caused both boxes: too far apart, or too different in height.

    Args:
        before: Earlier box.
        after: Later box.
        elapsed_s: Seconds between them, not negative.
    """
    heights = before[3] - before[1], after[3] - after[1]
    width = max(before[2] - before[0], after[2] - after[0])
    moved = (
        float(np.hypot(before[0] + before[2] - after[0] - after[2], before[1] + before[3] - after[1] - after[3])) / 2
    )
    is_far = moved > _JUMP_WIDTHS * width + _JUMP_HEIGHTS_PER_S * elapsed_s * max(heights)
    return is_far or max(heights) > (_JUMP_RATIO + _JUMP_RATIO_PER_S * elapsed_s) * min(heights)


def _is_inside(box: Box, frame: Frame) -> bool:
    height, width = frame.image.shape[:2]
    x1, y1, x2, y2 = clip_box(box, width=width, height=height)
    return x1 < x2 and y1 < y2
