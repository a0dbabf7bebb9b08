"""Videos whose frames carry their number in big black and white blocks, written with PyAV."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

NUM_BITS = 12
BLOCK_PX = 24
WIDTH, HEIGHT = 128, 96
TICK = Fraction(1, 1000)


def paint(number: int, *, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Picture of a number: 4 x 3 blocks from the top left, the least significant bit first; grey elsewhere."""
    image = np.full((height, width, 3), 110, np.uint8)
    for bit in range(NUM_BITS):
        row, column = divmod(bit, 4)
        value = 235 if number >> bit & 1 else 16
        image[row * BLOCK_PX : (row + 1) * BLOCK_PX, column * BLOCK_PX : (column + 1) * BLOCK_PX] = value
    return image


def read_number(image: NDArray[np.uint8]) -> int:
    """The number painted in a picture; fails where a block is neither black nor white."""
    number = 0
    for bit in range(NUM_BITS):
        row, column = divmod(bit, 4)
        y, x = row * BLOCK_PX + BLOCK_PX // 2, column * BLOCK_PX + BLOCK_PX // 2
        level = float(image[y - 6 : y + 6, x - 6 : x + 6].mean())
        assert level < 70 or level > 175, f"block {bit} is grey: {level}"
        number |= (level > 128) << bit
    return number


def write_video(
    path: Path,
    times_ms: Sequence[int],
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    mux_options: dict[str, str] | None = None,
    width: int = WIDTH,
    height: int = HEIGHT,
    pixel_format: str = "yuv420p",
    quarter_turns: int = 0,
    fps: int = 25,
) -> Path:
    """Frame i shows the number i at times_ms[i]; the picture is turned counter-clockwise before it is encoded."""
    with av.open(str(path), "w", options=mux_options or {}) as container:
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        coded = (width, height) if quarter_turns % 2 == 0 else (height, width)
        stream.width, stream.height = coded
        stream.pix_fmt = pixel_format
        stream.options = options or {}
        stream.codec_context.time_base = Fraction(1, fps) if path.suffix == ".avi" or codec == "mpeg2video" else TICK
        for number, time_ms in enumerate(times_ms):
            image = np.ascontiguousarray(np.rot90(paint(number, width=width, height=height), quarter_turns))
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.time_base = TICK
            frame.pts = time_ms
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


def set_rotation(path: Path, *, clockwise_deg: int) -> None:
    """Write the display matrix of the only track of an MP4 file, which is what phones do."""
    cosine, sine = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[clockwise_deg]
    one = 1 << 16
    matrix = [cosine * one, sine * one, 0, -sine * one, cosine * one, 0, 0, 0, 1 << 30]
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 4 + 40
    content[start : start + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(content)


def cut_start(path: Path, *, num_ticks: int) -> None:
    """Move the start of the edit list of an MP4 file, as an editor does that cuts without encoding again."""
    content = bytearray(path.read_bytes())
    start = content.index(b"elst") + 12
    media_time = int.from_bytes(content[start + 4 : start + 8], "big") + num_ticks
    content[start + 4 : start + 8] = media_time.to_bytes(4, "big")
    path.write_bytes(content)
