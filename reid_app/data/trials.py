"""Who is searched against whom: a data set and a protocol become rows and labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import EvaluationProtocol


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """Everybody who has to be embedded, once each, and who of them asks and who is searched."""

    protocol: EvaluationProtocol
    tracklets: tuple[LabelledTracklet, ...]
    """Row n of the embeddings belongs to the n-th."""
    query_rows_Q: NDArray[np.int64]
    """Rows of those who ask."""
    gallery_rows_G: NDArray[np.int64]
    """Rows of those who are searched."""

    @property
    def query(self) -> Labels:
        """Labels of those who ask."""
        return _labels([self.tracklets[row] for row in self.query_rows_Q])

    @property
    def gallery(self) -> Labels:
        """Labels of those who are searched."""
        return _labels([self.tracklets[row] for row in self.gallery_rows_G])

    @property
    def own_column_Q(self) -> NDArray[np.int64]:
        """Where in the gallery each query finds itself, -1 where it is not there."""
        column_of_row = np.full(len(self.tracklets), -1, np.int64)
        column_of_row[self.gallery_rows_G] = np.arange(len(self.gallery_rows_G))
        return column_of_row[self.query_rows_Q]


def make_trial(dataset: ReidDataset, *, protocol: EvaluationProtocol) -> Trial:
    """The trial of a data set under a protocol.

    Where everybody asks, those without an identity do not: distractors and junk are only searched.

    Raises:
        InputError: Nobody asks, or nobody is left to be searched.
        ValueError: Two different tracklets have one name.
    """
    everybody = _by_name((*dataset.query, *dataset.gallery))
    asking = dict.fromkeys(tracklet.name for tracklet in dataset.query)
    searched = dict.fromkeys(tracklet.name for tracklet in dataset.gallery)
    if protocol.queries == "everybody":
        asking = dict.fromkeys(name for name, tracklet in everybody.items() if tracklet.is_person)
        searched = dict.fromkeys(everybody)
    if protocol.gallery == "without-queries":
        searched = dict.fromkeys(name for name in searched if name not in asking)
    if not asking or not searched:
        nobody = "nobody asks" if not asking else "nobody is left to be searched"
        raise InputError(
            f"{nobody} in data set {dataset.name} under protocol {protocol.name} ({len(dataset.query)} queries, "
            f"{len(dataset.gallery)} tracklets in the gallery): choose another protocol"
        )
    row_of = {name: row for row, name in enumerate(everybody)}
    return Trial(
        protocol=protocol,
        tracklets=tuple(everybody.values()),
        query_rows_Q=np.array([row_of[name] for name in asking], np.int64),
        gallery_rows_G=np.array([row_of[name] for name in searched], np.int64),
    )


def _by_name(tracklets: Sequence[LabelledTracklet]) -> dict[str, LabelledTracklet]:
    named: dict[str, LabelledTracklet] = {}
    for tracklet in tracklets:
        if named.setdefault(tracklet.name, tracklet) != tracklet:
            raise ValueError(f"two different tracklets are named {tracklet.name}")
    return named


def _labels(tracklets: Sequence[LabelledTracklet]) -> Labels:
    return Labels(
        pids=np.array([tracklet.pid for tracklet in tracklets], np.int64),
        camids=np.array([tracklet.camid for tracklet in tracklets], np.int64),
    )
