import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reid_app.errors import InputError
from reid_app.evaluation.query_expansion import expand_queries


def _vectors(seed: int, num: int, dimension: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((num, dimension)).astype(np.float32)


def _naive(query: NDArray[np.float32], gallery: NDArray[np.float32], num: int, alpha: float) -> NDArray[np.float64]:
    expanded = []
    for asked in query.astype(np.float64):
        asked = asked / np.linalg.norm(asked)
        found = [vector / np.linalg.norm(vector) for vector in gallery.astype(np.float64)]
        found.sort(key=lambda vector: -float(vector @ asked))
        total = asked + sum(max(float(vector @ asked), 0.0) ** alpha * vector for vector in found[:num])
        expanded.append(total / np.linalg.norm(total))
    return np.array(expanded)


@given(
    num_queries=st.integers(1, 6),
    num_gallery=st.integers(1, 30),
    num_neighbours=st.integers(1, 10),
    alpha=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    seed=st.integers(0, 99),
)
def test_as_one_query_after_the_other(
    num_queries: int, num_gallery: int, num_neighbours: int, alpha: float, seed: int
) -> None:
    query, gallery = _vectors(seed, num_queries, 6), _vectors(seed + 1, num_gallery, 6)
    num = min(num_neighbours, num_gallery)

    expanded = expand_queries(query, gallery, num_neighbours=num, alpha=alpha)

    assert expanded.dtype == np.float32
    np.testing.assert_allclose(expanded, _naive(query, gallery, num, alpha), atol=1e-5)


def test_many_queries_go_through_in_blocks_and_stay_as_they_were() -> None:
    query, gallery = _vectors(0, 1500, 200), _vectors(1, 60, 200)
    before = query.copy(), gallery.copy()

    expanded = expand_queries(query, gallery, num_neighbours=20, alpha=1.0)

    np.testing.assert_allclose(expanded, _naive(query, gallery, 20, 1.0), atol=1e-5)
    assert np.array_equal(query, before[0])
    assert np.array_equal(gallery, before[1])


def test_of_equal_neighbours_the_first_is_taken() -> None:
    query = np.array([[1, 0, 0]], np.float32)
    gallery = np.array([[0.6, 0, 0.8], [0.6, 0.8, 0]], np.float32)

    expanded = expand_queries(query, gallery, num_neighbours=1)

    np.testing.assert_allclose(expanded[0], np.array([1.6, 0, 0.8]) / np.hypot(1.6, 0.8), atol=1e-6)


def test_a_query_and_its_opposite_leave_nothing() -> None:
    query = np.array([[1, 0]], np.float32)
    assert expand_queries(query, -query, num_neighbours=1).tolist() == [[0.0, 0.0]]


def test_what_cannot_be_expanded_is_named() -> None:
    query, gallery = _vectors(2, 2, 4), _vectors(3, 5, 4)
    damaged = query.copy()
    damaged[1, 0] = np.inf

    with pytest.raises(InputError, match="embedding of query 1 holds NaN or infinity"):
        expand_queries(damaged, gallery, num_neighbours=1)
    with pytest.raises(InputError, match="embedding of gallery 1 holds NaN or infinity"):
        expand_queries(gallery, damaged, num_neighbours=1)
    with pytest.raises(ValueError, match=re.escape("one size, got (2, 4) and (5, 3)")):
        expand_queries(query, gallery[:, :3], num_neighbours=1)
    for num_neighbours in (0, 6):
        with pytest.raises(ValueError, match=f"between 1 and the gallery's 5, got {num_neighbours}"):
            expand_queries(query, gallery, num_neighbours=num_neighbours)
    for alpha in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"alpha must be 0 or more, got {alpha}"):
            expand_queries(query, gallery, num_neighbours=1, alpha=alpha)
