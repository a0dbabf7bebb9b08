"""Reading a video: what it is, and its frames with their exact times."""

import math
import os
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from reid_app.errors import LimitError, VideoError
from reid_app.tracklets.types import Frame
from reid_app.video.config import VideoConfig
from reid_app.video.info import VideoInfo
from reid_app.video.messages import Ended, FrameReady, OpenRequest
from reid_app.video.process import DecoderProcess


def inspect_video(path: Path, *, config: VideoConfig) -> VideoInfo:
    """Open a video, check it against the limits and number its frames; only the first is decoded.

    Raises:
        VideoError: It is missing, unreadable, not an accepted container, or has no decodable frame.
        LimitError: It is larger than a limit allows.
    """
    request = OpenRequest(config=config, with_frames=False, stride=1, first_frame=0)
    with _open_file(path, config=config) as video:
        process = DecoderProcess(video, name=path.name, request=request)
    try:
        return _checked(process.receive_opened().info, process, config=config)
    finally:
        process.kill()


def open_video(path: Path, *, config: VideoConfig, stride: int = 1, first_frame: int = 0) -> "FrameStream":
    """Start decoding a video in a process of its own.

    Args:
        path: The file.
        config: Decoder and limits.
        stride: Only frames whose number is a multiple of this are given.
        first_frame: Frames before this number are left out.

    Returns:
        The frames, to be used in a ``with`` block by the thread that called this: the decoding process ends with
        the block, and with the thread.

    Raises:
        ValueError: ``stride`` is below 1 or ``first_frame`` below 0.
        VideoError: It is missing, unreadable, not an accepted container, or has no decodable frame.
        LimitError: It is larger than a limit allows.
    """
    if stride < 1 or first_frame < 0:
        raise ValueError(f"stride must be at least 1 and first_frame at least 0, got {stride} and {first_frame}")
    request = OpenRequest(config=config, with_frames=True, stride=stride, first_frame=first_frame)
    with _open_file(path, config=config) as video:
        process = DecoderProcess(video, name=path.name, request=request)
    return FrameStream(process, request=request)


class FrameStream:
    """The wanted frames of a video, in order of their numbers; made by `open_video`."""

    def __init__(self, process: DecoderProcess, *, request: OpenRequest) -> None:
        self._process = process
        self._end_process = weakref.finalize(self, process.kill)
        try:
            self.info = _checked(process.receive_opened().info, process, config=request.config)
            self._ring = process.start_frames(height=self.info.height, width=self.info.width)
        except BaseException:
            self._end_process()
            raise
        self._stride = request.stride
        self._last_index = request.first_frame - 1
        self._ended: Ended | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What was found wrong: when opening, and after the last frame in the whole file."""
        return self.info.problems if self._ended is None else self._ended.problems

    @property
    def missing_frames(self) -> int:
        """Frames that were wanted and could not be decoded or do not lie in the file; known after the last frame."""
        return 0 if self._ended is None else self._ended.missing_frames

    @property
    def decoder_pid(self) -> int:
        """Id of the decoding process."""
        return self._process.pid

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        """The next frame.

        Raises:
            VideoError: The decoding process died or hangs.
            LimitError: It used more than a limit allows.
        """
        if not self._end_process.alive:
            raise StopIteration
        try:
            return self._receive_frame()
        except BaseException:
            self.close()
            raise

    def _receive_frame(self) -> Frame:
        message = self._process.receive()
        if isinstance(message, Ended):
            self._ended = message
            raise StopIteration
        if not isinstance(message, FrameReady) or not self._is_wanted(message.index):
            raise self._process.nonsense()
        self._last_index = message.index
        image = np.array(self._ring.next_slot())
        self._process.free_slot()
        return Frame(index=message.index, pts_s=message.pts_s, image=image)

    def _is_wanted(self, index: int) -> bool:
        return self._last_index < index < self.info.num_frames and index % self._stride == 0

    def close(self) -> None:
        """End the decoding process; closing twice is fine."""
        self._end_process()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _open_file(path: Path, *, config: VideoConfig) -> Iterator[int]:
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise VideoError(f"cannot open {path}: {error.strerror}") from error
    except ValueError as error:
        raise VideoError(f"cannot open {path}: {error}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise VideoError(f"cannot open {path}: it is a folder or a device, and not a file")
        if status.st_size > config.max_file_bytes:
            raise LimitError(
                f"{path.name}: {status.st_size} bytes, the limit max_file_bytes is {config.max_file_bytes}"
            )
        yield descriptor
    finally:
        os.close(descriptor)


def _checked(info: VideoInfo, process: DecoderProcess, *, config: VideoConfig) -> VideoInfo:
    """What the child says, if it is possible at all."""
    is_possible = (
        min(info.width, info.height) >= 1
        and info.width * info.height <= config.max_pixels
        and 1 <= info.num_frames <= config.max_frames
        and all(map(math.isfinite, (info.fps, info.start_s, info.duration_s)))
    )
    if not is_possible:
        raise process.nonsense()
    return info
