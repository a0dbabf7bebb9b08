"""The rank of every match, without putting the gallery in order.

The rank of a query's i-th match is i plus the number of wrong tracklets that are not farther. Sorting numbers is
several times as fast as finding the order of the gallery (argsort), and matches are few: each looks its place up among
the sorted distances of the wrong ones. A number is made of query, camera and distance, so that one sort serves the
ranks in the whole gallery, the ranks in each camera alone, and the nearest wrong tracklets for the ROC.

Shape letters: N queries, G gallery tracklets, C gallery cameras, P pairs of one identity, M matches.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.distances import to_steps
from reid_app.evaluation.labels import JUNK_PID, Labels
from reid_app.evaluation.metrics import ordinals
from reid_app.evaluation.relevance import IdentityPairs

_STEPS_OF_CAMERA = 2**22
"""Room for the distances of a query to the tracklets of a camera, which are 2**21 steps at most."""

_FEWEST_ROWS = 16
"""Sorted at once even where there are so many cameras that the numbers need 64 bits."""


class GalleryCameras:
    """The camera of each gallery tracklet as a small number.

    Args:
        gallery: Labels of the gallery.
    """

    def __init__(self, gallery: Labels) -> None:
        is_junk_G = gallery.pids == JUNK_PID
        self.camids_C = np.unique(gallery.camids[~is_junk_G])
        """Cameras that have a tracklet, increasing."""
        self.nowhere = len(self.camids_C)
        """The camera after the last: of tracklets that are not there for a query."""
        self.camera_G = np.where(is_junk_G, self.nowhere, np.searchsorted(self.camids_C, gallery.camids))
        """Place of each tracklet's camera among them, `nowhere` for junk."""
        self.num_rows = max(_FEWEST_ROWS, 2**31 // (_STEPS_OF_CAMERA * (self.nowhere + 1)))
        """Queries that are best sorted at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matches:
    """The matches of some queries, ordered by query and distance."""

    row_M: NDArray[np.int64]
    """Query, as its place among them."""
    camera_M: NDArray[np.int64]
    """Camera of the gallery tracklet, as its place among the gallery's cameras."""
    steps_M: NDArray[np.int32]
    """Distance in steps."""
    num_nearer_wrong_MC: NDArray[np.int64]
    """Wrong tracklets of each camera that are not farther than the match."""

    @property
    def rank_M(self) -> NDArray[np.int64]:
        """Rank in the whole gallery, from 1."""
        rank_M: NDArray[np.int64] = ordinals(self.row_M) + self.num_nearer_wrong_MC.sum(axis=1)
        return rank_M


class SortedDistances:
    """The wrong tracklets of some queries, sorted by query, camera and distance.

    Args:
        distance_NG: To the whole gallery.
        pairs: Of the same queries.
        cameras: Of the gallery.
    """

    def __init__(self, distance_NG: NDArray[np.float32], *, pairs: IdentityPairs, cameras: GalleryCameras) -> None:
        row_P, column_P = pairs.row_P, pairs.column_P
        steps_P = to_steps(distance_NG[row_P, column_P])
        order = np.lexsort((steps_P, row_P))
        order = order[pairs.is_match_P[order]]
        self._row_M, self._camera_M, self._steps_M = row_P[order], cameras.camera_G[column_P[order]], steps_P[order]

        num_numbers = len(distance_NG) * (cameras.nowhere + 1) * _STEPS_OF_CAMERA
        cell_NC = np.arange(0, num_numbers, _STEPS_OF_CAMERA).reshape(len(distance_NG), -1)
        cell_NC = cell_NC.astype(np.int32 if num_numbers <= 2**31 else np.int64)
        self._first_NC, nowhere_N = cell_NC[:, :-1], cell_NC[:, -1]
        numbers_NG = to_steps(distance_NG).astype(cell_NC.dtype, copy=False)
        numbers_NG += cell_NC[0, cameras.camera_G]
        numbers_NG += cell_NC[:, :1]
        numbers_NG[row_P, column_P] = nowhere_N[row_P]
        numbers_NG.sort(axis=1)
        self._numbers = numbers_NG.ravel()
        self._start_NC = self._place(self._first_NC, side="left")

    def _place(self, numbers: NDArray[np.signedinteger], *, side: Literal["left", "right"]) -> NDArray[np.int64]:
        return np.searchsorted(self._numbers, numbers.astype(self._numbers.dtype, copy=False), side=side)

    def matches(self) -> Matches:
        """The matches, with how many wrong tracklets come before each."""
        stop_MC = self._place(self._first_NC[self._row_M] + self._steps_M[:, None], side="right")
        return Matches(
            row_M=self._row_M,
            camera_M=self._camera_M,
            steps_M=self._steps_M,
            num_nearer_wrong_MC=stop_MC - self._start_NC[self._row_M],
        )

    def near_wrong(self, reach: int, *, is_counted_N: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Steps of the wrong tracklets that are at most `reach` steps away, of the queries that count."""
        stop_NC = self._place(self._first_NC + reach, side="right")
        starts, stops = self._start_NC[is_counted_N].ravel(), stop_NC[is_counted_N].ravel()
        near = [self._numbers[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
        return (np.concatenate([self._numbers[:0], *near]) & (_STEPS_OF_CAMERA - 1)).astype(np.int64)
