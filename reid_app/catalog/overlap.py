"""Which tracklets of a new run show the people that somebody named in an earlier one.

A label keeps where its person was at some moments. At each of them, the tracklet whose box fits best has a vote, if it
fits well enough. A tracklet takes a label when at least half of the label's moments within its time vote for it.
Where labels of several identities ask for one tracklet, the identity with the most votes takes it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.catalog.observations import Observations

# Boxes of one person by two detectors overlap by more than this, those of two people side by side by less.
_MIN_IOU = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name that people gave to somebody in a video."""

    label_id: str
    identity_id: str
    name: str
    samples: tuple[tuple[float, float, float, float, float], ...]
    """``pts_s, x1, y1, x2, y2`` at some moments, in time order, at least one."""

    @property
    def start_s(self) -> float:
        """The first moment."""
        return self.samples[0][0]

    @property
    def end_s(self) -> float:
        """The last moment."""
        return self.samples[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A label asks for a tracklet."""

    label: Label
    tracklet_id: str
    num_votes: int
    overlap: float
    """Sum of the intersections over unions that voted."""


def assign_labels(labels: Sequence[Label], tracklets: Mapping[str, Observations]) -> list[Claim]:
    """Claims that are granted: a label may have several tracklets, a tracklet has labels of one identity only.

    Args:
        labels: Of one video, oldest first.
        tracklets: Observations of one run's tracklets, by id; those far from all labels may be left out.
    """
    claims_by_tracklet: dict[str, list[Claim]] = defaultdict(list)
    for label in labels:
        for claim in _claims(label, tracklets):
            claims_by_tracklet[claim.tracklet_id].append(claim)
    return [claim for tracklet_id in tracklets for claim in _granted(claims_by_tracklet[tracklet_id])]


def _granted(claims: Sequence[Claim]) -> list[Claim]:
    if not claims:
        return []
    strength: dict[str, tuple[int, float]] = {}
    for claim in claims:
        votes, overlap = strength.get(claim.label.identity_id, (0, 0.0))
        strength[claim.label.identity_id] = (votes + claim.num_votes, overlap + claim.overlap)
    # The first of equals wins: dictionaries keep the order of insertion, which is that of the labels.
    winner = max(strength, key=lambda identity_id: strength[identity_id])
    return [claim for claim in claims if claim.label.identity_id == winner]


def _claims(label: Label, tracklets: Mapping[str, Observations]) -> list[Claim]:
    samples = np.asarray(label.samples, np.float64)
    moments_S, boxes_S4 = samples[:, 0], samples[:, 1:]
    near = {
        tracklet_id: seen
        for tracklet_id, seen in tracklets.items()
        if seen.pts_s[0] <= moments_S[-1] and seen.pts_s[-1] >= moments_S[0]
    }
    if not near:
        return []
    is_within_TS = np.stack([(moments_S >= seen.pts_s[0]) & (moments_S <= seen.pts_s[-1]) for seen in near.values()])
    iou_TS = np.stack([_iou(boxes_S4, _boxes_at(moments_S, seen)) for seen in near.values()]) * is_within_TS
    best_S = iou_TS.argmax(axis=0)
    votes_S = iou_TS.max(axis=0) >= _MIN_IOU
    claims = []
    for row, tracklet_id in enumerate(near):
        is_vote_S = votes_S & (best_S == row)
        num_votes = int(is_vote_S.sum())
        if num_votes and 2 * num_votes >= int(is_within_TS[row].sum()):
            overlap = float(iou_TS[row, is_vote_S].sum())
            claims.append(Claim(label=label, tracklet_id=tracklet_id, num_votes=num_votes, overlap=overlap))
    return claims


def _boxes_at(moments_S: NDArray[np.float64], seen: Observations) -> NDArray[np.float64]:
    columns = [np.interp(moments_S, seen.pts_s, seen.boxes_xyxy[:, column]) for column in range(4)]
    return np.stack(columns, axis=1)


def _iou(first_S4: NDArray[np.float64], second_S4: NDArray[np.float64]) -> NDArray[np.float64]:
    low_S2 = np.maximum(first_S4[:, :2], second_S4[:, :2])
    high_S2 = np.minimum(first_S4[:, 2:], second_S4[:, 2:])
    shared_S = np.clip(high_S2 - low_S2, 0.0, None).prod(axis=1)
    areas_S = (first_S4[:, 2:] - first_S4[:, :2]).prod(axis=1) + (second_S4[:, 2:] - second_S4[:, :2]).prod(axis=1)
    union_S = areas_S - shared_S
    iou_S: NDArray[np.float64] = np.divide(shared_S, union_S, out=np.zeros_like(shared_S), where=union_S > 0)
    return iou_S
