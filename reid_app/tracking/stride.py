"""How many frames to skip between two that are looked at."""

import math

DETECTIONS_PER_SECOND = 5.0
"""Enough for a walking person's boxes to overlap from one detection to the next."""


def automatic_stride(fps: float) -> int:
    """Stride that gives about five detections a second; it depends on the file only, never on measured speed.

    Args:
        fps: Average frames per second of the file; 0 where the file does not say.

    Returns:
        Look at every n-th frame, at least 1; 1 where the frame rate is unknown.

    Raises:
        ValueError: The frame rate is negative or not finite.

    Examples:
        >>> [automatic_stride(fps) for fps in (0.0, 4.0, 10.0, 25.0, 29.97, 60.0)]
        [1, 1, 2, 5, 6, 12]
    """
    if not math.isfinite(fps) or fps < 0.0:
        raise ValueError(f"fps must be finite and not negative, got {fps}")
    return max(1, math.floor(fps / DETECTIONS_PER_SECOND + 0.5))
