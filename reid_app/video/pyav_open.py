"""Opening a file with PyAV, as exactly one container and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reid_app.errors import LimitError, VideoError
from reid_app.video.config import VideoConfig
from reid_app.video.table import FrameTable, read_packets

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream


@contextmanager
def opened(path: str, *, container: str, config: VideoConfig) -> "Iterator[tuple[InputContainer, VideoStream]]":
    """An open file and its best video stream.

    Args:
        path: The file.
        container: FFmpeg's name of what it is; nothing else is tried.
        config: Limits on streams and pixels.

    Raises:
        VideoError: It cannot be opened as that, or holds no video.
        LimitError: It has too many streams, or its header speaks of too large frames.
    """
    import av

    options = {"protocol_whitelist": "file", "max_streams": str(config.max_streams + 1)}
    try:
        file = av.open(path, format=container, options=options, metadata_errors="replace")
    except av.FFmpegError as error:
        raise VideoError(f"cannot be opened as {container}: {error.strerror}") from error
    with file:
        if len(file.streams) > config.max_streams:
            raise LimitError(f"more than {config.max_streams} streams, the limit max_streams")
        stream = _best_video(file)
        if stream is None:
            raise VideoError("holds no video stream that can be decoded")
        check_pixels(stream.codec_context.width, stream.codec_context.height, config=config)
        yield file, stream


def _best_video(file: "InputContainer") -> "VideoStream | None":
    try:
        best = file.streams.best("video")
    except IndexError:  # a damaged transport stream may grow streams that PyAV does not know
        return None
    wanted = None if best is None else best.index
    stream = next((video for video in file.streams.video if video.index == wanted), None)
    # PyAV leaves out the context of a codec that it cannot decode, whatever its annotation says.
    return stream if getattr(stream, "codec_context", None) is not None else None


def check_pixels(width: int, height: int, *, config: VideoConfig) -> None:
    """Refuse frames that are too large.

    Raises:
        LimitError: They are.
    """
    if width * height > config.max_pixels:
        raise LimitError(
            f"frames of {width}x{height} = {width * height} pixels, the limit max_pixels is {config.max_pixels}"
        )


def prepare_decoder(stream: "VideoStream", *, config: VideoConfig) -> "VideoCodecContext":
    """The stream's decoder, told how many threads to use and how large a picture may become."""
    context = stream.codec_context
    context.thread_count = config.threads
    context.thread_type = "AUTO"
    context.options = {"max_pixels": str(config.max_pixels)}
    return context


def seek_before(container: "InputContainer", stream: "VideoStream", *, stamp: int) -> None:
    """Go to a packet that decoding can start from, at a time stamp or before it."""
    container.seek(stamp, stream=stream, backward=True)


def find_landing(
    container: "InputContainer", stream: "VideoStream", table: FrameTable, *, first_frame: int
) -> tuple[int, int] | None:
    """Where to seek to so that a frame can be decoded, proven by doing it.

    One key frame more than needed is taken, because some streams need a few frames to recover after one.

    Args:
        container: A file opened for this question; it is not to be read afterwards.
        stream: Its video.
        table: Its frames.
        first_frame: The frame wanted.

    Returns:
        The time stamp to seek to and the position of the packet that comes then, or None where reading has to start
        at the beginning, because the frame is near it or the container does not land on a packet known for certain.
    """
    import av

    usable = table.key_packets[table.index_of_packet[table.key_packets] <= first_frame]
    if not table.is_clean or table.is_numbered_by_output or len(usable) < 3:
        return None
    wanted = int(usable[-2])
    stamp = int(table.stamps[wanted])
    try:
        seek_before(container, stream, stamp=stamp)
    except av.FFmpegError:
        return None
    landed = next(read_packets(container, stream, problems=[]), None)
    if landed is None or landed.pts is None:
        return None
    positions = (table.stamps == landed.pts).nonzero()[0]
    if len(positions) != 1 or positions[0] > wanted or positions[0] not in table.key_packets:
        return None
    return stamp, int(positions[0])
