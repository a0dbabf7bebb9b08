from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reid_app.evaluation.sparse import SparseRows, pieces, ranges, starts_of


def _sparse(dense: np.ndarray) -> SparseRows:
    rows, columns = np.nonzero(dense)
    return SparseRows(
        starts=starts_of(np.bincount(rows, minlength=len(dense))),
        columns_E=columns.astype(np.int32),
        values_E=dense[rows, columns],
    )


def _dense(sparse: SparseRows, *, num_columns: int) -> np.ndarray:
    dense = np.zeros((len(sparse.starts) - 1, num_columns), np.float32)
    for row in range(len(dense)):
        for entry in range(sparse.starts[row], sparse.starts[row + 1]):
            assert dense[row, sparse.columns_E[entry]] == 0.0
            dense[row, sparse.columns_E[entry]] = sparse.values_E[entry]
    return dense


_MATRIX = np.where(np.random.default_rng(0).random((7, 5)) < 0.4, np.arange(1, 36).reshape(7, 5), 0).astype(np.float32)
_MATRIX[3] = 0.0


def test_rows_columns_and_joins() -> None:
    sparse = _sparse(_MATRIX)

    assert np.array_equal(_dense(sparse.rows(2, 6), num_columns=5), _MATRIX[2:6])
    assert np.array_equal(_dense(sparse.transposed(5), num_columns=7), _MATRIX.T)
    assert np.array_equal(_dense(sparse.transposed(9), num_columns=7)[5:], np.zeros((4, 7)))
    joined = SparseRows.joined([sparse.rows(0, 3), sparse.rows(3, 4), sparse.rows(4, 7)])
    assert np.array_equal(_dense(joined, num_columns=5), _MATRIX)
    assert joined.num_bytes == 8 * 8 + 8 * np.count_nonzero(_MATRIX)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), max_size=8))
def test_ranges_lie_end_to_end(bounds: list[tuple[int, int]]) -> None:
    starts, lengths = np.array(bounds, np.int64).reshape(-1, 2).T

    expected = [number for start, length in bounds for number in range(start, start + length)]
    assert ranges(starts, lengths).tolist() == expected


@given(st.lists(st.integers(0, 20), max_size=12), st.integers(1, 30))
def test_pieces_are_small_and_leave_nothing_out(lengths: list[int], most: int) -> None:
    found = list(pieces(np.array(lengths, np.int64), most=most))

    assert [index for piece in found for index in range(piece.start, piece.stop)] == list(range(len(lengths)))
    for piece in found:
        assert sum(lengths[piece]) <= most or piece.stop - piece.start == 1
    for piece, following in pairwise(found):
        assert sum(lengths[piece]) + lengths[following.start] > most
