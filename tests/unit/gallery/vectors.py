"""Test embeddings, and the slow and obvious way to search them."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray


def warped_ellipsoid(rng: np.random.Generator, *, count: int, dimension: int) -> NDArray[np.float32]:
    """Unit vectors of unequal spread with curved directions, as embeddings have them; a tenth are exact doubles."""
    latent = rng.standard_normal((count, dimension)) * np.geomspace(3.0, 0.05, dimension)
    warped = np.tanh(latent @ rng.standard_normal((dimension, dimension)) / np.sqrt(dimension)) + 0.3
    doubles = rng.choice(count, count // 10, replace=False)
    warped[doubles] = warped[rng.choice(count, len(doubles))]
    return (warped / np.linalg.norm(warped, axis=1, keepdims=True)).astype(np.float32)


def search_by_hand(
    query_D: NDArray[np.float32], vectors: Mapping[str, NDArray[np.float32]], *, k: int
) -> list[tuple[str, float]]:
    """Similarities one by one in float64, sorted by similarity, then id."""
    query = query_D.astype(np.float64)
    pairs: Iterable[tuple[str, float]] = (
        (tracklet_id, float(np.dot(vector_D.astype(np.float64), query))) for tracklet_id, vector_D in vectors.items()
    )
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:k]
