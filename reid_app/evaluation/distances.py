"""Distances between queries and gallery, a block of queries at a time: the whole matrix need never exist.

Shape letters: Q queries, G gallery tracklets, D embedding size, N queries of a block.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import InputError
from reid_app.evaluation.unit import lengths

LARGEST_DISTANCE = 2.0
"""Between opposite vectors."""

STEPS_OF_ONE = 2**20
"""Distances are compared in whole steps of 2**-20, about 1e-6: closer ones are equal.

Sums of many float32 products are not exact to more than that, and differ with the place of a row in a matrix. Were they
compared to the last bit, rounding would put the tracklets of a model that maps all people to one point into some order.
"""

FARTHEST_STEPS = round(LARGEST_DISTANCE * STEPS_OF_ONE)
"""Between opposite vectors."""

_UNIT_TOLERANCE = 2e-7
"""What rounding to float32 leaves of a length of one."""

_SHIFT = np.float32(8.0)


class DistanceBlocks(Protocol):
    """Distances of queries to gallery that come block by block."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of queries and of gallery tracklets ``(Q, G)``."""

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Distances ``(stop - start, G)`` of these queries: in [0, 2], never NaN, smaller is nearer."""


class EmbeddingDistances:
    """Cosine distance: one minus the cosine of the angle between two embeddings, computed when it is asked for.

    Embeddings of any length will do. One of zeros has no direction and lies at distance 1 from everything.

    Args:
        query_QD: Embeddings of the queries.
        gallery_GD: Embeddings of the gallery.

    Raises:
        ValueError: The embeddings do not have one size.
        InputError: An embedding holds NaN or infinity.

    Examples:
        >>> query, gallery = np.eye(2, dtype=np.float32)[:1], np.array([[3, 0], [0, 1], [-2, 0]], np.float32)
        >>> EmbeddingDistances(query, gallery).rows(0, 1)
        array([[0., 1., 2.]], dtype=float32)
    """

    def __init__(self, query_QD: NDArray[np.float32], gallery_GD: NDArray[np.float32]) -> None:
        if query_QD.ndim != 2 or gallery_GD.ndim != 2 or query_QD.shape[1] != gallery_GD.shape[1]:
            raise ValueError(
                f"embeddings of queries and gallery must have one size, got {query_QD.shape} and {gallery_GD.shape}"
            )
        self._query_QD = _directions(query_QD, side="query")
        self._gallery_GD = _directions(gallery_GD, side="gallery")

    @property
    def shape(self) -> tuple[int, int]:
        """Number of queries and of gallery tracklets ``(Q, G)``."""
        return len(self._query_QD), len(self._gallery_GD)

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Cosine distances ``(stop - start, G)`` of these queries in [0, 2]."""
        block_NG: NDArray[np.float32] = self._query_QD[start:stop] @ self._gallery_GD.T
        np.subtract(np.float32(1.0), block_NG, out=block_NG)
        return np.clip(block_NG, 0.0, LARGEST_DISTANCE, out=block_NG)


class MatrixDistances:
    """Distances that somebody has computed already.

    Args:
        distance_QG: In [0, 2], smaller is nearer.

    Raises:
        ValueError: It is not a matrix.
    """

    def __init__(self, distance_QG: NDArray[np.float32]) -> None:
        if distance_QG.ndim != 2:
            raise ValueError(f"distances must be a matrix of queries and gallery, got shape {distance_QG.shape}")
        self._distance_QG = distance_QG

    @property
    def shape(self) -> tuple[int, int]:
        """Number of queries and of gallery tracklets ``(Q, G)``."""
        return self._distance_QG.shape[0], self._distance_QG.shape[1]

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Distances ``(stop - start, G)`` of these queries.

        Raises:
            InputError: A distance is NaN.
            ValueError: A distance lies outside [0, 2].
        """
        block_NG = self._distance_QG[start:stop]
        if block_NG.size and not (block_NG.min() >= 0.0 and block_NG.max() <= LARGEST_DISTANCE):
            row, column = np.argwhere(~((block_NG >= 0.0) & (block_NG <= LARGEST_DISTANCE)))[0]
            message = f"the distance of query {start + row} to gallery tracklet {column} is {block_NG[row, column]:g}"
            if np.isnan(block_NG[row, column]):
                raise InputError(f"{message}: the model or its embeddings are damaged")
            raise ValueError(f"{message}; distances must lie in [0, {LARGEST_DISTANCE:g}]")
        return block_NG


def to_steps(distance_NG: NDArray[np.float32]) -> NDArray[np.int32]:
    """Distances in [0, 2] as the nearest whole steps, see `STEPS_OF_ONE`.

    Examples:
        >>> to_steps(np.array([0.5, 0.5 + 1e-7, 0.6], np.float32))
        array([524288, 524288, 629146], dtype=int32)
    """
    # From 8 to 16 a float32 has just these steps: adding 8 rounds to them, and from there on its bits count them.
    steps_NG = np.add(distance_NG, _SHIFT, dtype=np.float32).view(np.int32)
    steps_NG -= _SHIFT.view(np.int32)
    return steps_NG


def _directions(embeddings_ND: NDArray[np.float32], *, side: str) -> NDArray[np.float32]:
    """The embeddings at length one; themselves, not a copy, where they have it already."""
    embeddings_ND = np.asarray(embeddings_ND, np.float32)
    lengths_N = lengths(embeddings_ND, side=side)
    if np.all(np.abs(lengths_N - 1.0) < _UNIT_TOLERANCE):
        return embeddings_ND
    divisors_N = np.where(lengths_N > 0.0, lengths_N, 1.0).astype(np.float32)
    return embeddings_ND / divisors_N[:, None]
