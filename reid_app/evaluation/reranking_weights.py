"""The second step of re-ranking: a tracklet as weights of its k-reciprocal neighbours, a row of nearly all zeros.

Shape letters: N tracklets, K neighbours, H half as many, B rows of a block, E entries of sparse rows.
A list of neighbours that is shorter than its row is filled up with N, the number of nobody.
"""

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.memory import MemoryBudget
from reid_app.evaluation.nearest import pair_similarities
from reid_app.evaluation.reranking_neighbours import Neighbours
from reid_app.evaluation.sparse import SparseRows, ranges, starts_of

_BYTES_PER_MEMBER = 64
"""Of a neighbour's neighbour, while it is decided whether it comes in."""
_BYTES_PER_ENTRY = 64
"""Of an entry, while rows are averaged."""


def reciprocal_weights(
    all_ND: NDArray[np.float32], neighbours: Neighbours, *, k1: int, budget: MemoryBudget
) -> SparseRows:
    """Weights ``exp(-d)`` of each tracklet's expanded k-reciprocal neighbours; each row sums to one.

    Sections 3.2 and 3.3 of the paper that `reranking` names. d is the distance over the distance of the farthest.

    Raises:
        SettingsError: The memory budget is too small.
    """
    num_tracklets = len(all_ND)
    near_NK = neighbours.nearest_NK[:, : k1 + 1]
    near_NH = near_NK[:, : round(k1 / 2) + 1]
    budget.hold(near_NH.nbytes)
    num_members = near_NK.shape[1] * (near_NK.shape[1] + near_NH.shape[1])
    bytes_per_row = _BYTES_PER_MEMBER * num_members + 2 * num_tracklets
    half_NH = np.full((num_tracklets + 1, near_NH.shape[1]), num_tracklets, np.int32)
    for rows in budget.blocks(num_tracklets, bytes_per_row=bytes_per_row):
        half_NH[rows] = _mutual(near_NH, rows=rows)
    parts = []
    for rows in budget.blocks(num_tracklets, bytes_per_row=bytes_per_row):
        is_neighbour_BN = _expanded(_mutual(near_NK, rows=rows), half_NH)
        parts.append(_weights(is_neighbour_BN, all_ND, rows=rows, farthest_N=neighbours.farthest_N))
        budget.hold(2 * parts[-1].num_bytes)
    weights = SparseRows.joined(parts)
    budget.hold(-weights.num_bytes)
    return weights


def _mutual(near_NK: NDArray[np.int32], *, rows: slice) -> NDArray[np.int32]:
    """The k-reciprocal neighbours of some tracklets: near ones to whom they are near too, ``(B, K)``."""
    near_BK = near_NK[rows]
    own_B = np.arange(rows.start, rows.stop, dtype=np.int32)
    is_mutual_BK = (near_NK[near_BK] == own_B[:, None, None]).any(axis=2)
    return np.where(is_mutual_BK, near_BK, np.int32(len(near_NK)))


def _expanded(mutual_BK: NDArray[np.int32], half_NH: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Who is in the expanded sets, ``(B, N + 1)``; nobody is False.

    A neighbour brings in the k-reciprocal neighbours of its nearer half when more than two thirds of them are
    k-reciprocal neighbours of the tracklet already.
    """
    nobody = len(half_NH) - 1
    is_member_BN = np.zeros((len(mutual_BK), nobody + 1), np.bool_)
    row_B = np.arange(len(mutual_BK))
    is_member_BN[row_B[:, None], mutual_BK] = True
    is_member_BN[:, nobody] = False
    brought_BKH = half_NH[mutual_BK]
    num_members_BK = is_member_BN[row_B[:, None, None], brought_BKH].sum(axis=2)
    num_brought_BK = (brought_BKH != nobody).sum(axis=2)
    row, place = np.nonzero(3 * num_members_BK > 2 * num_brought_BK)
    is_member_BN[row[:, None], brought_BKH[row, place]] = True
    is_member_BN[:, nobody] = False
    return is_member_BN


def _weights(
    is_neighbour_BN: NDArray[np.bool_], all_ND: NDArray[np.float32], *, rows: slice, farthest_N: NDArray[np.float32]
) -> SparseRows:
    flat_E = np.flatnonzero(is_neighbour_BN)
    row_E = flat_E // is_neighbour_BN.shape[1]
    column_E = flat_E - row_E * is_neighbour_BN.shape[1]
    own_E = row_E + rows.start
    distance_E = 1.0 - pair_similarities(all_ND, all_ND, left_P=own_E, right_P=column_E)
    weight_E = np.exp(-np.maximum(distance_E, 0.0) / farthest_N[own_E])
    weight_E /= np.bincount(row_E, weights=weight_E)[row_E]
    return SparseRows(
        starts=starts_of(np.bincount(row_E, minlength=len(is_neighbour_BN))),
        columns_E=column_E.astype(np.int32),
        values_E=weight_E.astype(np.float32),
    )


def mean_of_nearest(weights: SparseRows, nearest_NK: NDArray[np.int32], *, budget: MemoryBudget) -> SparseRows:
    """Local query expansion: each row becomes the mean of the rows of its K nearest tracklets, itself among them.

    Section 3.4 of the paper.

    Raises:
        SettingsError: The memory budget is too small.
    """
    num_tracklets, num_nearest = nearest_NK.shape
    most_entries = num_nearest * int(np.diff(weights.starts).max())
    bytes_per_row = 4 * num_tracklets + _BYTES_PER_ENTRY * most_entries
    parts = []
    for rows in budget.blocks(num_tracklets, bytes_per_row=bytes_per_row):
        parts.append(_mean_rows(weights, nearest_NK[rows]))
        budget.hold(2 * parts[-1].num_bytes)
    means = SparseRows.joined(parts)
    budget.hold(-means.num_bytes)
    return means


def _mean_rows(weights: SparseRows, nearest_BK: NDArray[np.int32]) -> SparseRows:
    num_tracklets = len(weights.starts) - 1
    num_rows, num_nearest = nearest_BK.shape
    length_BK = np.diff(weights.starts)[nearest_BK]
    entries = ranges(weights.starts[nearest_BK.ravel()], length_BK.ravel())
    row_E = np.repeat(np.arange(num_rows), length_BK.sum(axis=1))
    cell_E = row_E * num_tracklets + weights.columns_E[entries]
    # Each cell of the block remembers the last entry that falls on it. That one stands for all of them, and the cells
    # on which none falls need not even be cleared.
    entry_E = np.arange(len(entries), dtype=np.int32)
    last_of_cell = np.empty(num_rows * num_tracklets, np.int32)
    last_of_cell[cell_E] = entry_E
    last_E = last_of_cell[cell_E]
    sum_E = np.bincount(last_E, weights=weights.values_E[entries])
    is_last_E = last_E == entry_E
    return SparseRows(
        starts=starts_of(np.bincount(row_E[is_last_E], minlength=num_rows)),
        columns_E=weights.columns_E[entries[is_last_E]],
        values_E=(sum_E[is_last_E] / num_nearest).astype(np.float32),
    )
