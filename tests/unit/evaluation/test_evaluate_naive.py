"""Against an implementation that is slow and plain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_app.errors import InputError
from reid_app.evaluation.evaluation import Evaluation
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import PROTOCOLS, EvaluationProtocol
from tests.unit.evaluation.measuring import SKIP_REASONS, STANDARD, labels, measure
from tests.unit.evaluation.naive import evaluate_naively

people = st.integers(-1, 3)
cameras = st.integers(0, 2)
tracklets = st.tuples(people, cameras)


@st.composite
def trials(draw: st.DrawFn) -> tuple[list[list[float]], Labels, Labels, list[int], EvaluationProtocol]:
    """Few people, few cameras and few distances, so that everything coincides often."""
    gallery = draw(st.lists(tracklets, max_size=12))
    query, own = [], []
    for _ in range(draw(st.integers(0, 5))):
        column = draw(st.integers(-1, len(gallery) - 1))
        own.append(column)
        query.append(gallery[column] if column >= 0 else draw(tracklets))
    distance = st.integers(0, draw(st.sampled_from([0, 3, 2**21]))).map(lambda steps: steps / 2**20)
    rows = [draw(st.lists(distance, min_size=len(gallery), max_size=len(gallery))) for _ in query]
    return rows, labels(*query), labels(*gallery), own, draw(st.sampled_from(PROTOCOLS))


@given(trials())
@settings(max_examples=200, deadline=None)
def test_equals_a_naive_implementation(
    trial: tuple[list[list[float]], Labels, Labels, list[int], EvaluationProtocol],
) -> None:
    distances, query, gallery, own, protocol = trial
    expected = evaluate_naively(distances, query=query, gallery=gallery, own=own, protocol=protocol)
    if not expected["rows"]:
        with pytest.raises(InputError, match="finds a match for none"):
            measure(distances, query=query, gallery=gallery, own=own, protocol=protocol)
        return
    result = measure(distances, query=query, gallery=gallery, own=own, protocol=protocol)
    assert result.skipped == {**SKIP_REASONS, **expected["skipped"]}
    assert result.query_rows_V.tolist() == expected["rows"]
    assert result.first_match_rank_V.tolist() == expected["first"]
    np.testing.assert_allclose(result.average_precision_V, expected["ap"], rtol=1e-12)
    np.testing.assert_allclose(result.inverse_negative_penalty_V, expected["inp"], rtol=1e-12)
    assert result.cmc.tolist() == [np.mean([first <= k for first in expected["first"]]) for k in range(1, 51)]
    check_roc(result, expected)
    check_camera_pairs(result, expected, gallery=gallery)


@pytest.mark.parametrize(("num_queries", "num_cameras"), [(300, 3), (60, 70)])
def test_equals_it_in_many_blocks_and_with_many_cameras(num_queries: int, num_cameras: int) -> None:
    generator = np.random.default_rng(num_cameras)
    gallery = Labels(pids=generator.integers(-1, 9, 80), camids=generator.integers(0, num_cameras, 80))
    query = Labels(pids=generator.integers(-1, 9, num_queries), camids=generator.integers(0, num_cameras, num_queries))
    steps = generator.integers(0, 2**21, (num_queries, 80), endpoint=True)
    # The first, the middle and the last queries are near to everything: what they say of the others is wrong.
    steps[[*range(20), *range(140, 160), *range(-20, 0)] if num_queries == 300 else []] //= 1000
    distances, own = (steps / 2**20).tolist(), [-1] * num_queries
    expected = evaluate_naively(distances, query=query, gallery=gallery, own=own, protocol=STANDARD)
    result = measure(distances, query=query, gallery=gallery, protocol=STANDARD)
    np.testing.assert_allclose(result.average_precision_V, expected["ap"], rtol=1e-12)
    assert result.first_match_rank_V.tolist() == expected["first"]
    check_roc(result, expected)
    check_camera_pairs(result, expected, gallery=gallery)


def check_roc(result: Evaluation, expected: dict[str, object]) -> None:
    assert (result.roc.num_genuine, result.roc.num_impostors) == expected["num_pairs"]
    measured = np.stack([result.roc.tpr_F, result.roc.threshold_F], axis=1)
    np.testing.assert_allclose(measured, np.array(expected["roc"]), rtol=1e-12)


def check_camera_pairs(result: Evaluation, expected: dict[str, object], *, gallery: Labels) -> None:
    pairs = result.camera_pairs
    assert pairs.gallery_camids_B.tolist() == sorted(set(gallery.camids[gallery.pids != -1].tolist()))
    cells = {
        (int(a), int(b)): (int(pairs.num_queries_AB[i, j]), pairs.rank1_AB[i, j], pairs.mean_ap_AB[i, j])
        for i, a in enumerate(pairs.query_camids_A)
        for j, b in enumerate(pairs.gallery_camids_B)
    }
    empty = {cell: values for cell, values in cells.items() if values[0] == 0}
    assert np.isnan([values[1:] for values in empty.values()]).all()
    assert {cell: values for cell, values in cells.items() if cell not in empty} == {
        cell: pytest.approx(values)
        for cell, values in dict(expected["cells"]).items()  # type: ignore[call-overload]
    }


@given(trials(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_gallery_changes_nothing(
    trial: tuple[list[list[float]], Labels, Labels, list[int], EvaluationProtocol], random: object
) -> None:
    distances, query, gallery, own, protocol = trial
    order = list(range(len(gallery)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = labels(*((int(gallery.pids[column]), int(gallery.camids[column])) for column in order))
    try:
        summary = measure(distances, query=query, gallery=gallery, own=own, protocol=protocol).summary()
    except InputError:
        return
    moved = [order.index(column) if column >= 0 else -1 for column in own]
    rows = [[row[column] for column in order] for row in distances]
    assert measure(rows, query=query, gallery=shuffled, own=moved, protocol=protocol).summary() == summary
