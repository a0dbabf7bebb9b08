"""What an evaluation found.

Shape letters: V queries that have a match, K ranks.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.camera_pairs import CameraPairs
from reid_app.evaluation.metrics import cumulative_match_characteristic
from reid_app.evaluation.protocols import EvaluationProtocol
from reid_app.evaluation.relevance import SkipReason
from reid_app.evaluation.roc import Roc

NUM_RANKS = 50
"""Ranks of the CMC."""

NAMED_RANKS = (1, 5, 10, 20)
"""Ranks that tables name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """Every metric of one ranking of a gallery, and of each query what they are the mean of.

    `reid_app.evaluation.evaluate.evaluate` defines the metrics. Shares lie in [0, 1].
    """

    protocol: EvaluationProtocol
    """The rules, without which no number means anything."""
    num_queries: int
    """Queries asked, those that were skipped among them."""
    num_gallery: int
    """Tracklets searched, junk among them."""
    skipped: dict[SkipReason, int]
    """Queries without a match, which count in no metric, by reason."""
    query_rows_V: NDArray[np.int64]
    """Queries that count, increasing."""
    first_match_rank_V: NDArray[np.int64]
    """Rank of each one's first match, from 1."""
    average_precision_V: NDArray[np.float64]
    """Average precision of each, in the protocol's form."""
    inverse_negative_penalty_V: NDArray[np.float64]
    """Number of matches over the rank of the last one, of each."""
    roc: Roc
    """Over all pairs of the queries that count."""
    camera_pairs: CameraPairs
    """Camera by camera."""

    @property
    def cmc(self) -> NDArray[np.float64]:
        """Share of queries with a match at rank 1, within the first 2, … 50 ranks ``(50,)``."""
        return cumulative_match_characteristic(self.first_match_rank_V, num_ranks=NUM_RANKS)

    @property
    def rank1(self) -> float:
        """Share of queries whose nearest tracklet is a match."""
        return self.rank_k(1)

    def rank_k(self, k: int) -> float:
        """Share of queries with a match within the first k ranks.

        Raises:
            ValueError: k is below 1.
        """
        if k < 1:
            raise ValueError(f"ranks count from 1, got {k}")
        return float(np.mean(self.first_match_rank_V <= k))

    def recall_at(self, k: int) -> float:
        """Recall@K of the retrieval data sets (CUB-200-2011, CARS196), which is rank-k by another name.

        Raises:
            ValueError: k is below 1.
        """
        return self.rank_k(k)

    @property
    def mean_ap(self) -> float:
        """MAP: mean average precision, over the whole gallery."""
        return float(np.mean(self.average_precision_V))

    @property
    def mean_inp(self) -> float:
        """MINP: mean inverse negative penalty."""
        return float(np.mean(self.inverse_negative_penalty_V))

    def summary(self) -> dict[str, Any]:
        """All but the single queries, ready for JSON; what is not defined is None."""
        pairs = self.camera_pairs
        return {
            "protocol": self.protocol.name,
            "protocol_summary": self.protocol.summary,
            "num_queries": self.num_queries,
            "num_gallery": self.num_gallery,
            "num_ranked": len(self.query_rows_V),
            "skipped": {str(reason): count for reason, count in self.skipped.items()},
            "cmc": {str(rank): self.rank_k(rank) for rank in NAMED_RANKS},
            "mean_ap": self.mean_ap,
            "mean_inp": self.mean_inp,
            "num_genuine_pairs": self.roc.num_genuine,
            "num_impostor_pairs": self.roc.num_impostors,
            "tpr_at_far": {f"{far:g}": _or_none(tpr) for far, tpr in self.roc.tpr_at_far.items()},
            "fnmr_at_fmr": {f"{far:g}": _or_none(fnmr) for far, fnmr in self.roc.fnmr_at_fmr.items()},
            "camera_pairs": {
                "query_cameras": pairs.query_camids_A.tolist(),
                "gallery_cameras": pairs.gallery_camids_B.tolist(),
                "num_queries": pairs.num_queries_AB.tolist(),
                "rank1": _table(pairs.rank1_AB),
                "mean_ap": _table(pairs.mean_ap_AB),
            },
        }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _table(values_AB: NDArray[np.float64]) -> list[list[float | None]]:
    return [[_or_none(value) for value in row] for row in values_AB.tolist()]
