"""Embeddings of length one.

Shape letters: N embeddings, D embedding size.
"""

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import InputError


def scale_to_unit(embeddings_ND: NDArray[np.float32], *, side: str) -> None:
    """Give each embedding length one, in place; one of zeros has no direction and stays as it is.

    Args:
        embeddings_ND: Of any length.
        side: Whose embeddings they are, for the error message.

    Raises:
        InputError: An embedding holds NaN or infinity.

    Examples:
        >>> embeddings = np.array([[3, 4], [0, 0]], np.float32)
        >>> scale_to_unit(embeddings, side="query")
        >>> embeddings
        array([[0.6, 0.8],
               [0. , 0. ]], dtype=float32)
    """
    length_N = lengths(embeddings_ND, side=side)
    length_N[length_N == 0.0] = 1.0
    embeddings_ND /= length_N.astype(np.float32)[:, None]


def lengths(embeddings_ND: NDArray[np.float32], *, side: str) -> NDArray[np.float64]:
    """Length of each embedding ``(N,)``, summed in float64.

    Args:
        embeddings_ND: Of any length.
        side: Whose embeddings they are, for the error message.

    Raises:
        InputError: An embedding holds NaN or infinity.
    """
    length_N: NDArray[np.float64] = np.sqrt(np.einsum("nd,nd->n", embeddings_ND, embeddings_ND, dtype=np.float64))
    damaged = np.flatnonzero(~np.isfinite(length_N))
    if len(damaged):
        raise InputError(
            f"the embedding of {side} {damaged[0]} holds NaN or infinity: the model or its embeddings are damaged"
        )
    return length_N
