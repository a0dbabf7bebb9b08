"""Checking and decoding with PyAV."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from reid_app.errors import VideoError
from reid_app.tracklets.types import Image
from reid_app.video.config import VideoConfig
from reid_app.video.info import VideoInfo
from reid_app.video.pyav_open import check_pixels, find_landing, opened, prepare_decoder, seek_before
from reid_app.video.source import Decoded
from reid_app.video.table import build_table, read_packets

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.reformatter import VideoReformatter
    from av.video.stream import VideoStream

_MAX_PROBED_PACKETS = 256


class PyavSource:
    """One checked file with the table of its frames."""

    def __init__(self, path: str, *, container: str, config: VideoConfig, progress: Callable[[], None]) -> None:
        self.problems: list[str] = []
        self._path = path
        self._container = container
        self._config = config
        self._progress = progress
        with opened(path, container=container, config=config) as (file, stream):
            codec, fps = stream.codec_context.codec.canonical_name, stream.average_rate
            self.table = build_table(file, stream, config=config, problems=self.problems, progress=progress)
        first = self._first_frame(codec)
        self._coded_size = (first.width, first.height)
        self.info = self._describe(codec=codec, fps=fps, rotation_deg=-first.rotation % 360)

    @property
    def num_expected(self) -> int:
        """Frames that ought to be there: those in the file and those that it promises and lacks."""
        return self.table.num_expected

    def frames(self, *, first_frame: int, stride: int) -> Iterator[Decoded]:
        """Frames from ``first_frame`` on whose number is a multiple of ``stride``, in order.

        A frame's number travels through the decoder in place of its time, so a frame that is lost moves no other.
        Frames that nobody asked for and no other frame needs are not decoded.
        """
        import av
        from av.video.reformatter import VideoReformatter

        reformatter = VideoReformatter()
        last = first_frame - 1
        num_scaled = num_damaged = num_unusable = 0
        for index, frame in self._decoded(first_frame=first_frame, stride=stride):
            if index <= last or index % stride or index >= self.table.num_frames:
                continue
            last = index
            try:
                image = self._upright(frame, reformatter)
            except av.FFmpegError:
                num_unusable += 1
                continue
            num_scaled += (frame.width, frame.height) != self._coded_size
            num_damaged += frame.is_corrupt
            yield Decoded(index=index, pts_s=float(self.table.pts_s[index]), image=image)
        self._count(num_scaled, "of another size, scaled to that of the first")
        self._count(num_damaged, "damaged, shown as far as they could be decoded")
        self._count(num_unusable, "whose pictures could not be turned into RGB")

    def _count(self, num_frames: int, what: str) -> None:
        if num_frames:
            self.problems.append(f"frames {what}: {num_frames}")

    def _decoded(self, *, first_frame: int, stride: int) -> "Iterator[tuple[int, VideoFrame]]":
        """Everything that comes out of the decoder, with its number."""
        counts = self.table.is_numbered_by_output
        failures = _Failures(self.problems)
        num_out = 0
        landing = self._landing(first_frame)
        with opened(self._path, container=self._container, config=self._config) as (file, stream):
            context = prepare_decoder(stream, config=self._config)
            for index, packet in self._numbered_packets(file, stream, landing=landing):
                is_wanted = counts or index < 0 or (index >= first_frame and index % stride == 0)
                context.skip_frame = "DEFAULT" if is_wanted else "NONREF"
                for frame in failures.decode(context, packet, index=index):
                    yield num_out if counts else _number(frame), frame
                    num_out += 1
                if failures.count and counts:
                    break
            else:
                for frame in failures.decode(context, None, index=self.table.num_frames - 1):
                    yield num_out if counts else _number(frame), frame
                    num_out += 1
        num_lost = self.table.num_frames - num_out
        if counts and num_lost > 0 and not failures.count:
            self._count(num_lost, "dropped somewhere, so that frames after them have too low numbers")
        if failures.count:
            failures.report(", and nothing in this file numbers the frames after it" if counts else "")

    def _numbered_packets(
        self, file: "InputContainer", stream: "VideoStream", *, landing: tuple[int, int] | None
    ) -> "Iterator[tuple[int, Packet[VideoStream]]]":
        stamp, position = landing or (0, 0)
        if landing is not None:
            seek_before(file, stream, stamp=stamp)
        for packet in read_packets(file, stream, problems=[]):
            self._progress()
            known = self.table.stamps[position] if position < len(self.table.stamps) else None
            if known is None or (packet.pts if packet.pts is not None else packet.dts or 0) != known:
                self.problems.append("reading it again gave other packets: the file is damaged or was changed")
                return
            index = int(self.table.index_of_packet[position])
            packet.pts, packet.dts = index, None
            position += 1
            yield index, packet

    def _landing(self, first_frame: int) -> tuple[int, int] | None:
        if first_frame == 0:
            return None
        with opened(self._path, container=self._container, config=self._config) as (file, stream):
            return find_landing(file, stream, self.table, first_frame=first_frame)

    def _upright(self, frame: "VideoFrame", reformatter: "VideoReformatter") -> Image:
        width, height = self._coded_size
        check_pixels(frame.width, frame.height, config=self._config)
        plane = reformatter.reformat(frame, width=width, height=height, format="rgb24", threads=1).planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:height, : width * 3]
        return np.rot90(rows.reshape(height, width, 3), k=-self.info.rotation_deg // 90)

    def _first_frame(self, codec: str) -> "VideoFrame":
        failures = _Failures(self.problems)
        with opened(self._path, container=self._container, config=self._config) as (file, stream):
            context = prepare_decoder(stream, config=self._config)
            for position, packet in enumerate(read_packets(file, stream, problems=[])):
                self._progress()
                decoded = failures.decode(context, packet, index=position)
                if decoded or position >= _MAX_PROBED_PACKETS:
                    break
            decoded = decoded or failures.decode(context, None, index=0)
        if not decoded:
            raise VideoError(f"no frame of its {codec} stream can be decoded: {failures.reason}")
        check_pixels(decoded[0].width, decoded[0].height, config=self._config)
        return decoded[0]

    def _describe(self, *, codec: str, fps: Fraction | None, rotation_deg: int) -> VideoInfo:
        rotation_deg = rotation_deg if rotation_deg % 90 == 0 else 0
        width, height = self._coded_size if rotation_deg % 180 == 0 else self._coded_size[::-1]
        pts_s = self.table.pts_s
        between_s = float(pts_s[-1] - pts_s[0])
        return VideoInfo(
            container=self._container,
            codec=codec,
            width=width,
            height=height,
            rotation_deg=rotation_deg,
            num_frames=self.table.num_frames,
            fps=(len(pts_s) - 1) / between_s if between_s > 0 else float(fps or 0),
            start_s=float(pts_s[0]),
            duration_s=between_s + self.table.last_duration_s,
            decoder="pyav",
        )


class _Failures:
    """What the decoder refused."""

    def __init__(self, problems: list[str]) -> None:
        self.count = 0
        self.reason = "the decoder gives nothing"
        self._first = 0
        self._problems = problems

    def decode(
        self, context: "VideoCodecContext", packet: "Packet[VideoStream] | None", *, index: int
    ) -> "list[VideoFrame]":
        """What the decoder gives for a packet, or nothing when it refuses; None asks for what it still holds."""
        import av

        try:
            return context.decode(packet)
        except MemoryError:
            raise
        except av.FFmpegError as error:
            if self.count == 0:
                self._first, self.reason = index, error.strerror or str(error)
            self.count += 1
            return []

    def report(self, consequence: str) -> None:
        self._problems.append(
            f"the decoder refused {self.count} packets, the first near frame {max(0, self._first)}: "
            f"{self.reason}{consequence}"
        )


def _number(frame: "VideoFrame") -> int:
    return -1 if frame.pts is None else frame.pts
