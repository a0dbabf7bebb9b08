import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_app.evaluation.distances import MatrixDistances
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import PROTOCOLS, EvaluationProtocol, protocol_of
from reid_app.evaluation.ranking import RankedList, rank_list
from tests.unit.evaluation.naive import ranked_list


def rank(
    distances: np.ndarray, *, row: int, query: Labels, gallery: Labels, own: list[int], protocol: EvaluationProtocol
) -> RankedList:
    return rank_list(
        MatrixDistances(distances),
        query_row=row,
        top_k=10,
        query=query,
        gallery=gallery,
        own_column_Q=np.array(own),
        protocol=protocol,
    )


@given(st.integers(0, 2**32 - 1), st.sampled_from(PROTOCOLS))
@settings(deadline=None)
def test_equals_a_naive_ranking(seed: int, protocol: EvaluationProtocol) -> None:
    generator = np.random.default_rng(seed)
    gallery = Labels(pids=generator.integers(-1, 4, 25), camids=generator.integers(0, 3, 25))
    own = [3, -1]
    query = Labels(pids=np.append(gallery.pids[3], generator.integers(-1, 4)), camids=np.append(gallery.camids[3], 0))
    distances = (generator.integers(0, 4, (2, 25)) / 2).astype(np.float32)
    distances = np.minimum(distances, 2.0)
    for row in range(2):
        expected = ranked_list(row, distances.tolist(), query=query, gallery=gallery, own=own, protocol=protocol)[:10]
        ranked = rank(distances, row=row, query=query, gallery=gallery, own=own, protocol=protocol)
        assert ranked.distance_K.tolist() == [distance for distance, _, _ in expected]
        assert ranked.is_match_K.tolist() == [right for _, right, _ in expected]
        assert ranked.columns_K.tolist() == [column for _, _, column in expected]


def test_a_query_that_is_not_there_and_labels_that_do_not_fit_are_refused() -> None:
    labels = Labels(pids=np.array([1, 2]), camids=np.array([0, 0]))
    standard = protocol_of("standard")
    with pytest.raises(ValueError, match="there is no query 2 among 2"):
        rank(np.zeros((2, 2), np.float32), row=2, query=labels, gallery=labels, own=[0, 1], protocol=standard)
    with pytest.raises(ValueError, match="2 queries and 2 gallery tracklets, but distances"):
        rank(np.zeros((2, 3), np.float32), row=0, query=labels, gallery=labels, own=[0, 1], protocol=standard)
