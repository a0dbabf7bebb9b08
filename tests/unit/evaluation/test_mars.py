"""The labels of MARS are true, the embeddings generated."""

from pathlib import Path

import numpy as np
import pytest

from reid_app.evaluation.distances import EmbeddingDistances
from reid_app.evaluation.evaluate import evaluate
from reid_app.evaluation.evaluation import Evaluation
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import protocol_of
from tests.mars_features import MarsFeatures, mars_features


@pytest.fixture(scope="module")
def features(test_data_dir: Path) -> MarsFeatures:
    return mars_features(test_data_dir, dimension=32)


def under(protocol: str, features: MarsFeatures) -> Evaluation:
    return evaluate(
        EmbeddingDistances(features.query_embeddings_QD, features.embeddings_GD),
        query=features.query,
        gallery=features.gallery,
        own_column_Q=features.query_rows_Q,
        protocol=protocol_of(protocol),
    )


def without_queries(features: MarsFeatures) -> Evaluation:
    kept = np.setdiff1d(np.arange(len(features.gallery)), features.query_rows_Q)
    return evaluate(
        EmbeddingDistances(features.query_embeddings_QD, features.embeddings_GD[kept]),
        query=features.query,
        gallery=Labels(pids=features.gallery.pids[kept], camids=features.gallery.camids[kept]),
        own_column_Q=np.full(len(features.query), -1),
        protocol=protocol_of("torchreid"),
    )


def test_mars_official_skips_no_query(features: MarsFeatures) -> None:
    result = under("mars-official", features)
    assert (result.num_queries, result.num_gallery, len(result.query_rows_V)) == (1980, 12180, 1980)
    assert sum(result.skipped.values()) == 0
    assert result.camera_pairs.num_queries_AB.shape == (6, 6)
    assert not np.diagonal(result.camera_pairs.num_queries_AB).any()


def test_torchreid_loses_140_queries(features: MarsFeatures) -> None:
    result = without_queries(features)
    assert (result.num_queries, result.num_gallery) == (1980, 12180 - 1980)
    assert sum(result.skipped.values()) == 140
    assert len(result.query_rows_V) == 1840


def test_equals_a_ranking_by_numpy(features: MarsFeatures) -> None:
    result = under("standard", features)
    distance_QG = np.clip(1.0 - features.query_embeddings_QD @ features.embeddings_GD.T, 0.0, 2.0)
    steps_QG = np.rint(distance_QG * 2**20).astype(np.int32)
    gallery, query = features.gallery, features.query
    impostors = []
    genuine = []
    for row in range(1980):
        same = gallery.pids == query.pids[row]
        kept = (gallery.pids != -1) & ~(same & (gallery.camids == query.camids[row]))
        genuine.append(steps_QG[row, kept & same])
        impostors.append(steps_QG[row, kept & ~same])
        if row % 20 == 0:
            hits = same[kept][np.lexsort((same[kept], steps_QG[row, kept]))]
            ranks = np.flatnonzero(hits) + 1
            assert result.first_match_rank_V[row] == ranks[0]
            assert result.average_precision_V[row] == pytest.approx(np.mean(np.arange(1, len(ranks) + 1) / ranks))
            assert result.inverse_negative_penalty_V[row] == pytest.approx(len(ranks) / ranks[-1])
    wrong, right = np.concatenate(impostors), np.concatenate(genuine)
    assert (result.roc.num_genuine, result.roc.num_impostors) == (len(right), len(wrong))
    for far, tpr in result.roc.tpr_at_far.items():
        place = int(far * len(wrong))
        assert tpr == pytest.approx(np.mean(right < np.partition(wrong, place)[place]), abs=1e-12)
