"""How well people of one camera are found in another.

Shape letters: V all queries that have a match, N those of a block, M matches, R rankings (a query in a camera),
A cameras of queries, B cameras of the gallery.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.match_ranks import Matches
from reid_app.evaluation.metrics import average_precision, ordinals
from reid_app.evaluation.protocols import AveragePrecision


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CameraPairs:
    """Queries of camera `a` searched among the gallery tracklets of camera `b` alone.

    A query counts for each camera that has a match of it.
    """

    query_camids_A: NDArray[np.int64]
    """Cameras of the queries that have a match, increasing."""
    gallery_camids_B: NDArray[np.int64]
    """Cameras of the gallery, increasing."""
    num_queries_AB: NDArray[np.int64]
    """Queries that count."""
    rank1_AB: NDArray[np.float64]
    """Share of them whose nearest tracklet is a match; NaN where no query counts."""
    mean_ap_AB: NDArray[np.float64]
    """Their mean average precision, in the protocol's form; NaN where no query counts."""


class CameraPairCounter:
    """Adds up what single queries are worth, camera by camera.

    Args:
        query_camids_V: Cameras of all queries to come.
        gallery_camids_B: Cameras of the gallery, increasing.
        form: Of average precision.
    """

    def __init__(
        self, *, query_camids_V: NDArray[np.int64], gallery_camids_B: NDArray[np.int64], form: AveragePrecision
    ) -> None:
        self._query_camids_A = np.unique(query_camids_V)
        self._gallery_camids_B = gallery_camids_B
        self._form = form
        shape = len(self._query_camids_A), len(gallery_camids_B)
        self._num_queries_AB = np.zeros(shape, np.int64)
        self._num_first_AB = np.zeros(shape, np.int64)
        self._sum_ap_AB = np.zeros(shape)

    def add(self, matches: Matches, *, query_camids_N: NDArray[np.int64]) -> None:
        """Count a block of queries.

        Args:
            matches: Of the block.
            query_camids_N: Cameras of its queries.
        """
        num_queries, num_cameras = len(query_camids_N), len(self._gallery_camids_B)
        ranking_M = matches.row_M * num_cameras + matches.camera_M
        order = np.argsort(ranking_M, kind="stable")
        ranking_M = ranking_M[order]
        ordinal_M = ordinals(ranking_M)
        rank_M = ordinal_M + matches.num_nearer_wrong_MC[order, matches.camera_M[order]]
        ap_R = average_precision(rank_M, ranking_M=ranking_M, num_rankings=num_queries * num_cameras, form=self._form)
        first = ranking_M[ordinal_M == 1]
        rows, cameras = np.divmod(first, num_cameras)
        cells = np.searchsorted(self._query_camids_A, query_camids_N)[rows], cameras
        np.add.at(self._num_queries_AB, cells, 1)
        np.add.at(self._num_first_AB, cells, rank_M[ordinal_M == 1] == 1)
        np.add.at(self._sum_ap_AB, cells, ap_R[first])

    def camera_pairs(self) -> CameraPairs:
        """The means of what was counted."""
        num_AB = np.where(self._num_queries_AB > 0, self._num_queries_AB, np.nan)
        return CameraPairs(
            query_camids_A=self._query_camids_A,
            gallery_camids_B=self._gallery_camids_B,
            num_queries_AB=self._num_queries_AB,
            rank1_AB=self._num_first_AB / num_AB,
            mean_ap_AB=self._sum_ap_AB / num_AB,
        )
