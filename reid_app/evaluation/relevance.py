"""What is right for a query, and what is neither right nor wrong.

Shape letters: Q queries, G gallery tracklets, P pairs of a query and a gallery tracklet of its identity.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.labels import DISTRACTOR_PID, JUNK_PID, Labels
from reid_app.evaluation.protocols import EvaluationProtocol


class SkipReason(StrEnum):
    """Why a query has no match and counts in no metric."""

    NOBODY = "the query is a distractor or junk"
    ABSENT = "its identity is not in the gallery"
    OWN_CAMERA_ONLY = "its identity is seen by its own camera only"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IdentityPairs:
    """Every pair of some queries with a gallery tracklet of the same identity, in the order of the queries."""

    row_P: NDArray[np.int64]
    """Query, counted from the first of them."""
    column_P: NDArray[np.int64]
    """Gallery tracklet."""
    is_match_P: NDArray[np.bool_]
    """Right; otherwise left out."""


class Relevance:
    """Knows the pairs of one identity, and which of them are left out.

    Args:
        query: Labels of the queries.
        gallery: Labels of the gallery.
        own_column_Q: Where in the gallery each query's own tracklet is, -1 where it is not.
        protocol: Says what is left out besides a query's own tracklet and junk.

    Raises:
        ValueError: `own_column_Q` does not fit the labels.
    """

    def __init__(
        self, *, query: Labels, gallery: Labels, own_column_Q: NDArray[np.int64], protocol: EvaluationProtocol
    ) -> None:
        _check_own_columns(own_column_Q, query=query, gallery=gallery)
        self._query = query
        self._gallery = gallery
        self._own_column_Q = own_column_Q
        self._protocol = protocol
        self._is_person_Q = (query.pids != DISTRACTOR_PID) & (query.pids != JUNK_PID)
        self._columns_by_pid_G = np.argsort(gallery.pids, kind="stable")
        self._first_Q, num_pairs_Q = _find(query.pids, among=gallery.pids[self._columns_by_pid_G])
        self._num_pairs_Q = np.where(self._is_person_Q, num_pairs_Q, 0)
        self.has_match_Q = self._num_pairs_Q > self._num_left_out()
        """Whether a query counts."""

    def _num_left_out(self) -> NDArray[np.int64]:
        match self._protocol.left_out:
            case "itself":
                return (self._own_column_Q >= 0).astype(np.int64)
            case "own-camera":
                num_cameras = max(labels.camids.max(initial=0) for labels in (self._query, self._gallery)) + 1
                seen_Q, seen_G = (labels.pids * num_cameras + labels.camids for labels in (self._query, self._gallery))
                return _find(seen_Q, among=np.sort(seen_G))[1]

    def pairs(self, start: int, stop: int) -> IdentityPairs:
        """The pairs of the queries from `start` to `stop`; distractors and junk have no identity, so no pairs."""
        num_pairs_N = self._num_pairs_Q[start:stop]
        row_P = np.repeat(np.arange(stop - start), num_pairs_N)
        place_P = np.arange(len(row_P)) - np.repeat(np.cumsum(num_pairs_N) - num_pairs_N, num_pairs_N)
        query_P = start + row_P
        column_P = self._columns_by_pid_G[self._first_Q[query_P] + place_P]
        is_match_P = column_P != self._own_column_Q[query_P]
        if self._protocol.left_out == "own-camera":
            is_match_P &= self._gallery.camids[column_P] != self._query.camids[query_P]
        return IdentityPairs(row_P=row_P, column_P=column_P, is_match_P=is_match_P)

    def num_impostors(self) -> int:
        """Pairs of a query that counts and a wrong tracklet."""
        num_ranked = np.count_nonzero(self._gallery.pids != JUNK_PID)
        return int(np.sum(num_ranked - self._num_pairs_Q[self.has_match_Q]))

    def skipped(self) -> dict[SkipReason, int]:
        """How many queries have no match, by reason."""
        has_others_Q = self._num_pairs_Q > (self._own_column_Q >= 0)
        return {
            SkipReason.NOBODY: int(np.count_nonzero(~self._is_person_Q)),
            SkipReason.ABSENT: int(np.count_nonzero(self._is_person_Q & ~has_others_Q)),
            SkipReason.OWN_CAMERA_ONLY: int(np.count_nonzero(self._is_person_Q & has_others_Q & ~self.has_match_Q)),
        }


def _find(values: NDArray[np.int64], *, among: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First place of each value in a sorted list, and how often it is there."""
    first = np.searchsorted(among, values, side="left")
    return first, np.searchsorted(among, values, side="right") - first


def _check_own_columns(own_column_Q: NDArray[np.int64], *, query: Labels, gallery: Labels) -> None:
    if own_column_Q.shape != query.pids.shape:
        raise ValueError(f"{len(query)} queries need as many own columns, got {own_column_Q.shape}")
    if len(query) and not (own_column_Q.min() >= -1 and own_column_Q.max() < len(gallery)):
        raise ValueError(
            f"own columns must lie from -1 to {len(gallery) - 1}, got {own_column_Q.min()} to {own_column_Q.max()}"
        )
    rows = np.flatnonzero(own_column_Q >= 0)
    columns = own_column_Q[rows]
    differs = (query.pids[rows] != gallery.pids[columns]) | (query.camids[rows] != gallery.camids[columns])
    if differs.any():
        row = rows[differs][0]
        raise ValueError(
            f"query {row} and its own tracklet in the gallery, column {own_column_Q[row]}, differ in identity or camera"
        )
