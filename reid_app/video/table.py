"""The table of frames: what demuxing alone says about every frame's number and time.

Letters: P packets in file order, N frames in presentation order.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import LimitError, VideoError
from reid_app.video.config import VideoConfig

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer
    from av.video.stream import VideoStream

_MAX_READ_FAILURES = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameTable:
    """Numbers and times of all frames of a file."""

    pts_s: NDArray[np.float64]
    """Presentation times ``(N,)`` in seconds, sorted."""
    index_of_packet: NDArray[np.int64]
    """Number of the frame in each packet ``(P,)``; -1 for a packet that is decoded but not shown."""
    stamps: NDArray[np.int64]
    """Time stamp of each packet ``(P,)`` in the stream's time base, to recognise it when it is read again."""
    key_packets: NDArray[np.int64]
    """Positions of the packets that decoding can start from."""
    num_declared: int
    """Frames that the file's header promises, 0 where it promises none."""
    last_duration_s: float
    """How long the last frame is shown, in seconds; 0 where the file does not say."""
    is_numbered_by_output: bool
    """The stamps are in decoding order though frames are reordered (AVI): only counting the decoder's output helps."""
    is_clean: bool
    """Every packet is whole, shown, and has a time of its own."""

    @property
    def num_frames(self) -> int:
        """N."""
        return len(self.pts_s)

    @property
    def num_expected(self) -> int:
        """N and the frames that the header promises beyond the packets that are there."""
        return self.num_frames + max(0, self.num_declared - len(self.stamps))


def read_packets(
    container: "InputContainer", stream: "VideoStream", *, problems: list[str]
) -> "Iterator[Packet[VideoStream]]":
    """Packets with content in file order; damage on the way is skipped where the container allows it.

    Args:
        container: An open file.
        stream: Whose packets.
        problems: Gets one more line when reading had to stop before the end.
    """
    import av

    failures = 0
    while failures < _MAX_READ_FAILURES:
        try:
            for packet in container.demux(stream):
                if packet.size:
                    failures = 0
                    yield packet
            return
        except av.FFmpegError as error:  # also "out of memory", which a damaged size of a packet causes
            failures += 1
            reason = error.strerror
        except IndexError:  # PyAV, at a packet of a stream that a damaged transport stream grew meanwhile
            failures += 1
            reason = "it speaks of a stream that it does not have"
    problems.append(f"reading stopped before the end of the file: {reason}")


def build_table(
    container: "InputContainer",
    stream: "VideoStream",
    *,
    config: VideoConfig,
    problems: list[str],
    progress: Callable[[], None],
) -> FrameTable:
    """Number the frames of a stream by reading all of its packets; nothing is decoded.

    Args:
        container: A file that nothing was read from yet.
        stream: Whose frames.
        config: Limits on frames and duration.
        problems: Gets a line for each thing that is wrong.
        progress: Called for every packet.

    Raises:
        VideoError: No frame lies in the file.
        LimitError: There are more frames, or more seconds, than allowed.
    """
    is_avi = container.format.name == "avi"
    collector = _Collector(has_hidden_frames=stream.codec_context.name == "vp8", is_avi=is_avi)
    for packet in read_packets(container, stream, problems=problems):
        progress()
        collector.add(packet)
        if len(collector.stamps) > config.max_frames:
            raise LimitError(f"more than {config.max_frames} frames, the limit max_frames")
    is_reordered = is_avi and stream.codec_context.has_b_frames and not collector.has_own_order
    table = collector.finish(
        tick_s=float(stream.time_base or 0), num_declared=stream.frames, is_numbered_by_output=is_reordered
    )
    problems.extend(collector.problems(table))
    duration_s = float(table.pts_s[-1] - table.pts_s[0]) if table.num_frames else 0.0
    if table.num_frames == 0:
        raise VideoError("no frame lies in the file: it is truncated or holds no picture")
    if duration_s > config.max_duration_s:
        raise LimitError(f"{duration_s:.0f} s long, the limit max_duration_s is {config.max_duration_s:g} s")
    return table


class _Collector:
    """Gathers what a table needs, 17 bytes a packet."""

    def __init__(self, *, has_hidden_frames: bool, is_avi: bool) -> None:
        self.stamps = array("q")
        self.has_own_order = False
        self._is_avi = is_avi
        self._avi_times = array("q")
        self._last_stamp: int | None = None
        self._has_hidden_frames = has_hidden_frames
        self._is_shown = bytearray()
        self._keys = array("q")
        self._num_corrupt = 0
        self._num_timeless = 0
        self._num_guessed = 0
        self._last_duration = 0

    def add(self, packet: "Packet[VideoStream]") -> None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        hidden = packet.is_discard or (self._has_hidden_frames and not _vp8_is_shown(packet))
        if packet.is_keyframe:
            self._keys.append(len(self.stamps))
        self._num_corrupt += packet.is_corrupt
        self._num_timeless += stamp is None and not hidden
        self._num_guessed += packet.pts is None
        if stamp is not None:
            self.has_own_order |= self._last_stamp is not None and stamp < self._last_stamp
            self._last_stamp = stamp
        self.stamps.append(0 if stamp is None else stamp)
        if self._is_avi:
            self._avi_times.append(packet.dts if packet.dts is not None else stamp or 0)
        self._is_shown.append(stamp is not None and not hidden)
        self._last_duration = packet.duration or self._last_duration

    def finish(self, *, tick_s: float, num_declared: int, is_numbered_by_output: bool) -> FrameTable:
        stamps = np.array(self.stamps, np.int64)
        shown = np.flatnonzero(np.frombuffer(self._is_shown, np.uint8))
        in_order = shown[np.argsort(stamps[shown], kind="stable")]
        index_of_packet = np.full(len(stamps), -1, np.int64)
        index_of_packet[in_order] = np.arange(len(in_order))
        # AVI stores only when each frame is due; FFmpeg adds a decoding delay of its own to that.
        times = np.sort(np.array(self._avi_times, np.int64)[shown]) if self._is_avi else stamps[in_order]
        pts_s = np.multiply(times, tick_s, dtype=np.float64)
        is_whole = not self._num_corrupt and not self._num_guessed and len(shown) == len(stamps)
        return FrameTable(
            pts_s=pts_s,
            index_of_packet=index_of_packet,
            stamps=stamps,
            key_packets=np.array(self._keys, np.int64),
            num_declared=num_declared,
            last_duration_s=self._last_duration * tick_s,
            is_numbered_by_output=is_numbered_by_output,
            is_clean=is_whole and bool(np.all(np.diff(pts_s) > 0)) and num_declared in (0, len(stamps)),
        )

    def problems(self, table: FrameTable) -> Iterator[str]:
        if table.num_declared > len(self.stamps):
            yield (
                f"the file promises {table.num_declared} frames but only {len(self.stamps)} lie in it: it is truncated"
            )
        if self._num_corrupt:
            yield f"{self._num_corrupt} packets are cut short or damaged"
        if self._num_timeless:
            yield f"{self._num_timeless} packets without a time are left out"
        if np.any(np.diff(table.pts_s) == 0):
            yield "some frames share one presentation time"


def _vp8_is_shown(packet: "Packet[VideoStream]") -> bool:
    """Whether a VP8 packet is a picture of its own and no hidden reference (RFC 6386, section 9.1)."""
    return bool(memoryview(packet)[0] & 0x10)
