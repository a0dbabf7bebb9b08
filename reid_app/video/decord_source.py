"""Decoding with decord, only where it provably numbers frames right.

decord never says which frame it returns. Its keys are counted in file order and its frames in presentation order, so
its seeking and skipping may miss; only the n-th picture of reading from the start is the n-th frame, and only in a
file in which each packet is one shown frame with a time of its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import LimitError, VideoError
from reid_app.tracklets.types import Image
from reid_app.video.config import VideoConfig
from reid_app.video.info import VideoInfo
from reid_app.video.pyav_source import PyavSource
from reid_app.video.source import Decoded

_STAMP_TOLERANCE_S = 1e-3
_RIGHT_CONTAINERS = ("mp4", "matroska", "avi")


class DecordSource:
    """A file that PyAV has checked, decoded by decord; PyAV goes on where decord fails."""

    def __init__(self, checked: PyavSource, *, path: str, config: VideoConfig, progress: Callable[[], None]) -> None:
        """Open the file a second time, with decord.

        Raises:
            VideoError: decord cannot open it, or sees other frames in it than PyAV.
        """
        if checked.info.container not in _RIGHT_CONTAINERS:
            raise VideoError(f"decord miscounts in {checked.info.container}, where it cannot go to the first frame")
        if not checked.table.is_clean or checked.table.is_numbered_by_output:
            raise VideoError("its packets are not one whole frame each, in which case decord miscounts")
        self._checked = checked
        self._progress = progress
        self._reader, stamps_s = _open(path, threads=config.threads)
        expected_s = checked.table.pts_s - checked.table.pts_s[0]
        tolerance_s = np.maximum(_STAMP_TOLERANCE_S, expected_s * 2.0**-22)
        if len(stamps_s) != len(expected_s) or np.any(np.abs(stamps_s - expected_s) > tolerance_s):
            raise VideoError("decord lists other frames or times than PyAV")
        self.info = replace(checked.info, decoder="decord")

    @property
    def problems(self) -> list[str]:
        """What was found wrong so far."""
        return self._checked.problems

    @property
    def num_expected(self) -> int:
        """Frames that ought to be there: those in the file and those that it promises and lacks."""
        return self._checked.num_expected

    def frames(self, *, first_frame: int, stride: int) -> Iterator[Decoded]:
        """Frames from ``first_frame`` on whose number is a multiple of ``stride``, in order."""
        shape = (self.info.height, self.info.width, 3)
        index = 0
        try:
            for index, image in _read_from_start(self._reader, self.info.num_frames, progress=self._progress):
                if image.shape != shape:
                    raise VideoError(f"a picture of shape {image.shape} instead of {shape}")
                if index >= first_frame and index % stride == 0:
                    yield Decoded(index=index, pts_s=float(self._checked.table.pts_s[index]), image=image)
                index += 1
        except VideoError as error:
            self.problems.append(f"decord stopped before frame {index} ({error}); PyAV decoded the rest")
            yield from self._checked.frames(first_frame=max(first_frame, index), stride=stride)


class DecordOnlySource:
    """A file on a machine without PyAV: decodable, but its times are not the whole truth."""

    def __init__(self, path: str, *, container: str, config: VideoConfig, progress: Callable[[], None]) -> None:
        """Open and measure the file.

        Raises:
            VideoError: decord cannot open it or gives it no usable times.
            LimitError: It is larger than allowed.
        """
        self._progress = progress
        self._reader, self._stamps_s = _open(path, threads=config.threads)
        num_frames = len(self._stamps_s)
        if not np.all(np.isfinite(self._stamps_s)) or np.any(np.diff(self._stamps_s) <= 0) or self._stamps_s[0] < 0:
            raise VideoError("decord finds no usable times in it; install PyAV (the package av)")
        duration_s = float(self._stamps_s[-1] - self._stamps_s[0])
        if num_frames > config.max_frames:
            raise LimitError(f"{num_frames} frames, the limit max_frames is {config.max_frames}")
        if duration_s > config.max_duration_s:
            raise LimitError(f"{duration_s:.0f} s long, the limit max_duration_s is {config.max_duration_s:g} s")
        self._first = _next(self._reader)
        height, width, _ = self._first.shape
        if width * height > config.max_pixels:
            raise LimitError(f"frames of {width}x{height} pixels, the limit max_pixels is {config.max_pixels}")
        self.problems = [
            "PyAV is not installed: times count from the first frame, are rounded to single precision, and frames "
            "lost to damage may shift the numbers of those after them; install the package av"
        ]
        self.info = VideoInfo(
            container=container,
            codec="unknown",
            width=width,
            height=height,
            rotation_deg=0,
            num_frames=num_frames,
            fps=(num_frames - 1) / duration_s if duration_s > 0 else 0.0,
            start_s=float(self._stamps_s[0]),
            duration_s=duration_s,
            decoder="decord",
        )

    @property
    def num_expected(self) -> int:
        """Frames that decord lists."""
        return self.info.num_frames

    def frames(self, *, first_frame: int, stride: int) -> Iterator[Decoded]:
        """Frames from ``first_frame`` on whose number is a multiple of ``stride``, in order."""
        if first_frame == 0:
            yield Decoded(index=0, pts_s=float(self._stamps_s[0]), image=self._first)
        index = 1
        try:
            for offset, image in _read_from_start(self._reader, self.info.num_frames - 1, progress=self._progress):
                index = offset + 1
                if index >= first_frame and index % stride == 0 and image.shape == self._first.shape:
                    yield Decoded(index=index, pts_s=float(self._stamps_s[index]), image=image)
                index += 1
        except VideoError as error:
            self.problems.append(f"decord stopped before frame {index} ({error}); install PyAV to read on")


def _open(path: str, *, threads: int) -> tuple[Any, NDArray[np.float64]]:
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    try:
        reader = decord.VideoReader(path, num_threads=threads)
        stamps_s = reader.get_frame_timestamp(range(len(reader)))[:, 0]
    except MemoryError:
        raise
    except Exception as error:  # decord raises its own DECORDError, RuntimeError and AssertionError
        raise VideoError(f"decord cannot open it: {_short(error)}") from error
    return reader, stamps_s.astype(np.float64)


def _next(reader: Any) -> Image:
    try:
        image: Image = reader.next().asnumpy()
    except MemoryError:
        raise
    except StopIteration as error:
        raise VideoError("decord gives no more frames") from error
    except Exception as error:
        raise VideoError(f"decord says {_short(error)}") from error
    return image


def _read_from_start(reader: Any, num_frames: int, *, progress: Callable[[], None]) -> Iterator[tuple[int, Image]]:
    for index in range(num_frames):
        progress()
        yield index, _next(reader)


def _short(error: Exception) -> str:
    """The sentence of a decord message, without its time, source line, file and stack."""
    sentence = str(error).strip().split("\n")[0].rsplit(": ", 1)[-1].rsplit("]", 1)[-1]
    return sentence[:100].strip() or type(error).__name__
