"""Which frames of a tracklet make a clip."""

import numpy as np
from numpy.typing import NDArray


def sample_evenly(num_available: int, *, num_wanted: int) -> NDArray[np.int64]:
    """Indices of a clip spread evenly over a tracklet, the middle of each equal part.

    A tracklet shorter than the clip gives all of its frames once.

    Args:
        num_available: Frames in the tracklet, at least 1.
        num_wanted: Frames in the clip, at least 1.

    Returns:
        Strictly increasing indices in [0, num_available), int64 ``(min(num_available, num_wanted),)``.

    Raises:
        ValueError: One of the counts is below 1.

    Examples:
        >>> sample_evenly(10, num_wanted=4)
        array([1, 3, 6, 8])
        >>> sample_evenly(3, num_wanted=8)
        array([0, 1, 2])
    """
    if num_available < 1 or num_wanted < 1:
        raise ValueError(f"num_available and num_wanted must be at least 1, got {num_available} and {num_wanted}")
    count = min(num_available, num_wanted)
    return ((2 * np.arange(count, dtype=np.int64) + 1) * num_available) // (2 * count)


def cut_densely(num_available: int, *, longest: int) -> list[NDArray[np.int64]]:
    """Indices of clips that follow each other and cover a tracklet, as few and as equally long as can be.

    Args:
        num_available: Frames in the tracklet, at least 1.
        longest: Frames in a clip at the most, at least 1.

    Returns:
        For each clip its indices, int64; together every index of [0, num_available) once.

    Raises:
        ValueError: One of the counts is below 1.

    Examples:
        >>> [clip.tolist() for clip in cut_densely(7, longest=3)]
        [[0, 1, 2], [3, 4], [5, 6]]
    """
    if num_available < 1 or longest < 1:
        raise ValueError(f"num_available and longest must be at least 1, got {num_available} and {longest}")
    return np.array_split(np.arange(num_available, dtype=np.int64), -(-num_available // longest))
