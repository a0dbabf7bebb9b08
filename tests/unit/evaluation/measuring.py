"""Small galleries, measured."""

import numpy as np

from reid_app.evaluation.distances import MatrixDistances
from reid_app.evaluation.evaluate import evaluate
from reid_app.evaluation.evaluation import Evaluation
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import EvaluationProtocol, protocol_of

STANDARD = protocol_of("standard")
SKIP_REASONS = {
    "the query is a distractor or junk": 0,
    "its identity is not in the gallery": 0,
    "its identity is seen by its own camera only": 0,
}


def labels(*tracklets: tuple[int, int]) -> Labels:
    """Of (identity, camera) each."""
    return Labels(
        pids=np.array([pid for pid, _ in tracklets], np.int64), camids=np.array([cam for _, cam in tracklets], np.int64)
    )


def measure(
    distances: list[list[float]],
    *,
    query: Labels,
    gallery: Labels,
    own: list[int] | None = None,
    protocol: EvaluationProtocol = STANDARD,
) -> Evaluation:
    return evaluate(
        MatrixDistances(np.array(distances, np.float32).reshape(len(query), len(gallery))),
        query=query,
        gallery=gallery,
        own_column_Q=np.array(own if own is not None else [-1] * len(query), np.int64),
        protocol=protocol,
    )
