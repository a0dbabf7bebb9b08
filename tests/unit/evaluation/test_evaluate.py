import json
import tracemalloc

import numpy as np
import pytest

from reid_app.errors import InputError
from reid_app.evaluation.distances import EmbeddingDistances, MatrixDistances
from reid_app.evaluation.evaluate import evaluate
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import protocol_of
from tests.unit.evaluation.measuring import SKIP_REASONS, STANDARD, labels, measure


def test_junk_is_removed_and_distractors_count_as_wrong() -> None:
    gallery = labels((-1, 1), (0, 1), (7, 1), (7, 0), (3, 0), (7, 2))
    result = measure([[0.1, 0.2, 0.3, 0.05, 0.4, 0.5]], query=labels((7, 0)), gallery=gallery)
    # The distractor, a match, person 3 of the query's own camera, a match.
    assert result.first_match_rank_V.tolist() == [2]
    assert result.average_precision_V.tolist() == [(1 / 2 + 2 / 4) / 2]
    assert result.inverse_negative_penalty_V.tolist() == [2 / 4]
    assert result.cmc[:3].tolist() == [0.0, 1.0, 1.0]
    assert (result.roc.num_genuine, result.roc.num_impostors) == (2, 2)


@pytest.mark.parametrize(
    ("protocol", "first_and_third", "second_and_fourth"),
    [("standard", 0.8333, 0.5), ("mars-official", 0.7917, 0.3333)],
)
def test_both_forms_of_average_precision(protocol: str, first_and_third: float, second_and_fourth: float) -> None:
    gallery = labels((1, 1), (2, 1), (1, 1), (2, 1))
    result = measure(
        [[0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
        query=labels((1, 0), (2, 0)),
        gallery=gallery,
        protocol=protocol_of(protocol),
    )
    assert result.average_precision_V.round(4).tolist() == [first_and_third, second_and_fourth]


def test_at_one_distance_wrong_ones_come_first() -> None:
    gallery = labels((7, 1), (3, 1), (7, 2), (4, 1))
    result = measure([[0.5, 0.5, 0.5, 0.9]], query=labels((7, 0)), gallery=gallery)
    assert result.first_match_rank_V.tolist() == [2]
    assert result.average_precision_V.tolist() == [(1 / 2 + 2 / 3) / 2]


def test_a_model_that_maps_everybody_to_one_point_finds_nobody() -> None:
    # Sums of many products differ in the last bits, here made to: that must not become an order.
    gallery = labels(*((pid, 1) for pid in range(1, 21)))
    query = labels(*((pid, 0) for pid in range(1, 21)))
    noise = np.random.default_rng(0).uniform(0.0, 4e-7, (20, 20))
    result = measure(noise.tolist(), query=query, gallery=gallery)
    assert result.first_match_rank_V.tolist() == [20] * 20
    assert result.roc.tpr_at_far == {1e-4: 0.0, 1e-3: 0.0, 1e-2: 0.0, 1e-1: 0.0}
    embeddings = np.tile(np.random.default_rng(1).standard_normal(2048).astype(np.float32), (20, 1))
    collapsed = evaluate(
        EmbeddingDistances(embeddings, embeddings),
        query=query,
        gallery=gallery,
        own_column_Q=np.full(20, -1),
        protocol=STANDARD,
    )
    assert collapsed.rank1 == 0.0


def test_the_threshold_is_the_nearest_impostor_that_must_be_refused() -> None:
    gallery = labels((1, 1), (1, 2), (1, 3), *((pid, 1) for pid in range(2, 22)))
    wrong = [0.25, 0.5, 0.5, 0.75] + [2.0] * 16
    result = measure([[0.125, 0.5, 0.625, *wrong]], query=labels((1, 0)), gallery=gallery)
    # Of 20 impostors two may be accepted at 0.1, but the second and the third are equally far: one is.
    assert result.roc.threshold_F[-1] == 0.5
    assert result.roc.tpr_at_far[0.1] == pytest.approx(1 / 3)
    # None at 0.01.
    assert result.roc.threshold_F[20] == 0.25
    assert result.roc.fnmr_at_fmr[0.01] == pytest.approx(2 / 3)


def test_impostors_as_far_as_can_be_are_counted_too() -> None:
    result = measure([[2.0, 2.0, 0.5]], query=labels((1, 0)), gallery=labels((2, 1), (3, 1), (1, 1)))
    assert result.roc.threshold_F.tolist() == [2.0] * 31
    assert result.roc.tpr_at_far[0.1] == 1.0


def test_every_run_gives_the_same() -> None:
    generator = np.random.default_rng(0)
    gallery = Labels(pids=generator.integers(1, 9, 4000), camids=generator.integers(0, 3, 4000))
    query = Labels(pids=generator.integers(1, 9, 2000), camids=generator.integers(0, 3, 2000))
    distances = MatrixDistances(generator.uniform(0.0, 2.0, (2000, 4000)).astype(np.float32))
    summaries = [
        evaluate(distances, query=query, gallery=gallery, own_column_Q=np.full(2000, -1), protocol=STANDARD).summary()
        for _ in range(3)
    ]
    assert summaries[0] == summaries[1] == summaries[2]


def test_memory_does_not_grow_with_queries_times_gallery() -> None:
    generator = np.random.default_rng(0)
    gallery = Labels(pids=generator.integers(1, 2000, 4000), camids=generator.integers(0, 3, 4000))
    embeddings = generator.standard_normal((4000, 8)).astype(np.float32)

    def peak_mib(num_queries: int) -> float:
        rows = generator.integers(0, 4000, num_queries)
        tracemalloc.start()
        evaluate(
            EmbeddingDistances(embeddings[rows], embeddings),
            query=Labels(pids=gallery.pids[rows], camids=gallery.camids[rows]),
            gallery=gallery,
            own_column_Q=rows,
            protocol=STANDARD,
        )
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        return peak

    # The matrix of the larger one has 92 MiB, 69 more than that of the smaller.
    assert peak_mib(6000) < peak_mib(1500) + 20


def test_queries_without_a_match_are_skipped_by_reason_and_count_nowhere() -> None:
    query = labels((-1, 0), (0, 0), (5, 0), (6, 0), (7, 0), (6, 1))
    gallery = labels((7, 1), (6, 0), (0, 1), (-1, 1), (9, 2))
    result = measure([[0.1, 0.2, 0.3, 0.4, 0.5]] * 6, query=query, gallery=gallery, own=[-1, -1, -1, 1, -1, -1])
    assert result.skipped == {
        "the query is a distractor or junk": 2,
        "its identity is not in the gallery": 2,
        "its identity is seen by its own camera only": 0,
    }
    assert result.query_rows_V.tolist() == [4, 5]
    assert (result.num_queries, result.num_gallery, result.rank1) == (6, 5, 0.5)
    assert result.roc.num_impostors == 3 + 3
    assert result.camera_pairs.query_camids_A.tolist() == [0, 1]


def test_an_identity_of_the_own_camera_only_is_another_reason() -> None:
    gallery = labels((6, 0), (6, 0), (7, 1))
    result = measure([[0.1, 0.2, 0.3]] * 2, query=labels((6, 0), (7, 0)), gallery=gallery, own=[1, -1])
    assert result.skipped == {**SKIP_REASONS, "its identity is seen by its own camera only": 1}


def test_leave_one_out_leaves_out_the_query_alone() -> None:
    people = labels((6, 0), (6, 0), (7, 0))
    distances = [[0.0, 0.4, 0.3], [0.4, 0.0, 0.5], [0.3, 0.5, 0.0]]
    result = measure(distances, query=people, gallery=people, own=[0, 1, 2], protocol=protocol_of("leave-one-out"))
    assert result.first_match_rank_V.tolist() == [2, 1]
    assert result.skipped == {**SKIP_REASONS, "its identity is not in the gallery": 1}
    assert [result.recall_at(k) for k in (1, 2)] == [0.5, 1.0]
    assert result.camera_pairs.rank1_AB.tolist() == [[0.5]]


def test_one_camera_is_ranked_alone() -> None:
    query = labels((1, 0), (2, 0))
    gallery = labels((1, 1), (1, 2), (2, 1), (9, 1), (9, 2))
    result = measure([[0.3, 0.1, 0.2, 0.4, 0.5], [0.6, 0.6, 0.5, 0.4, 0.3]], query=query, gallery=gallery)
    pairs = result.camera_pairs
    assert (pairs.query_camids_A.tolist(), pairs.gallery_camids_B.tolist()) == ([0], [1, 2])
    assert pairs.num_queries_AB.tolist() == [[2, 1]]
    assert pairs.rank1_AB.tolist() == [[0.0, 1.0]]
    assert pairs.mean_ap_AB.tolist() == [[0.5, 1.0]]


@pytest.mark.parametrize(
    ("gallery", "protocol", "reason"),
    [
        (labels(), "standard", "2: its identity is not in the gallery"),
        (labels((1, 0), (2, 0)), "cross-camera", "2: its identity is seen by its own camera only"),
    ],
)
def test_nothing_to_find_is_an_error_that_says_why(gallery: Labels, protocol: str, reason: str) -> None:
    with pytest.raises(InputError, match=rf"protocol {protocol} finds a match for none of 2 queries \({reason}\)"):
        measure(
            [[0.1] * len(gallery)] * 2, query=labels((1, 0), (2, 0)), gallery=gallery, protocol=protocol_of(protocol)
        )


def test_a_distance_that_is_not_a_number_is_an_error_that_names_it() -> None:
    with pytest.raises(InputError, match="the distance of query 1 to gallery tracklet 0 is nan"):
        measure([[0.1, 0.2], [np.nan, 0.2]], query=labels((1, 0), (2, 0)), gallery=labels((1, 1), (2, 1)))


def test_no_query_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match="none asked"):
        measure([], query=labels(), gallery=labels((1, 0)))


def test_what_does_not_fit_is_refused() -> None:
    query, gallery = labels((1, 0)), labels((1, 1), (1, 0))
    with pytest.raises(ValueError, match="1 queries and 2 gallery tracklets, but distances"):
        evaluate(
            MatrixDistances(np.zeros((1, 3), np.float32)),
            query=query,
            gallery=gallery,
            own_column_Q=np.array([-1]),
            protocol=STANDARD,
        )
    with pytest.raises(ValueError, match="differ in identity or camera"):
        measure([[0.1, 0.2]], query=query, gallery=gallery, own=[0])
    with pytest.raises(ValueError, match="from -1 to 1, got 2 to 2"):
        measure([[0.1, 0.2]], query=query, gallery=gallery, own=[2])
    with pytest.raises(ValueError, match="1 queries need as many own columns"):
        measure([[0.1, 0.2]], query=query, gallery=gallery, own=[])
    with pytest.raises(ValueError, match="ranks count from 1, got 0"):
        measure([[0.1, 0.2]], query=query, gallery=gallery).rank_k(0)


def test_the_summary_is_json_and_says_what_is_not_defined() -> None:
    result = measure([[0.1, 0.2]], query=labels((1, 0)), gallery=labels((1, 1), (1, 2)), protocol=STANDARD)
    summary = json.loads(json.dumps(result.summary(), allow_nan=False))
    assert summary["protocol"] == "standard"
    assert summary["cmc"] == {"1": 1.0, "5": 1.0, "10": 1.0, "20": 1.0}
    assert (summary["num_genuine_pairs"], summary["num_impostor_pairs"]) == (2, 0)
    assert summary["tpr_at_far"] == {"0.0001": None, "0.001": None, "0.01": None, "0.1": None}
    assert summary["skipped"] == SKIP_REASONS
