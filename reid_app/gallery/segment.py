"""A part of the index that never changes: vectors in FAISS, columns beside them, and which rows are alive.

Shape letters: N rows, D dimension, Q queries, K hits kept.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reid_app.gallery.columns import Codes, Columns, join_columns
from reid_app.gallery.filters import GalleryFilter


class Nearest(NamedTuple):
    """The nearest rows of one piece of work, in no order."""

    similarities_QK: NDArray[np.float32]
    rows_QK: NDArray[np.int64]
    """Positions in the segment."""
    is_everything: bool
    """Whether these are all rows that there were to look at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """Rows that were added together. A removed row stays in its place, dead, until the index is compacted."""

    vectors: Any
    """`faiss.IndexFlatIP`; nobody adds to it, for it may be a read-only view of a file."""
    columns: Columns
    alive_N: NDArray[np.bool_] | None
    """Nothing when every row is alive."""

    def __len__(self) -> int:
        return len(self.columns)

    def without(self, rows: Collection[int]) -> "Segment":
        """The same segment with these rows dead."""
        alive_N = np.ones(len(self), np.bool_) if self.alive_N is None else self.alive_N.copy()
        alive_N[list(rows)] = False
        return replace(self, alive_N=alive_N)

    def with_identities(self, codes: Mapping[int, int]) -> "Segment":
        """The same segment with other identities: code by row."""
        return replace(self, columns=self.columns.with_identities(codes))

    def alive_rows(self) -> NDArray[np.int64]:
        """Positions of the living rows, increasing."""
        return np.arange(len(self), dtype=np.int64) if self.alive_N is None else np.flatnonzero(self.alive_N)

    def embeddings(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors ``(len(rows), D)`` of the given rows."""
        vectors_ND: NDArray[np.float32] = self.vectors.reconstruct_batch(rows)
        return vectors_ND

    def selection(self, where: GalleryFilter | None, *, cameras: Codes, identities: Codes) -> NDArray[np.int64] | None:
        """Positions that are alive and fit a filter, increasing; nothing when every row does."""
        fits_N = None if where is None else where.mask(self.columns, cameras=cameras, identities=identities)
        if fits_N is None:
            fits_N = self.alive_N
        elif self.alive_N is not None:
            fits_N = fits_N & self.alive_N
        return None if fits_N is None or fits_N.all() else np.flatnonzero(fits_N)

    def nearest_in_range(self, queries_QD: NDArray[np.float32], *, start: int, stop: int, k: int) -> Nearest:
        """The k nearest of the rows from ``start`` up to ``stop``."""
        import faiss

        # FAISS turns this selector into a shorter scan; it does not test row by row.
        params = faiss.SearchParameters(sel=faiss.IDSelectorRange(start, stop))  # type: ignore[call-arg]
        k = min(k, stop - start)
        similarities_QK, rows_QK = self.vectors.search(queries_QD, k, params=params)
        return Nearest(similarities_QK, rows_QK, is_everything=k == stop - start)

    def nearest_among(self, queries_QD: NDArray[np.float32], *, rows: NDArray[np.int64], k: int) -> Nearest:
        """The k nearest of the given rows; costs as much as there are rows, whatever the size of the segment."""
        if len(queries_QD) > 1:
            return self._nearest_among_copies(queries_QD, rows=rows, k=k)
        import faiss

        similarities_QN = np.empty((1, len(rows)), np.float32)
        faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]
            faiss.swig_ptr(similarities_QN),
            faiss.swig_ptr(queries_QD),
            self.vectors.get_xb(),
            faiss.swig_ptr(rows),
            queries_QD.shape[1],
            1,
            len(rows),
        )
        if k >= len(rows):
            return Nearest(similarities_QN, np.broadcast_to(rows, similarities_QN.shape), is_everything=True)
        order_QK = np.argpartition(similarities_QN, len(rows) - k, axis=1)[:, len(rows) - k :]
        return Nearest(np.take_along_axis(similarities_QN, order_QK, axis=1), rows[order_QK], is_everything=False)

    def _nearest_among_copies(self, queries_QD: NDArray[np.float32], *, rows: NDArray[np.int64], k: int) -> Nearest:
        # With several queries, copying the rows together once is cheaper than picking them for each.
        import faiss

        k = min(k, len(rows))
        similarities_QK, chosen_QK = faiss.knn(queries_QD, self.embeddings(rows), k, metric=faiss.METRIC_INNER_PRODUCT)
        return Nearest(similarities_QK, rows[chosen_QK], is_everything=k == len(rows))


def make_segment(embeddings_ND: NDArray[np.float32], columns: Columns) -> Segment:
    """A segment of its own memory; FAISS copies the vectors.

    Raises:
        ValueError: There are not as many vectors as rows.
    """
    import faiss

    if len(embeddings_ND) != len(columns):
        raise ValueError(f"got {len(embeddings_ND)} vectors for {len(columns)} rows")
    vectors = faiss.IndexFlatIP(embeddings_ND.shape[1])
    vectors.add(embeddings_ND)
    return Segment(vectors=vectors, columns=columns, alive_N=None)


def join_segments(first: Segment, second: Segment) -> Segment:
    """A new segment with the rows of both in their places, dead ones too."""
    embeddings = [segment.vectors.reconstruct_n(0, len(segment)) for segment in (first, second)]
    joined = make_segment(np.concatenate(embeddings), join_columns([first.columns, second.columns]))
    if first.alive_N is None and second.alive_N is None:
        return joined
    alive = [np.ones(len(part), np.bool_) if part.alive_N is None else part.alive_N for part in (first, second)]
    return replace(joined, alive_N=np.concatenate(alive))
