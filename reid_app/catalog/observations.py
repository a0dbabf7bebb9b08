"""Where the people of tracklets were: what names hang on. Tracklet files hold it; the catalog itself opens none."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observations:
    """Where a tracklet's person was, and when."""

    pts_s: NDArray[np.float64]
    """``(N,)``, not decreasing."""
    boxes_xyxy: NDArray[np.float32]
    """``(N, 4)`` in pixels of the frame."""

    def __post_init__(self) -> None:
        n = len(self.pts_s)
        if n == 0 or self.pts_s.shape != (n,) or self.boxes_xyxy.shape != (n, 4):
            raise ValueError(
                f"observations need as many boxes (N, 4) as times (N,), at least one, "
                f"got {self.pts_s.shape} times and {self.boxes_xyxy.shape} boxes"
            )
        if not np.isfinite(self.pts_s).all() or not np.isfinite(self.boxes_xyxy).all():
            raise ValueError("times and boxes of observations must be finite")
        if np.any(np.diff(self.pts_s) < 0):
            raise ValueError("times of observations must not decrease")


class ReadObservations(Protocol):
    """Reads the observations of a stored tracklet."""

    def __call__(self, path: str, /) -> Observations:
        """Observations of the tracklet whose row says ``path``."""
        ...
