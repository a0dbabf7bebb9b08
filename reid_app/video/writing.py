"""Writing frames as a video that every browser plays: H.264 in MP4."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import SettingsError


class VideoWriter:
    """Encodes frames of one even size; the same frames give the same bytes with one version of the encoder.

    Raises:
        SettingsError: PyAV is missing, or was built without an encoder for H.264.
    """

    def __init__(self, path: Path, *, height: int, width: int, fps: int) -> None:
        try:
            import av
        except ImportError as error:
            raise SettingsError(f"videos are written with PyAV, which is missing ({error}): pip install av") from error
        self._frame_of = av.VideoFrame.from_ndarray
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        # One thread: with several, the encoder's choices depend on the machine. No macroblock tree: x264 looks at
        # memory that it never wrote where the height is no multiple of 16, and makes other bytes each time.
        options = {"crf": "28", "preset": "slow", "threads": "1", "mbtree": "0"}
        try:
            self._stream = self._container.add_stream("h264", rate=fps, options=options)
        except (ValueError, LookupError) as error:
            self._container.close()
            raise SettingsError(f"PyAV has no H.264 encoder ({error}): install the package av from PyPI") from error
        self._stream.height, self._stream.width, self._stream.pix_fmt = height, width, "yuv420p"
        self._time_base = Fraction(1, fps)
        self._num_frames = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._container.mux(self._stream.encode(None))
        self._container.close()

    def write(self, image: NDArray[np.uint8]) -> None:
        """Encode the next frame (height, width, 3), RGB."""
        frame = self._frame_of(image, format="rgb24")
        frame.pts, frame.time_base = self._num_frames, self._time_base
        self._num_frames += 1
        self._container.mux(self._stream.encode(frame))
