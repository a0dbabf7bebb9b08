"""A page of an evaluation, and reading it back."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from reid_app.evaluation.bootstrap import Interval
from reid_app.evaluation.distances import MatrixDistances
from reid_app.evaluation.evaluate import evaluate
from reid_app.evaluation.evaluation import Evaluation
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import protocol_of
from reid_app.evaluation.report.evaluation_page import (
    EvaluationPage,
    PicturedTracklet,
    QueryExample,
    RankedTracklet,
)
from tests.unit.evaluation.reading import ReadPage


def evaluation_of(pids: list[int], camids: list[int]) -> Evaluation:
    """Everybody asks everybody; distances are random, those of one person smaller."""
    labels = Labels(pids=np.array(pids), camids=np.array(camids))
    distance = np.random.default_rng(0).uniform(0.7, 1.9, (len(pids), len(pids)))
    distance -= 0.6 * (labels.pids[:, None] == labels.pids)
    return evaluate(
        MatrixDistances(((distance + distance.T) / 2).astype(np.float32)),
        query=labels,
        gallery=labels,
        own_column_Q=np.arange(len(pids)),
        protocol=protocol_of("cross-camera"),
    )


FOUND = evaluation_of([*range(1, 21), *range(1, 21), 7, 8, 30, 0], [0] * 20 + [1] * 20 + [2, 2, 1, 0])
QUERY = PicturedTracklet(
    name="0007C1T0003", identity="0007", camera="hall", crops=tuple(np.full((40, 20, 3), g, np.uint8) for g in (0, 200))
)
RIGHT = RankedTracklet(tracklet=replace(QUERY, name="0007C2T0001", camera="street"), distance=0.25, is_match=True)
WRONG = RankedTracklet(
    tracklet=replace(QUERY, name="0009C2T0004", identity="0009", camera="yard"), distance=0.125, is_match=False
)
PAGE = EvaluationPage(
    title="Who is found?",
    dataset="our site",
    evaluation=FOUND,
    rank1=Interval(estimate=FOUND.rank1, low=0.01, high=0.25),
    mean_ap=Interval(estimate=FOUND.mean_ap, low=0.1, high=0.35),
    mean_inp=Interval(estimate=FOUND.mean_inp, low=0.05, high=0.45),
    encoder="colour",
    model_id="0123abcd",
    tracklet_options="mean, 8 frames",
    compared_by="cosine distance",
    camera_names={0: "hall", 1: "street", 2: "yard"},
    best=(QueryExample(query=QUERY, average_precision=0.5, first_match_rank=2, ranked=(WRONG, RIGHT)),),
    worst=(QueryExample(query=QUERY, average_precision=0.0123, first_match_rank=1234, ranked=(WRONG,)),),
    made_at=datetime(2026, 2, 1, 12, 0, tzinfo=UTC),
    notes=("Against osnet: mAP -0.1, worse.",),
)


class Page(ReadPage):
    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split()).replace(" ,", ",")
