"""Exact nearest neighbours over segments.

FAISS finds candidates in float32, whose sums depend on the kernel that it happens to choose. The candidates, and
whatever rounding could have hidden behind them, are compared again in float64, so that the answer depends on the
stored vectors alone.

Shape letters: N rows, D dimension, Q queries, K hits kept, M candidates.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reid_app.gallery.index import Hit
from reid_app.gallery.segment import Nearest, Segment

_SPARE_HITS = 16
"""Asked for beyond k, so that rounding at the border is nearly always settled at the first try."""
_MIN_ROWS_OF_TASK = 8192
"""Below this, handing work to another thread costs more than it saves."""
_ROWS_OF_BATCH_TASK = 1024
"""With some queries: so many rows stay in the processor's cache while the queries pass over them."""
_QUERIES_OF_BATCH = 256
"""From about here FAISS multiplies matrices, which is four times as fast."""
_ROWS_OF_MATRIX_TASK = 4096
_ROWS_PER_CANDIDATE = 32
"""A task looks at so many rows for each candidate that it returns, which bounds the memory for candidates."""
_GATHERED_ROWS = 8192


class _Task(NamedTuple):
    segment: Segment
    start: int
    """Place of the segment's first row in the whole index."""
    begin: int
    end: int
    rows: NDArray[np.int64] | None
    """From `begin` to `end` of these, or of all rows of the segment."""

    def run(self, queries_QD: NDArray[np.float32], k: int) -> Nearest:
        if self.rows is None:
            found = self.segment.nearest_in_range(queries_QD, start=self.begin, stop=self.end, k=k)
        else:
            found = self.segment.nearest_among(queries_QD, rows=self.rows[self.begin : self.end], k=k)
        return found._replace(rows_QK=found.rows_QK + self.start)


class ExactSearch:
    """One search over the segments as they are at one moment.

    Args:
        segments: The whole index.
        selections: For each segment the rows to look at, increasing; nothing means all.
        pool: Runs the work; its threads must leave FAISS one thread each.
        threads: How many threads the pool has.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        selections: Sequence[NDArray[np.int64] | None],
        *,
        pool: Executor,
        threads: int,
    ) -> None:
        self._segments = segments
        self._selections = selections
        self._pool = pool
        self._threads = threads

    def nearest(self, queries_QD: NDArray[np.float32], *, k: int) -> list[list[Hit]]:
        """The k nearest rows of each query, nearest first, ties by tracklet id.

        Args:
            queries_QD: C-contiguous, L2-normalised.
            k: At least 1.
        """
        batches = range(0, len(queries_QD), _QUERIES_OF_BATCH)
        return [hits for start in batches for hits in self._batch(queries_QD[start : start + _QUERIES_OF_BATCH], k=k)]

    def _batch(self, queries_QD: NDArray[np.float32], *, k: int) -> list[list[Hit]]:
        # Bounds the difference of two ways to sum D products of unit vectors in float32 (Higham, gamma_n), with
        # room for norms that are not quite 1. Twice: once for the row at the border, once for the row left out.
        rounding = 2.0 * 1.01 * (queries_QD.shape[1] + 2) * 2.0**-24
        num_asked = k + _SPARE_HITS
        while True:
            tasks = list(self._tasks(num_queries=len(queries_QD), num_asked=num_asked))
            if not tasks:
                return [[] for _ in queries_QD]
            found = list(self._pool.map(partial(_Task.run, queries_QD=queries_QD, k=num_asked), tasks))
            similarities_QM = np.concatenate([part.similarities_QK for part in found], axis=1)
            border_Q = _kth_largest(similarities_QM, k=k) - rounding
            hidden = (
                not part.is_everything and bool((part.similarities_QK.min(axis=1) >= border_Q).any()) for part in found
            )
            if not any(hidden):
                break
            num_asked *= 4
        places_QM = np.concatenate([part.rows_QK for part in found], axis=1)
        return [
            self._ranked(query_D, places_M[similarities_M >= border], k=k)
            for query_D, places_M, similarities_M, border in zip(
                queries_QD, places_QM, similarities_QM, border_Q, strict=True
            )
        ]

    def _tasks(self, *, num_queries: int, num_asked: int) -> Iterator[_Task]:
        sizes = [
            len(segment) if rows is None else len(rows)
            for segment, rows in zip(self._segments, self._selections, strict=True)
        ]
        num_rows = self._rows_of_task(sum(sizes), num_queries=num_queries, num_asked=num_asked)
        starts = segment_starts(self._segments)
        for segment, rows, size, start in zip(self._segments, self._selections, sizes, starts, strict=True):
            for begin in range(0, size, num_rows):
                yield _Task(segment, start, begin, min(begin + num_rows, size), rows)

    def _rows_of_task(self, num_rows: int, *, num_queries: int, num_asked: int) -> int:
        if num_queries == 1:
            # Two for each thread, so that one that is held up does not hold up all.
            return max(_MIN_ROWS_OF_TASK, -(-num_rows // (2 * self._threads)))
        fitting = _ROWS_OF_MATRIX_TASK if num_queries == _QUERIES_OF_BATCH else _ROWS_OF_BATCH_TASK
        return max(fitting, _ROWS_PER_CANDIDATE * num_asked)

    def _ranked(self, query_D: NDArray[np.float32], places_M: NDArray[np.int64], *, k: int) -> list[Hit]:
        similarities_M = np.empty(len(places_M), np.float64)
        ids: list[bytes] = []
        for begin in range(0, len(places_M), _GATHERED_ROWS):
            places = places_M[begin : begin + _GATHERED_ROWS]
            vectors = gather(self._segments, places, dimension=len(query_D)).astype(np.float64)
            # Not a matrix product: its sums depend on where a row stands among the others.
            similarities_M[begin : begin + len(places)] = (vectors * query_D.astype(np.float64)).sum(axis=1)
            ids.extend(_ids(self._segments, places))
        order = np.lexsort((np.array(ids, dtype=np.bytes_), -similarities_M))[:k]
        return [Hit(ids[position].decode(), float(similarities_M[position])) for position in order]


def _kth_largest(similarities_QM: NDArray[np.float32], *, k: int) -> NDArray[np.float64]:
    num_candidates = similarities_QM.shape[1]
    if num_candidates <= k:
        return np.full(len(similarities_QM), -np.inf)
    position = num_candidates - k
    return np.partition(similarities_QM, position, axis=1)[:, position].astype(np.float64)


def segment_starts(segments: Sequence[Segment]) -> list[int]:
    """Place of the first row of each segment."""
    starts, place = [], 0
    for segment in segments:
        starts.append(place)
        place += len(segment)
    return starts


def _split(
    segments: Sequence[Segment], places: NDArray[np.int64]
) -> Iterator[tuple[Segment, NDArray[np.intp], NDArray[np.int64]]]:
    """Segments that hold some of the places, with which of them they hold, and as their own row numbers."""
    starts = np.array(segment_starts(segments), np.int64)
    numbers = np.searchsorted(starts, places, side="right") - 1
    for number in np.unique(numbers):
        positions = np.flatnonzero(numbers == number)
        yield segments[number], positions, places[positions] - starts[number]


def gather(segments: Sequence[Segment], places: NDArray[np.int64], *, dimension: int) -> NDArray[np.float32]:
    """Vectors ``(len(places), D)`` at the given places of the whole index."""
    vectors = np.empty((len(places), dimension), np.float32)
    for segment, positions, rows in _split(segments, places):
        vectors[positions] = segment.embeddings(rows)
    return vectors


def _ids(segments: Sequence[Segment], places: NDArray[np.int64]) -> list[bytes]:
    ids = [b""] * len(places)
    for segment, positions, rows in _split(segments, places):
        for position, tracklet_id in zip(positions, segment.columns.tracklet_ids[rows].tolist(), strict=True):
            ids[position] = tracklet_id
    return ids
