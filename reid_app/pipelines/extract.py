"""Frames -> tracklets, in an order and with stopping points that depend on the video alone.

At every frame where no track is alive and nobody is seen, the tracks are forgotten; all are closed at the end of a
segment. So going on from such a frame gives exactly what an uninterrupted run gives.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reid_app.tracking.builder import TrackletBuilder
from reid_app.tracklets.ahead import prepared_ahead
from reid_app.tracklets.parts import TrackSource
from reid_app.tracklets.types import Detection, Frame, Tracklet


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """A frame before which no track was alive."""

    next_frame: int = 0
    """The first frame that was not looked at yet."""
    segment_first_frame: int = 0
    """Where the current segment began: a stateful source has to see the frames from here."""
    segment_start_s: float | None = None
    """Time of that frame in seconds; None before the first frame."""
    next_ordinal: int = 0
    """Ordinal of the next tracklet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What one frame brought."""

    frame_index: int
    tracklets: tuple[Tracklet, ...]
    """Those that closed at this frame."""
    resume: ResumePoint | None
    """Set where the work can go on from, once these tracklets are stored."""


def extract_tracklets(
    frames: Iterable[Frame],
    *,
    source: TrackSource,
    builder: TrackletBuilder,
    segment_s: float,
    start: ResumePoint,
    threads: int,
) -> Iterator[Extracted]:
    """Follow everybody through the frames of one camera.

    Args:
        frames: In order; from ``start.segment_first_frame`` on where the source is stateful, else from
            ``start.next_frame`` on.
        source: Fresh; says who is where.
        builder: Fresh, with ``first_ordinal=start.next_ordinal``.
        segment_s: Length after which all tracks are closed, in seconds of video.
        start: Where to begin.
        threads: Frames that are looked at at the same time; a stateful source looks at one. Changes nothing but speed.
    """

    def look(placed: _Placed) -> tuple[_Placed, list[Detection]]:
        if placed.frame.index == placed.segment_first_frame:
            source.reset_background()
        return placed, source.look(placed.frame)

    placed_frames = _in_segments(frames, segment_s=segment_s, start=start)
    resume = start
    for placed, detections in prepared_ahead(placed_frames, look, threads=1 if source.is_stateful else threads):
        frame = placed.frame
        if frame.index < start.next_frame:
            continue
        resume = replace(
            resume,
            next_frame=frame.index,
            segment_first_frame=placed.segment_first_frame,
            segment_start_s=placed.segment_start_s,
        )
        if frame.index == placed.segment_first_frame:
            closed = tuple(builder.close())
            source.reset_tracks()
            resume = replace(resume, next_ordinal=builder.next_ordinal)
            yield Extracted(frame_index=frame.index, tracklets=closed, resume=resume)
        tracked = source.follow(frame, detections)
        closed = tuple(builder.add(frame, tracked))
        resume = replace(resume, next_frame=frame.index + 1, next_ordinal=builder.next_ordinal)
        is_empty = builder.is_idle and not tracked
        if is_empty:
            source.reset_tracks()
        yield Extracted(frame_index=frame.index, tracklets=closed, resume=resume if is_empty else None)
    closed = tuple(builder.close())
    resume = replace(resume, next_ordinal=builder.next_ordinal)
    yield Extracted(frame_index=max(0, resume.next_frame - 1), tracklets=closed, resume=resume)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A frame and the segment that it lies in."""

    frame: Frame
    segment_first_frame: int
    segment_start_s: float


def _in_segments(frames: Iterable[Frame], *, segment_s: float, start: ResumePoint) -> Iterator[_Placed]:
    first_frame, start_s = start.segment_first_frame, start.segment_start_s
    for frame in frames:
        if start_s is None or frame.pts_s - start_s >= segment_s:
            first_frame, start_s = frame.index, frame.pts_s
        yield _Placed(frame=frame, segment_first_frame=first_frame, segment_start_s=start_s)
