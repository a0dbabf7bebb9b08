"""k-reciprocal re-ranking, blocked and sparse: no matrix of all tracklets by all tracklets is ever held.

Source: Zhong, Zheng, Cao, Li, "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017,
https://arxiv.org/abs/1701.08398. What it leaves open is done as in the implementation that published numbers come from:

- The original distance is the squared Euclidean distance of embeddings of length one, and a tracklet's distances are
  divided by its largest, over queries and gallery together. Cosine distance is half of it and so gives the same.
- A tracklet's first neighbour is itself; k1 others follow, and k2 counts it. At equal distance the lower row comes
  first, queries before gallery. Distances that float32 could swap by its rounding are summed in float64.
- Half of k1 is rounded to the nearest whole number, from the middle to the even one.

Shape letters: Q queries, G gallery rows, N queries and gallery together, D embedding size, R rows asked for, B rows of
a block, C cells of a block, E entries of sparse rows.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from reid_app.evaluation.memory import MemoryBudget
from reid_app.evaluation.nearest import PAIRS_BYTES
from reid_app.evaluation.reranking_neighbours import find_neighbours
from reid_app.evaluation.reranking_weights import mean_of_nearest, reciprocal_weights
from reid_app.evaluation.sparse import SparseRows, pieces, ranges
from reid_app.evaluation.unit import scale_to_unit

_MEETINGS_AT_ONCE = 1 << 16
"""A meeting: a query and a gallery row that have a neighbour in common."""
_BYTES_PER_MEETING = 48
_BYTES_PER_DISTANCE = 8
_LIKELY_BYTES_PER_ENTRY = 20
"""Set aside for the weights until they are known."""


class RerankConfig(BaseModel):
    """How neighbourhoods change the order of a ranking."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    k1: int = Field(default=20, ge=1, description="Neighbours looked at; those count that look back.")
    k2: int = Field(
        default=6, ge=1, description="Tracklets, itself among them, over which neighbourhoods are averaged; 1: none."
    )
    lambda_: float = Field(
        default=0.3, ge=0.0, le=1.0, description="Share of the original distance; the rest compares neighbourhoods."
    )
    memory_mib: int = Field(
        default=512,
        ge=1,
        description="Memory in MiB that re-ranking may take beside the embeddings and the distances asked for. "
        "Changes speed only.",
    )


class RerankedDistances:
    """Distances after re-ranking, block by block: ``(1 - lambda) * Jaccard + lambda * original``, in [0, 1].

    Args:
        query_QD: Embeddings of length one.
        gallery_GD: Embeddings of length one.
        farthest_Q: Each query's largest cosine distance, over queries and gallery.
        query_weights: The neighbours of each query with their weights.
        gallery_by_neighbour: For each tracklet, the gallery rows that have it as a neighbour, with its weight.
        lambda_: Share of the original distance, in [0, 1].
        rows_at_once: Queries of a block.
    """

    def __init__(
        self,
        query_QD: NDArray[np.float32],
        gallery_GD: NDArray[np.float32],
        *,
        farthest_Q: NDArray[np.float32],
        query_weights: SparseRows,
        gallery_by_neighbour: SparseRows,
        lambda_: float,
        rows_at_once: int,
    ) -> None:
        self._query_QD = query_QD
        self._gallery_GD = gallery_GD
        self._farthest_Q = farthest_Q
        self._query_weights = query_weights
        self._gallery_by_neighbour = gallery_by_neighbour
        self._lambda = lambda_
        self._rows_at_once = rows_at_once

    @property
    def shape(self) -> tuple[int, int]:
        """Number of queries and of gallery tracklets ``(Q, G)``."""
        return len(self._query_QD), len(self._gallery_GD)

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Distances ``(stop - start, G)`` of these queries."""
        distance_RG = np.empty((stop - start, len(self._gallery_GD)), np.float32)
        for first in range(start, stop, self._rows_at_once):
            last = min(first + self._rows_at_once, stop)
            block_BG = distance_RG[first - start : last - start]
            self._write_jaccard(block_BG, first_query=first)
            block_BG *= 1.0 - self._lambda
            original_BG = self._query_QD[first:last] @ self._gallery_GD.T
            np.subtract(1.0, original_BG, out=original_BG)
            original_BG *= (self._lambda / self._farthest_Q[first:last])[:, None]
            block_BG += original_BG
        return np.clip(distance_RG, 0.0, 1.0, out=distance_RG)

    def _write_jaccard(self, block_BG: NDArray[np.float32], *, first_query: int) -> None:
        """One minus the sum of the smaller weights over the sum of the larger; two rows of weights sum to two."""
        weights = self._query_weights.rows(first_query, first_query + len(block_BG))
        block_BG[:] = 0.0
        self._add_smaller_weights(block_BG.reshape(-1), weights)
        np.divide(block_BG, 2.0 - block_BG, out=block_BG)
        np.subtract(1.0, block_BG, out=block_BG)

    def _add_smaller_weights(self, sum_C: NDArray[np.float32], weights: SparseRows) -> None:
        """Add up the smaller of two weights over common neighbours; only the neighbours of the queries are looked at.

        Args:
            sum_C: One number for each cell of a block of queries by the gallery.
            weights: Of the queries of the block.
        """
        by_neighbour = self._gallery_by_neighbour
        cell_E = np.repeat(np.arange(len(weights.starts) - 1) * len(self._gallery_GD), np.diff(weights.starts))
        first_E = by_neighbour.starts[weights.columns_E]
        length_E = by_neighbour.starts[weights.columns_E + 1] - first_E
        for piece in pieces(length_E, most=_MEETINGS_AT_ONCE):
            length = length_E[piece]
            meetings = ranges(first_E[piece], length)
            smaller = np.minimum(np.repeat(weights.values_E[piece], length), by_neighbour.values_E[meetings])
            np.add.at(sum_C, np.repeat(cell_E[piece], length) + by_neighbour.columns_E[meetings], smaller)


def rerank(
    query_QD: NDArray[np.float32], gallery_GD: NDArray[np.float32], *, config: RerankConfig
) -> RerankedDistances:
    """Find everybody's neighbourhood; the distances are computed when their rows are asked for.

    Args:
        query_QD: Embeddings of any length; those of zeros are at cosine distance 1 from everything.
        gallery_GD: Embeddings of the same size.
        config: Numbers of neighbours, share of the original distance, memory.

    Raises:
        ValueError: The embeddings do not have one size, or there are none.
        InputError: An embedding holds NaN or infinity.
        SettingsError: The memory budget is too small; the message says how much is needed.

    Examples:
        A query is nearest to a stranger, who has nearer neighbours of its own.

        >>> angles = np.radians([0, -9, -10, -11, -12, 10, 19])
        >>> embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        >>> rerank(embeddings[:1], embeddings[1:], config=RerankConfig(k1=3, k2=1)).rows(0, 1).round(2)
        array([[0.77, 0.78, 0.8 , 0.82, 0.42, 0.81]], dtype=float32)
    """
    all_ND = _all_of_length_one(query_QD, gallery_GD)
    num_queries, num_tracklets = len(query_QD), len(all_ND)
    budget = MemoryBudget(
        config.memory_mib, work=f"re-ranking {num_tracklets} tracklets with k1 = {config.k1} and k2 = {config.k2}"
    )
    budget.hold(all_ND.nbytes + PAIRS_BYTES + _BYTES_PER_MEETING * max(_MEETINGS_AT_ONCE, len(gallery_GD)))
    likely_bytes = _LIKELY_BYTES_PER_ENTRY * num_tracklets * min((config.k1 + 1) * config.k2, num_tracklets)
    budget.hold(likely_bytes)
    neighbours = find_neighbours(all_ND, num=min(max(config.k1 + 1, config.k2), num_tracklets), budget=budget)
    budget.hold(-likely_bytes)
    weights = reciprocal_weights(all_ND, neighbours, k1=config.k1, budget=budget)
    if config.k2 > 1:
        means = mean_of_nearest(weights, neighbours.nearest_NK[:, : config.k2], budget=budget)
        budget.hold(-weights.num_bytes)
        weights = means
    budget.hold(2 * weights.num_bytes)
    rows_at_once = budget.rows_at_once(bytes_per_row=_BYTES_PER_DISTANCE * len(gallery_GD))
    return RerankedDistances(
        all_ND[:num_queries],
        all_ND[num_queries:],
        farthest_Q=neighbours.farthest_N[:num_queries],
        query_weights=weights.rows(0, num_queries),
        gallery_by_neighbour=weights.rows(num_queries, num_tracklets).transposed(num_tracklets),
        lambda_=config.lambda_,
        rows_at_once=rows_at_once,
    )


def _all_of_length_one(query_QD: NDArray[np.float32], gallery_GD: NDArray[np.float32]) -> NDArray[np.float32]:
    if query_QD.ndim != 2 or gallery_GD.ndim != 2 or query_QD.shape[1] != gallery_GD.shape[1]:
        raise ValueError(
            f"embeddings of queries and gallery must have one size, got {query_QD.shape} and {gallery_GD.shape}"
        )
    if not len(query_QD) or not len(gallery_GD):
        raise ValueError(f"re-ranking needs queries and a gallery, got {len(query_QD)} and {len(gallery_GD)}")
    all_ND = np.concatenate([query_QD, gallery_GD], dtype=np.float32)
    scale_to_unit(all_ND[: len(query_QD)], side="query")
    scale_to_unit(all_ND[len(query_QD) :], side="gallery")
    return all_ND
