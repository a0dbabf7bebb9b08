"""Frames -> tracklets, in an order and with stopping points that depend on the video alone.

At every frame where no track is alive and nobody is seen, the tracks are forgotten; all are closed at the end of a
segment. So going on from such a frame gives exactly what an uninterrupted run gives.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reid_app.tracking.builder import TrackletBuilder
from reid_app.tracklets.parts import TrackSource
from reid_app.tracklets.types import Frame, Tracklet


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
) -> Iterator[Extracted]:
    """Follow everybody through the frames of one camera.

    Args:
        frames: In order; from ``start.segment_first_frame`` on where the source is stateful, else from
            ``start.next_frame`` on.
        source: Fresh; says who is where.
        builder: Fresh, with ``first_ordinal=start.next_ordinal``.
        segment_s: Length after which all tracks are closed, in seconds of video.
        start: Where to begin.
    """
    segment_first_frame, segment_start_s = start.segment_first_frame, start.segment_start_s
    is_warming_up = False
    index = start.next_frame

    def resume_at(next_frame: int) -> ResumePoint:
        return ResumePoint(
            next_frame=next_frame,
            segment_first_frame=segment_first_frame,
            segment_start_s=segment_start_s,
            next_ordinal=builder.next_ordinal,
        )

    for frame in frames:
        index = frame.index
        if index < start.next_frame:
            source.update(frame)
            is_warming_up = True
            continue
        if is_warming_up:
            source.reset_tracks()
            is_warming_up = False
        if segment_start_s is None:
            segment_start_s = frame.pts_s
        if frame.pts_s - segment_start_s >= segment_s:
            closed = tuple(builder.close())
            source.reset()
            segment_first_frame, segment_start_s = index, frame.pts_s
            yield Extracted(frame_index=index, tracklets=closed, resume=resume_at(index))
        tracked = source.update(frame)
        closed = tuple(builder.add(frame, tracked))
        is_empty = builder.is_idle and not tracked
        if is_empty:
            source.reset_tracks()
        yield Extracted(frame_index=index, tracklets=closed, resume=resume_at(index + 1) if is_empty else None)
    yield Extracted(frame_index=index, tracklets=tuple(builder.close()), resume=resume_at(index + 1))
