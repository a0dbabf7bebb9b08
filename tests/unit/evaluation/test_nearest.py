import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reid_app.evaluation.nearest import nearest_columns, pair_similarities


def _vectors(seed: int, num: int, dimension: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((num, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@given(
    num_rows=st.integers(1, 6),
    num_columns=st.integers(1, 700),
    num=st.integers(1, 12),
    copies=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_as_a_whole_sort_finds_them(num_rows: int, num_columns: int, num: int, copies: int, seed: int) -> None:
    rows, columns = _vectors(seed, num_rows, 5), _vectors(seed + 1, num_columns, 5)
    columns[:] = columns[np.arange(num_columns) // copies * copies]
    exact = (rows.astype(np.float64) @ columns.T.astype(np.float64)).astype(np.float32)
    num = min(num, num_columns)

    nearest = nearest_columns(rows @ columns.T, rows, columns, num=num)

    assert nearest.dtype == np.int32
    assert nearest.tolist() == np.argsort(-exact, axis=1, kind="stable")[:, :num].tolist()


def test_the_noise_of_a_matrix_product_decides_nothing() -> None:
    rows, columns = _vectors(0, 20, 64), _vectors(1, 50, 64)
    columns = np.repeat(columns, 4, axis=0)
    similarity = rows @ columns.T
    noise = np.random.default_rng(2).uniform(-1e-6, 1e-6, similarity.shape).astype(np.float32)

    nearest = nearest_columns(similarity + noise, rows, columns, num=7)

    assert nearest.tolist() == nearest_columns(similarity, rows, columns, num=7).tolist()
    assert (nearest[:, 0] % 4 == 0).all()
    assert (np.diff(nearest[:, :4], axis=1) == 1).all()


def test_columns_are_kept_out() -> None:
    rows = columns = _vectors(3, 8, 4)
    similarity = rows @ columns.T
    np.fill_diagonal(similarity, -np.inf)

    nearest = nearest_columns(similarity, rows, columns, num=7)

    assert [sorted([*found, row]) for row, found in enumerate(nearest.tolist())] == [list(range(8))] * 8


def test_a_pair_has_the_same_similarity_wherever_it_stands() -> None:
    left, right = _vectors(4, 3000, 100), _vectors(5, 2, 100)
    order = np.random.default_rng(6).permutation(6000) % 3000

    found = pair_similarities(left, right, left_P=order, right_P=order % 2)

    exact = (left.astype(np.float64) * right[np.arange(3000) % 2]).sum(axis=1).astype(np.float32)
    assert np.array_equal(found, exact[order])
