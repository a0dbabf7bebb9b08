"""What a ranking is worth, from the ranks of its matches alone.

Many rankings are judged at once. Their matches lie one after the other, ranking by ranking and from the nearest on:
`rank_M` holds the rank of each from 1, `ranking_M` says to which ranking it belongs.

Shape letters: M matches, R rankings.
"""

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.protocols import AveragePrecision


def ordinals(ranking_M: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which match of its ranking each one is, from 1.

    Examples:
        >>> ordinals(np.array([0, 0, 3, 3, 3]))
        array([1, 2, 1, 2, 3])
    """
    return np.arange(1, len(ranking_M) + 1) - np.searchsorted(ranking_M, ranking_M)


def average_precision(
    rank_M: NDArray[np.int64], *, ranking_M: NDArray[np.int64], num_rankings: int, form: AveragePrecision
) -> NDArray[np.float64]:
    """Average precision ``(R,)`` of each ranking; 0 of one without a match.

    The precision of a rank is the share of matches down to it. ``standard`` is the mean of the precisions at the
    matches. ``trapezoid`` takes for each match the mean of the precision at it and of that one rank before it, which
    at the first rank is 1: the code of the authors of MARS (compute_AP.m).

    Examples:
        >>> ranks, rankings = np.array([1, 3, 2, 4]), np.array([0, 0, 1, 1])
        >>> for form in "standard", "trapezoid":
        ...     average_precision(ranks, ranking_M=rankings, num_rankings=2, form=form).round(4)
        array([0.8333, 0.5   ])
        array([0.7917, 0.3333])
    """
    ordinal_M = ordinals(ranking_M)
    precision_M = ordinal_M / rank_M
    if form == "trapezoid":
        before_M = np.where(rank_M > 1, (ordinal_M - 1) / np.maximum(rank_M - 1, 1), 1.0)
        precision_M = (before_M + precision_M) / 2.0
    num_matches_R = np.bincount(ranking_M, minlength=num_rankings)
    return np.bincount(ranking_M, precision_M, minlength=num_rankings) / np.maximum(num_matches_R, 1)


def inverse_negative_penalty(
    rank_M: NDArray[np.int64], *, ranking_M: NDArray[np.int64], num_rankings: int
) -> NDArray[np.float64]:
    """Number of matches over the rank of the last one ``(R,)``; 0 of a ranking without a match.

    Its mean over queries is mINP: what finding the hardest match costs (Ye et al., "Deep Learning for Person
    Re-identification: A Survey and Outlook", 2021).

    Examples:
        >>> ranks, rankings = np.array([1, 4, 2]), np.array([0, 0, 1])
        >>> inverse_negative_penalty(ranks, ranking_M=rankings, num_rankings=2)
        array([0.5, 0.5])
    """
    last_R = np.ones(num_rankings, np.int64)
    np.maximum.at(last_R, ranking_M, rank_M)
    return np.bincount(ranking_M, minlength=num_rankings) / last_R


def cumulative_match_characteristic(first_match_rank_R: NDArray[np.int64], *, num_ranks: int) -> NDArray[np.float64]:
    """Share of rankings whose first match has rank 1, at most 2, … at most `num_ranks`.

    Examples:
        >>> cumulative_match_characteristic(np.array([1, 3, 3, 9]), num_ranks=4)
        array([0.25, 0.25, 0.75, 0.75])
    """
    return np.array([np.mean(first_match_rank_R <= rank) for rank in range(1, num_ranks + 1)])
