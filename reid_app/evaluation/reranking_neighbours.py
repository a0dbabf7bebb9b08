"""The first step of re-ranking: who is near whom, among queries and gallery together.

Shape letters: N tracklets, D embedding size, K neighbours, B rows of a block.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.memory import MemoryBudget
from reid_app.evaluation.nearest import NEAREST_BYTES_PER_COLUMN, nearest_columns

_NO_DISTANCE = 1e-6
"""Up to here a distance is the rounding of float32, not a difference between tracklets."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbours:
    """Each tracklet's nearest ones and how far its farthest one is."""

    nearest_NK: NDArray[np.int32]
    """The tracklet itself, then the others by rising distance; at equal distance the lower row first."""
    farthest_N: NDArray[np.float32]
    """Cosine distance to the farthest tracklet; 1 where all tracklets are the same."""


def find_neighbours(all_ND: NDArray[np.float32], *, num: int, budget: MemoryBudget) -> Neighbours:
    """Find `num` neighbours of each tracklet, itself among them, in blocks of rows.

    Args:
        all_ND: Embeddings of length one (or zero).
        num: From 2 to N.
        budget: Memory held by the caller; what stays is added.

    Raises:
        SettingsError: The memory budget is too small.
    """
    num_tracklets = len(all_ND)
    nearest_NK = np.empty((num_tracklets, num), np.int32)
    farthest_N = np.empty(num_tracklets, np.float32)
    budget.hold(nearest_NK.nbytes + farthest_N.nbytes)
    for rows in budget.blocks(num_tracklets, bytes_per_row=NEAREST_BYTES_PER_COLUMN * num_tracklets):
        similarity_BN = all_ND[rows] @ all_ND.T
        farthest_N[rows] = 1.0 - similarity_BN.min(axis=1)
        own_B = np.arange(rows.start, rows.stop)
        similarity_BN[own_B - rows.start, own_B] = -np.inf
        nearest_NK[rows, 0] = own_B
        nearest_NK[rows, 1:] = nearest_columns(similarity_BN, all_ND[rows], all_ND, num=num - 1)
    farthest_N[farthest_N <= _NO_DISTANCE] = 1.0
    return Neighbours(nearest_NK=nearest_NK, farthest_N=farthest_N)
