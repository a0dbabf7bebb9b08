import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reid_app.errors import InputError
from reid_app.evaluation.distances import EmbeddingDistances, MatrixDistances, to_steps


def random_embeddings(number: int, dimension: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((number, dimension)).astype(np.float32)


@pytest.mark.parametrize("is_unit", [True, False])
def test_cosine_distance_of_any_length(is_unit: bool) -> None:
    query, gallery = random_embeddings(5, 64, seed=0), random_embeddings(7, 64, seed=1)
    if is_unit:
        query /= np.linalg.norm(query, axis=1, keepdims=True)
        gallery /= np.linalg.norm(gallery, axis=1, keepdims=True)
    wide_query, wide_gallery = query.astype(np.float64), gallery.astype(np.float64)
    lengths = np.outer(np.linalg.norm(wide_query, axis=1), np.linalg.norm(wide_gallery, axis=1))
    distances = EmbeddingDistances(query, gallery)
    assert distances.shape == (5, 7)
    np.testing.assert_allclose(distances.rows(1, 4), (1.0 - wide_query @ wide_gallery.T / lengths)[1:4], atol=1e-6)


def test_distances_stay_within_0_and_2_and_zeros_are_at_1() -> None:
    query = np.concatenate([random_embeddings(50, 512, seed=2), np.zeros((1, 512), np.float32)])
    rows = EmbeddingDistances(query, np.concatenate([query, -query])).rows(0, 51)
    assert rows.min() == 0.0
    assert rows.max() == 2.0
    assert (rows[50] == 1.0).all()


def test_the_embeddings_are_not_changed() -> None:
    query = random_embeddings(3, 8, seed=3)
    before = query.copy()
    distances = EmbeddingDistances(query, query)
    to_steps(distances.rows(0, 3))
    np.testing.assert_array_equal(query, before)
    matrix = np.full((1, 2), 0.3, np.float32)
    to_steps(MatrixDistances(matrix).rows(0, 1))
    assert (matrix == np.float32(0.3)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_damaged_embedding_is_named(value: float) -> None:
    good, bad = random_embeddings(4, 8, seed=4), random_embeddings(4, 8, seed=5)
    bad[2, 3] = value
    with pytest.raises(InputError, match="the embedding of query 2 holds NaN or infinity"):
        EmbeddingDistances(bad, good)
    with pytest.raises(InputError, match="the embedding of gallery 2 holds NaN or infinity"):
        EmbeddingDistances(good, bad)


def test_embeddings_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"one size, got \(1, 8\) and \(1, 9\)"):
        EmbeddingDistances(np.ones((1, 8), np.float32), np.ones((1, 9), np.float32))


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.nan, InputError, "the distance of query 2 to gallery tracklet 1 is nan"),
        (2.1, ValueError, "the distance of query 2 to gallery tracklet 1 is 2.1"),
        (-0.1, ValueError, "the distance of query 2 to gallery tracklet 1 is -0.1"),
    ],
)
def test_a_distance_that_is_none_is_named(value: float, error: type[Exception], message: str) -> None:
    matrix = np.zeros((3, 2), np.float32)
    matrix[2, 1] = value
    with pytest.raises(error, match=message):
        MatrixDistances(matrix).rows(1, 3)


def test_a_list_of_distances_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got shape \(3,\)"):
        MatrixDistances(np.zeros(3, np.float32))


def test_numbers_of_twice_the_width_are_understood_too() -> None:
    query = random_embeddings(3, 8, seed=6)
    distances = EmbeddingDistances(query.astype(np.float64), query)
    assert distances.rows(0, 3).dtype == np.float32
    assert to_steps(MatrixDistances(np.array([[0.25, 2.0]])).rows(0, 1)).tolist() == [[2**18, 2**21]]


@given(hnp.arrays(np.float32, (2, 5), elements=st.floats(0.0, 2.0, width=32)))
def test_steps_are_the_nearest_whole_ones(matrix: np.ndarray) -> None:
    steps = to_steps(matrix)
    np.testing.assert_array_equal(steps, np.rint(matrix.astype(np.float64) * 2**20))
    assert steps.dtype == np.int32
