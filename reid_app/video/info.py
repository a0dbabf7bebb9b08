"""What is known of a video before its frames are decoded."""

from dataclasses import dataclass
from typing import Literal

Decoder = Literal["pyav", "decord"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoInfo:
    """One opened video; every field is JSON."""

    container: str
    """Such as ``mp4``, ``matroska``, ``avi``, ``mpegts``, ``mpeg``."""
    codec: str
    """Such as ``h264``; ``unknown`` where only decord could look."""
    width: int
    """Pixels of the upright frame, after rotation."""
    height: int
    """Pixels of the upright frame, after rotation."""
    rotation_deg: int
    """Clockwise turn that was applied to make frames upright: 0, 90, 180 or 270."""
    num_frames: int
    """Frames that lie in the file, decodable or not."""
    fps: float
    """Average over the file; never used for times."""
    start_s: float
    """Presentation time of the first frame in seconds; not zero where the file says so."""
    duration_s: float
    """From the first frame to the end of the last, in seconds."""
    decoder: Decoder
    """Which library decodes the pixels."""
    problems: tuple[str, ...] = ()
    """What opening found wrong, in words for people; empty for a sound file."""
