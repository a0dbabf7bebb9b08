"""How much of a number is the luck of the queries: bootstrap confidence intervals.

Shape letter: V queries.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LOW_PERCENT, _HIGH_PERCENT = 2.5, 97.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean over queries and where 95 of 100 repetitions with other queries would find it."""

    estimate: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """For tables.

        Examples:
            >>> Interval(estimate=0.5, low=0.25, high=0.75).text
            '0.500 [0.250, 0.750]'
        """
        return f"{self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}]"

    @property
    def signed_text(self) -> str:
        """Of a difference, for tables.

        Examples:
            >>> Interval(estimate=0.5, low=-0.25, high=0.75).signed_text
            '+0.500 [-0.250, +0.750]'
        """
        return f"{self.estimate:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"

    @property
    def means_something(self) -> bool:
        """Of a difference: zero lies outside, so it is more than the luck of the queries."""
        return self.low > 0.0 or self.high < 0.0


def bootstrap_mean(values_V: NDArray[np.float64], *, seed: int, num_resamples: int = 2000) -> Interval:
    """The mean over queries with its 95 % interval.

    Percentile bootstrap (Efron and Tibshirani, 1993): as many queries are drawn with replacement, again and again;
    2.5 % of their means lie below the interval and 2.5 % above. The gallery stays as it is.

    Args:
        values_V: One value of each query: average precision, or whether the first match has rank 1.
        seed: Of the draws.
        num_resamples: How often to draw.

    Raises:
        ValueError: There is no query.

    Examples:
        >>> bootstrap_mean(np.array([0.0, 1.0, 1.0, 1.0]), seed=0)
        Interval(estimate=0.75, low=0.25, high=1.0)
    """
    if values_V.ndim != 1 or not len(values_V):
        raise ValueError(f"an interval needs a list of at least one query's value, got shape {values_V.shape}")
    generator = np.random.default_rng(seed)
    means = [values_V[generator.integers(len(values_V), size=len(values_V))].mean() for _ in range(num_resamples)]
    low, high = np.percentile(means, (_LOW_PERCENT, _HIGH_PERCENT))
    return Interval(estimate=float(values_V.mean()), low=float(low), high=float(high))


def paired_difference(
    values_a_V: NDArray[np.float64], values_b_V: NDArray[np.float64], *, seed: int, num_resamples: int = 2000
) -> Interval:
    """The mean of a less that of b with its 95 % interval, both measured on the same queries.

    Hard queries are hard for both, so the same queries are drawn for both; two separate intervals that overlap say
    nothing about the difference.

    Args:
        values_a_V: One value of each query.
        values_b_V: Of the same queries in the same order.
        seed: Of the draws.
        num_resamples: How often to draw.

    Raises:
        ValueError: The numbers of queries differ, or there is none.

    Examples:
        >>> better = paired_difference(np.array([0.5, 0.9, 0.2]), np.array([0.4, 0.7, 0.1]), seed=0)
        >>> better.means_something, round(better.estimate, 4)
        (True, 0.1333)
    """
    if values_a_V.shape != values_b_V.shape:
        raise ValueError(f"a paired difference needs the same queries, got {len(values_a_V)} and {len(values_b_V)}")
    return bootstrap_mean(values_a_V - values_b_V, seed=seed, num_resamples=num_resamples)
