"""Nearest neighbours without sorting whole rows, exact to the last bit of float32.

Shape letters: B rows of a block, N rows or columns, D embedding size, K columns wanted, P pairs.
"""

import numpy as np
from numpy.typing import NDArray

NEAREST_BYTES_PER_COLUMN = 48
"""Memory of `nearest_columns` for each element of its block, the block included; so much if all are equally similar."""

PAIRS_BYTES = 1024 * 1024
"""Memory that `pair_similarities` takes beside its result."""

_GROUPS_PER_NEIGHBOUR = 32
_ROUNDINGS = 4
"""Of two sums of D products, each off by the square root of D roundings or so: well above what is ever seen."""


def pair_similarities(
    left_ND: NDArray[np.float32],
    right_ND: NDArray[np.float32],
    *,
    left_P: NDArray[np.int64],
    right_P: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Inner product of row ``left_P[p]`` with row ``right_P[p]``, float32 ``(P,)``.

    Summed in float64. The elements of a float32 matrix product are not as exact, and change with their place in it.
    """
    similarity_P = np.empty(len(left_P), np.float32)
    step = max(1, PAIRS_BYTES // (2 * left_ND.dtype.itemsize * left_ND.shape[1]))
    for start in range(0, len(left_P), step):
        pairs = slice(start, start + step)
        similarity_P[pairs] = np.einsum("pd,pd->p", left_ND[left_P[pairs]], right_ND[right_P[pairs]], dtype=np.float64)
    return similarity_P


def nearest_columns(
    similarity_BN: NDArray[np.float32], rows_BD: NDArray[np.float32], columns_ND: NDArray[np.float32], *, num: int
) -> NDArray[np.int32]:
    """The columns of the largest similarities, largest first; of equal ones the lower column first.

    Where similarities are so close that the rounding of the matrix product could have swapped them, they are compared
    as `pair_similarities` gives them. So neither blocks nor threads change the answer.

    Args:
        similarity_BN: ``rows_BD @ columns_ND.T``; minus infinity keeps a column out.
        rows_BD: One vector of length one (or zero) for each row.
        columns_ND: One vector of length one (or zero) for each column.
        num: Columns wanted, from 1 to the number of those that are not kept out.

    Returns:
        int32 ``(B, K)``, K being `num`.

    Examples:
        >>> rows, columns = np.eye(2, dtype=np.float32), np.array([[0.6, 0.8], [1, 0], [0.6, 0.8]], np.float32)
        >>> nearest_columns(rows @ columns.T, rows, columns, num=2)
        array([[1, 0],
               [0, 2]], dtype=int32)
    """
    num_rows, num_columns = similarity_BN.shape
    rounding = _ROUNDINGS * np.finfo(np.float32).eps * np.sqrt(rows_BD.shape[1])
    enough_B = _lower_bounds(similarity_BN, num=num) - rounding
    flat_P = np.flatnonzero(similarity_BN >= enough_B[:, None])
    row_P = flat_P // num_columns
    column_P = flat_P - row_P * num_columns
    similarity_P = similarity_BN.reshape(-1)[flat_P]
    doubtful = np.flatnonzero(_has_close_ones(similarity_P, row_P, num_rows=num_rows, rounding=rounding)[row_P])
    similarity_P[doubtful] = pair_similarities(rows_BD, columns_ND, left_P=row_P[doubtful], right_P=column_P[doubtful])
    order_P = np.lexsort((-similarity_P, row_P))
    first_B = np.searchsorted(row_P, np.arange(num_rows))
    nearest_BK: NDArray[np.int64] = column_P[order_P[first_B[:, None] + np.arange(num)]]
    return nearest_BK.astype(np.int32)


def _has_close_ones(
    similarity_P: NDArray[np.float32], row_P: NDArray[np.int64], *, num_rows: int, rounding: float
) -> NDArray[np.bool_]:
    """For each row, whether rounding may have swapped two of its similarities."""
    falling_P = similarity_P[np.lexsort((-similarity_P, row_P))]
    is_close_P = (falling_P[:-1] - falling_P[1:] <= rounding) & (row_P[:-1] == row_P[1:])
    return np.bincount(row_P[:-1], weights=is_close_P, minlength=num_rows) > 0.0


def _lower_bounds(similarity_BN: NDArray[np.float32], *, num: int) -> NDArray[np.float32]:
    """For each row a value that `num` columns reach, and not many more.

    It is the num-th largest of the maxima of disjoint groups of columns.
    """
    num_rows, num_columns = similarity_BN.shape
    depth = max(1, num_columns // (_GROUPS_PER_NEIGHBOUR * num))
    num_groups = num_columns // depth
    grouped = similarity_BN[:, : depth * num_groups].reshape(num_rows, depth, num_groups)
    bounds: NDArray[np.float32] = np.partition(grouped.max(axis=1), num_groups - num, axis=1)[:, num_groups - num]
    return bounds
