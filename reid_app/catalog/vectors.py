"""Embeddings as bytes: little-endian float16, half the size, far below what changes a ranking."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import DamagedError

_STORED = np.dtype("<f2")
_MAX_NORM_ERROR = 1e-3


def pack_embeddings(embeddings_BD: NDArray[np.float32]) -> list[bytes]:
    """Bytes of each row.

    Raises:
        ValueError: The rows are not finite and L2-normalised.
    """
    if embeddings_BD.ndim != 2 or embeddings_BD.shape[1] == 0:
        raise ValueError(f"embeddings must be (B, D), got {embeddings_BD.shape}")
    norms_B = np.linalg.norm(embeddings_BD.astype(np.float64), axis=1)
    # Written so that NaN fails too.
    is_unit_B = np.abs(norms_B - 1.0) <= _MAX_NORM_ERROR
    if not is_unit_B.all():
        row = int(np.flatnonzero(~is_unit_B)[0])
        raise ValueError(f"embeddings must be finite and L2-normalised, row {row} has norm {norms_B[row]}")
    return [row_D.tobytes() for row_D in embeddings_BD.astype(_STORED)]


def unpack_embeddings(stored: Sequence[bytes], *, dimension: int) -> NDArray[np.float32]:
    """Rows ``(B, D)`` again, L2-normalised after rounding.

    Raises:
        DamagedError: A row has another length than its model says.
    """
    expected = dimension * _STORED.itemsize
    for row in stored:
        if len(row) != expected:
            raise DamagedError(f"a stored embedding has {len(row)} bytes instead of {expected}: restore the catalog")
    rounded_BD = np.frombuffer(b"".join(stored), _STORED).reshape(len(stored), dimension).astype(np.float32)
    norms_B1 = np.linalg.norm(rounded_BD, axis=1, keepdims=True)
    if not (np.isfinite(norms_B1).all() and (norms_B1 > 0.5).all()):
        raise DamagedError("a stored embedding is not finite or not of unit length: restore the catalog")
    unit_BD: NDArray[np.float32] = (rounded_BD / norms_B1).astype(np.float32)
    return unit_BD
