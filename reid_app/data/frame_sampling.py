"""Which frames of a tracklet make a training clip, at random."""

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from reid_app.data.clip_config import FrameDraw


def draw_frames(
    num_available: int, *, num_wanted: int, frames: FrameDraw, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Indices of a training clip.

    A tracklet shorter than the clip gives all of its frames, and again from the first until the clip is full: real
    pictures, because batch statistics see them too, even where a mask keeps them out of pooling and losses.

    Args:
        num_available: Frames in the tracklet, at least 1.
        num_wanted: T, at least 1.
        frames: ``random`` without repetition and without order (arXiv 1811.01459), ``consecutive`` from a random
            start, or ``spread``: one at random from each of T equal parts, in order (restricted random sampling).
        generator: Source of randomness.

    Returns:
        Int64 ``(T,)`` in [0, num_available); the first ``min(num_available, T)`` differ from each other.

    Raises:
        ValueError: One of the counts is below 1.

    Examples:
        >>> clip = draw_frames(10, num_wanted=3, frames="consecutive", generator=np.random.default_rng(0))
        >>> np.diff(clip)
        array([1, 1])
        >>> draw_frames(2, num_wanted=5, frames="spread", generator=np.random.default_rng(0))
        array([0, 1, 0, 1, 0])
    """
    if num_available < 1 or num_wanted < 1:
        raise ValueError(f"num_available and num_wanted must be at least 1, got {num_available} and {num_wanted}")
    count = min(num_available, num_wanted)
    match frames:
        case "random":
            drawn = generator.permutation(num_available)[:count]
        case "consecutive":
            drawn = generator.integers(num_available - count + 1) + np.arange(count)
        case "spread":
            borders = np.arange(count + 1) * num_available // count
            drawn = generator.integers(borders[:-1], borders[1:])
        case _:
            assert_never(frames)
    return np.resize(drawn, num_wanted)
