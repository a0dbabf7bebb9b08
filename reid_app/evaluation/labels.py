"""Who and where: the labels that a ranking is judged by."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DISTRACTOR_PID = 0
"""A person or thing that is no query's match: stays in the gallery and counts as wrong."""

JUNK_PID = -1
"""Neither right nor wrong: removed before ranking."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labels:
    """Identity and camera of each tracklet, one of each a tracklet.

    Both lie in one value with one length, so a camera that belongs to a frame, or to another tracklet, has no place.
    """

    pids: NDArray[np.int64]
    """Identities ``(N,)``: 1 and above, or `DISTRACTOR_PID`, or `JUNK_PID`."""
    camids: NDArray[np.int64]
    """Cameras ``(N,)``, from 0."""

    def __post_init__(self) -> None:
        if self.pids.ndim != 1 or self.pids.shape != self.camids.shape:
            raise ValueError(
                f"each tracklet needs one identity and one camera, got {self.pids.shape} and {self.camids.shape}"
            )
        if len(self) and (self.pids.min() < JUNK_PID or self.camids.min() < 0):
            raise ValueError(
                f"identities must be {JUNK_PID} or more and cameras 0 or more, "
                f"got {self.pids.min()} and {self.camids.min()}"
            )

    def __len__(self) -> int:
        return len(self.pids)
