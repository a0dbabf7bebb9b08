"""The ranking of one query, for people to look at.

Shape letters: Q queries, G gallery tracklets, K tracklets shown.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.distances import STEPS_OF_ONE, DistanceBlocks, to_steps
from reid_app.evaluation.labels import JUNK_PID, Labels
from reid_app.evaluation.protocols import EvaluationProtocol
from reid_app.evaluation.relevance import Relevance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankedList:
    """The nearest gallery tracklets of a query, nearest first; what is left out is not among them."""

    columns_K: NDArray[np.int64]
    """Places in the gallery."""
    distance_K: NDArray[np.float64]
    """In whole steps of 2**-20."""
    is_match_K: NDArray[np.bool_]
    """Right; the others are wrong."""


def rank_list(
    distances: DistanceBlocks,
    *,
    query_row: int,
    top_k: int,
    query: Labels,
    gallery: Labels,
    own_column_Q: NDArray[np.int64],
    protocol: EvaluationProtocol,
) -> RankedList:
    """The first ranks of one query, as `reid_app.evaluation.evaluate.evaluate` counts them.

    Wrong tracklets come before right ones at the same distance; those that are alike in that stay in gallery order.

    Args:
        distances: Of all queries to the whole gallery.
        query_row: The query.
        top_k: How many tracklets at most.
        query: Labels of the queries.
        gallery: Labels of the gallery.
        own_column_Q: Where in the gallery each query's own tracklet is, -1 where it is not.
        protocol: What is left out.

    Raises:
        ValueError: There is no such query, distances, labels and own columns do not fit each other, or a distance lies
            outside [0, 2].
        InputError: A distance is NaN.

    Examples:
        >>> from reid_app.evaluation.distances import MatrixDistances
        >>> from reid_app.evaluation.protocols import protocol_of
        >>> ranked = rank_list(
        ...     MatrixDistances(np.array([[0.1, 0.5, 0.5, 0.3]], np.float32)),
        ...     query_row=0,
        ...     top_k=10,
        ...     query=Labels(pids=np.array([7]), camids=np.array([0])),
        ...     gallery=Labels(pids=np.array([7, 7, 3, 5]), camids=np.array([0, 1, 1, 1])),
        ...     own_column_Q=np.array([0]),
        ...     protocol=protocol_of("standard"),
        ... )
        >>> ranked.columns_K, ranked.is_match_K
        (array([3, 2, 1]), array([False, False,  True]))
    """
    if distances.shape != (len(query), len(gallery)):
        raise ValueError(f"{len(query)} queries and {len(gallery)} gallery tracklets, but distances {distances.shape}")
    if not 0 <= query_row < len(query):
        raise ValueError(f"there is no query {query_row} among {len(query)}")
    relevance = Relevance(query=query, gallery=gallery, own_column_Q=own_column_Q, protocol=protocol)
    pairs = relevance.pairs(query_row, query_row + 1)
    is_match_G = np.zeros(len(gallery), np.bool_)
    is_match_G[pairs.column_P[pairs.is_match_P]] = True
    is_ranked_G = gallery.pids != JUNK_PID
    is_ranked_G[pairs.column_P[~pairs.is_match_P]] = False
    if own_column_Q[query_row] >= 0:
        is_ranked_G[own_column_Q[query_row]] = False
    steps_G = to_steps(distances.rows(query_row, query_row + 1)[0])
    order = np.lexsort((is_match_G, steps_G))
    columns_K = order[is_ranked_G[order]][:top_k]
    return RankedList(
        columns_K=columns_K, distance_K=steps_G[columns_K] / STEPS_OF_ONE, is_match_K=is_match_G[columns_K]
    )
