"""MARS's true labels with generated embeddings: as large as the data set, and as hard as a fair model finds it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_app.data.mars_tables import read_mars_tables
from reid_app.evaluation.labels import DISTRACTOR_PID, Labels

_CAMERA_SHARE = 0.6
_NOISE_SHARE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarsFeatures:
    """The test part; queries are part of the gallery."""

    gallery: Labels
    embeddings_GD: NDArray[np.float32]
    query_rows_Q: NDArray[np.int64]

    @property
    def query(self) -> Labels:
        return Labels(
            pids=self.gallery.pids[self.query_rows_Q],
            camids=self.gallery.camids[self.query_rows_Q],
        )

    @property
    def query_embeddings_QD(self) -> NDArray[np.float32]:
        return self.embeddings_GD[self.query_rows_Q]


def mars_features(test_data_dir: Path, *, dimension: int = 128, seed: int = 0) -> MarsFeatures:
    """A point for each person and each camera, and noise of each tracklet; distractors and junk are people apart."""
    tables = read_mars_tables(test_data_dir / "mars_info")
    labels = tables.test.labels
    generator = np.random.default_rng(seed)

    def points(number: int) -> NDArray[np.float32]:
        return generator.standard_normal((number, dimension), dtype=np.float32)

    people, camera = points(int(labels.pids.max()) + 1), points(int(labels.camids.max()) + 1)
    is_person_G = labels.pids > DISTRACTOR_PID
    own = np.where(is_person_G[:, None], people[labels.pids], points(len(labels)))
    embeddings = own + _CAMERA_SHARE * camera[labels.camids] + _NOISE_SHARE * points(len(labels))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    return MarsFeatures(gallery=labels, embeddings_GD=embeddings, query_rows_Q=tables.query_rows_Q)
