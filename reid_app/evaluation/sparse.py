"""Matrices that are nearly empty, row by row: only what is not zero is kept.

Shape letters: N rows, M columns, E entries, B rows of a block, L ranges.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SparseRows:
    """The entries of a matrix ``(N, M)`` in row order."""

    starts: NDArray[np.int64]
    """Entries of row n are ``starts[n]`` up to ``starts[n + 1]``, ``(N + 1,)``."""
    columns_E: NDArray[np.int32]
    """Each at most once in a row, in any order."""
    values_E: NDArray[np.float32]
    """Not zero."""

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, one part under the other."""
        lengths = np.concatenate([np.diff(part.starts) for part in parts])
        return cls(
            starts=starts_of(lengths),
            columns_E=np.concatenate([part.columns_E for part in parts]),
            values_E=np.concatenate([part.values_E for part in parts]),
        )

    @property
    def num_bytes(self) -> int:
        """Memory of the three arrays."""
        return self.starts.nbytes + self.columns_E.nbytes + self.values_E.nbytes

    def rows(self, start: int, stop: int) -> Self:
        """Rows ``[start, stop)``; entries are shared, not copied."""
        entries = slice(self.starts[start], self.starts[stop])
        return type(self)(
            starts=self.starts[start : stop + 1] - self.starts[start],
            columns_E=self.columns_E[entries],
            values_E=self.values_E[entries],
        )

    def transposed(self, num_columns: int) -> Self:
        """The same entries column by column, so that a column's rows lie together."""
        order_E = np.argsort(self.columns_E)
        row_E = np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))
        return type(self)(
            starts=starts_of(np.bincount(self.columns_E, minlength=num_columns)),
            columns_E=row_E[order_E],
            values_E=self.values_E[order_E],
        )


def starts_of(lengths_N: NDArray[np.integer]) -> NDArray[np.int64]:
    """Where each of N stretches that lie end to end starts, and where the last one ends, ``(N + 1,)``.

    Examples:
        >>> starts_of(np.array([2, 0, 3]))
        array([0, 2, 2, 5])
    """
    return np.concatenate([[0], np.cumsum(lengths_N, dtype=np.int64)])


def ranges(starts_L: NDArray[np.int64], lengths_L: NDArray[np.int64]) -> NDArray[np.int64]:
    """The whole numbers of L ranges, one range after the other.

    Examples:
        >>> ranges(np.array([10, 5, 7]), np.array([2, 0, 3]))
        array([10, 11,  7,  8,  9])
    """
    ends_L = np.cumsum(lengths_L)
    total = int(ends_L[-1]) if len(ends_L) else 0
    return np.arange(total) + np.repeat(starts_L - ends_L + lengths_L, lengths_L)


def pieces(lengths_L: NDArray[np.int64], *, most: int) -> Iterator[slice]:
    """Consecutive stretches whose lengths add up to `most` or less; a longer one comes alone.

    Examples:
        >>> [(piece.start, piece.stop) for piece in pieces(np.array([3, 2, 9, 1, 1]), most=5)]
        [(0, 2), (2, 3), (3, 5)]
    """
    starts = starts_of(lengths_L)
    start = 0
    while start < len(lengths_L):
        stop = max(start + 1, int(np.searchsorted(starts, starts[start] + most, side="right")) - 1)
        yield slice(start, stop)
        start = stop
