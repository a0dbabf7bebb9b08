"""The vector index of one machine: FAISS over segments that never change, so that searches need no lock."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.gallery.columns import NO_CODE, Codes, Columns, IndexRow, encode_rows, join_columns
from reid_app.gallery.exact import ExactSearch, gather, segment_starts
from reid_app.gallery.filters import GalleryFilter
from reid_app.gallery.index import Hit
from reid_app.gallery.segment import Segment, join_segments, make_segment

_SEGMENT_ROWS = 8192
"""New rows are joined to the last segment up to this size: a join copies at most this much."""
_MAX_NORM_ERROR = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Content:
    """All that an index holds."""

    vectors: Any
    """`faiss.IndexFlatIP` with one vector a row."""
    columns: Columns
    cameras: tuple[str, ...]
    """Name of each camera code."""
    identities: tuple[str, ...]
    """Identity id of each identity code."""


class FlatIndex:
    """FAISS exact inner product over immutable segments; implements `VectorIndex`.

    An answer depends on the stored vectors alone: not on threads, batches, filters or the order of additions.
    """

    def __init__(self, dimension: int, *, threads: int) -> None:
        if dimension < 1 or threads < 1:
            raise ValueError(f"dimension and threads must be at least 1, got {dimension} and {threads}")
        import faiss

        self._dimension = dimension
        self._threads = threads
        # FAISS reads its thread count from the calling thread: these threads are the parallelism, each uses one.
        # They end with the index, once no search needs it any more.
        self._pool = ThreadPoolExecutor(
            threads, thread_name_prefix="search", initializer=faiss.omp_set_num_threads, initargs=(1,)
        )
        self._cameras = Codes()
        self._identities = Codes()
        self._segments: tuple[Segment, ...] = ()
        self._places: dict[str, int] = {}

    @property
    def dimension(self) -> int:
        """D of the embeddings."""
        return self._dimension

    @classmethod
    def from_content(cls, content: Content, *, threads: int) -> "FlatIndex":
        """An index over what `content` gave; its vectors are used where they lie and never changed.

        Raises:
            ValueError: A tracklet comes twice, a code has no name, or counts differ.
        """
        index = cls(content.vectors.d, threads=threads)
        columns = content.columns
        index._cameras = Codes(content.cameras)
        index._identities = Codes(content.identities)
        if len(columns):
            index._segments = (Segment(vectors=content.vectors, columns=columns, alive_N=None),)
            index._places = _places_of(index._segments)
        fits = (
            content.vectors.ntotal == len(columns) == len(index._places)
            and _are_codes(columns.cameras, num_names=len(content.cameras), lowest=0)
            and _are_codes(columns.identities, num_names=len(content.identities), lowest=NO_CODE)
        )
        if not fits:
            raise ValueError("vectors, tracklet ids and names of an index do not fit together")
        return index

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, tracklet_id: str) -> bool:
        return tracklet_id in self._places

    # Changes: each makes new segments and swaps them in at once, so that a search keeps the ones that it began with.

    def add(self, rows: Sequence[IndexRow], embeddings_ND: NDArray[np.float32]) -> None:
        """See `VectorIndex.add`."""
        self._check_unit("embeddings", embeddings_ND)
        ids = [row.tracklet_id for row in rows]
        if len(set(ids)) != len(ids) or any(tracklet_id in self._places for tracklet_id in ids):
            raise ValueError("a tracklet to add is in the index already, or comes twice")
        if len(rows) != len(embeddings_ND):
            raise ValueError(f"got {len(embeddings_ND)} embeddings for {len(rows)} tracklets")
        if rows:
            columns = encode_rows(rows, cameras=self._cameras, identities=self._identities)
            self._append(make_segment(embeddings_ND, columns), ids)

    def remove(self, tracklet_ids: Collection[str]) -> int:
        """See `VectorIndex.remove`."""
        places = [self._places.pop(tracklet_id) for tracklet_id in set(tracklet_ids) & self._places.keys()]
        self._edit(dict.fromkeys(places, 0), lambda segment, rows: segment.without(rows))
        num_rows = sum(map(len, self._segments))
        if num_rows - len(self) > max(len(self), _SEGMENT_ROWS):
            self._compact()
        return len(places)

    def set_identities(self, identity_of: Mapping[str, str | None]) -> None:
        """See `VectorIndex.set_identities`."""
        codes = {self._places[tracklet]: self._identities.add(identity) for tracklet, identity in identity_of.items()}
        self._edit(codes, lambda segment, rows: segment.with_identities(rows))

    def _append(self, segment: Segment, ids: Sequence[str]) -> None:
        start = sum(map(len, self._segments))
        self._segments = _joined(self._segments, segment)
        self._places.update(zip(ids, range(start, start + len(ids)), strict=True))

    def _edit(self, values: Mapping[int, int], edit: Callable[[Segment, Mapping[int, int]], Segment]) -> None:
        starts = segment_starts(self._segments)
        rows_of: dict[int, dict[int, int]] = {}
        for place, value in values.items():
            number = bisect_right(starts, place) - 1
            rows_of.setdefault(number, {})[place - starts[number]] = value
        self._segments = tuple(
            edit(segment, rows_of[number]) if number in rows_of else segment
            for number, segment in enumerate(self._segments)
        )

    def _compact(self) -> None:
        segments: tuple[Segment, ...] = ()
        for segment in self._segments:
            rows = segment.alive_rows()
            if len(rows) == len(segment):
                segments = _joined(segments, segment)
            elif len(rows):
                segments = _joined(segments, make_segment(segment.embeddings(rows), segment.columns.take(rows)))
        self._segments = segments
        self._places = _places_of(segments)

    # What the snapshot keeps.

    def content(self) -> Content:
        """All living rows, ready to be written; costs their memory once more."""
        import faiss

        vectors = faiss.IndexFlatIP(self._dimension)
        parts: list[Columns] = [encode_rows([], cameras=self._cameras, identities=self._identities)]
        for segment in self._segments:
            rows = segment.alive_rows()
            parts.append(segment.columns.take(rows))
            for start in range(0, len(rows), _SEGMENT_ROWS):
                vectors.add(segment.embeddings(rows[start : start + _SEGMENT_ROWS]))
        return Content(
            vectors=vectors,
            columns=join_columns(parts),
            cameras=self._cameras.names,
            identities=self._identities.names,
        )

    # Searches.

    def embeddings(self, tracklet_ids: Sequence[str]) -> NDArray[np.float32]:
        """See `VectorIndex.embeddings`."""
        places = np.array([self._places[tracklet_id] for tracklet_id in tracklet_ids], np.int64)
        return gather(self._segments, places, dimension=self._dimension)

    def search(self, queries_QD: NDArray[np.float32], *, k: int, where: GalleryFilter | None) -> list[list[Hit]]:
        """See `VectorIndex.search`."""
        self._check_unit("queries", queries_QD)
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        segments = self._segments
        selections = [
            segment.selection(where, cameras=self._cameras, identities=self._identities) for segment in segments
        ]
        excluded = frozenset() if where is None else where.exclude_tracklets
        found = ExactSearch(segments, selections, pool=self._pool, threads=self._threads).nearest(
            np.ascontiguousarray(queries_QD), k=k + len(excluded)
        )
        return [[hit for hit in hits if hit.tracklet_id not in excluded][:k] for hits in found]

    def _check_unit(self, name: str, vectors_ND: NDArray[np.float32]) -> None:
        if vectors_ND.ndim != 2 or vectors_ND.shape[1] != self._dimension or vectors_ND.dtype != np.float32:
            raise ValueError(
                f"{name} must be float32 (N, {self._dimension}), got {vectors_ND.dtype} {vectors_ND.shape}"
            )
        norms_N = np.linalg.norm(vectors_ND, axis=1)
        # Written so that NaN fails too.
        if not (np.abs(norms_N - 1.0) <= _MAX_NORM_ERROR).all():
            raise ValueError(f"{name} must be finite and L2-normalised, got norms {norms_N.min()} to {norms_N.max()}")


def _joined(segments: tuple[Segment, ...], segment: Segment) -> tuple[Segment, ...]:
    if segments and len(segments[-1]) + len(segment) <= _SEGMENT_ROWS:
        return (*segments[:-1], join_segments(segments[-1], segment))
    return (*segments, segment)


def _places_of(segments: Sequence[Segment]) -> dict[str, int]:
    ids = (tracklet_id for segment in segments for tracklet_id in segment.columns.ids())
    return {tracklet_id: place for place, tracklet_id in enumerate(ids)}


def _are_codes(column: NDArray[np.int32], *, num_names: int, lowest: int) -> bool:
    return len(column) == 0 or bool(column.min() >= lowest and column.max() < num_names)
