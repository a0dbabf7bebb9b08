"""An evaluation block by block: what is kept does not grow with queries x gallery.

Shape letters: Q queries, N some of them, G gallery tracklets, M matches.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.camera_pairs import CameraPairCounter
from reid_app.evaluation.distances import FARTHEST_STEPS, DistanceBlocks, to_steps
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.match_ranks import GalleryCameras, Matches, SortedDistances
from reid_app.evaluation.metrics import average_precision, inverse_negative_penalty, ordinals
from reid_app.evaluation.protocols import AveragePrecision
from reid_app.evaluation.relevance import Relevance
from reid_app.evaluation.roc import PairCounter

_DISTANCES_OF_BLOCK = 3 * 2**20
"""12 MiB of them: enough queries for a fast product of matrices."""

_NUM_THREADS = min(4, os.cpu_count() or 1)
"""Blocks in work at once; each takes some 30 MiB."""

_SAMPLED_QUERIES = 24
_SAMPLED_COLUMN = 8
_SHARE_WITHIN_REACH = 0.16
"""Of the sample; more than the tenth that is needed, since the sample is not like all."""


class BlockwiseEvaluation:
    """The metrics of every query; `run` fills them in, of those that have a match.

    Args:
        distances: Of all queries to the whole gallery.
        query: Labels of the queries.
        gallery: Labels of the gallery.
        relevance: Of the gallery to the queries; at least one has a match.
        form: Of average precision.
    """

    def __init__(
        self,
        distances: DistanceBlocks,
        *,
        query: Labels,
        gallery: Labels,
        relevance: Relevance,
        form: AveragePrecision,
    ) -> None:
        self._distances = distances
        self._query = query
        self._relevance = relevance
        self._form = form
        self._cameras = GalleryCameras(gallery)
        self._asking, self._counting = threading.Lock(), threading.Lock()
        self.first_match_rank_Q = np.zeros(len(query), np.int64)
        self.average_precision_Q = np.zeros(len(query))
        self.inverse_negative_penalty_Q = np.zeros(len(query))

    def run(self) -> None:
        """Rank the gallery for every query.

        The ROC needs the nearest tenth of the impostors, exactly. How far that reaches is guessed from a few queries;
        if there turn out to be fewer so near, everything is done once more without a guess.
        """
        self._rank_all(reach=self._likely_reach())
        if not self.pair_counter.reaches_far_enough:
            self._rank_all(reach=FARTHEST_STEPS)

    def _likely_reach(self) -> int:
        last = max(0, len(self._query) - _SAMPLED_QUERIES)
        sample = [
            self._distances.rows(start, min(start + _SAMPLED_QUERIES, len(self._query)))[:, ::_SAMPLED_COLUMN]
            for start in (0, last // 2, last)
        ]
        return int(np.quantile(to_steps(np.concatenate(sample)), _SHARE_WITHIN_REACH))

    def _rank_all(self, *, reach: int) -> None:
        self._reach = reach
        self.pair_counter = PairCounter(num_impostors=self._relevance.num_impostors(), reach=reach)
        self.camera_counter = CameraPairCounter(
            query_camids_V=self._query.camids[self._relevance.has_match_Q],
            gallery_camids_B=self._cameras.camids_C,
            form=self._form,
        )
        num_queries, num_columns = self._distances.shape
        starts = range(0, num_queries, max(1, _DISTANCES_OF_BLOCK // num_columns))
        with ThreadPoolExecutor(_NUM_THREADS) as pool:
            for ranked in pool.map(self._rank_block, starts, [*starts[1:], num_queries]):
                # In order, so that sums of floats are the same in every run.
                for query_camids_N, matches in ranked:
                    self.camera_counter.add(matches, query_camids_N=query_camids_N)

    def _rank_block(self, start: int, stop: int) -> list[tuple[NDArray[np.int64], Matches]]:
        """Cameras and matches of these queries, in parts that are sorted at once."""
        with self._asking:
            distance_NG = self._distances.rows(start, stop)
        bounds = [*range(start, stop, self._cameras.num_rows), stop]
        return [
            (self._query.camids[first:last], self._rank_queries(first, last, distance_NG[first - start : last - start]))
            for first, last in pairwise(bounds)
        ]

    def _rank_queries(self, start: int, stop: int, distance_NG: NDArray[np.float32]) -> Matches:
        sorted_distances = SortedDistances(distance_NG, pairs=self._relevance.pairs(start, stop), cameras=self._cameras)
        near_wrong = sorted_distances.near_wrong(self._reach, is_counted_N=self._relevance.has_match_Q[start:stop])
        matches = sorted_distances.matches()
        with self._counting:
            self.pair_counter.add(genuine=matches.steps_M, impostor=near_wrong)
        row_M, rank_M, num_rows = matches.row_M, matches.rank_M, stop - start
        is_first_M = ordinals(row_M) == 1
        self.first_match_rank_Q[start + row_M[is_first_M]] = rank_M[is_first_M]
        self.average_precision_Q[start:stop] = average_precision(
            rank_M, ranking_M=row_M, num_rankings=num_rows, form=self._form
        )
        self.inverse_negative_penalty_Q[start:stop] = inverse_negative_penalty(
            rank_M, ranking_M=row_M, num_rankings=num_rows
        )
        return matches
