"""What a run is judged by: retrieval, and how much of the structure inside the classes is left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NUM_NEIGHBOURS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The inner structure of classes in an embedding space (L2-normalised)."""

    spread: float
    """Variance inside the classes over the whole variance: 0 when every class is a point."""
    dimensions: float
    """Effective number of directions in which classes spread: participation ratio of the within-class covariance."""
    neighbours_kept: float
    """Share of a picture's 5 nearest classmates among the raw (blurred) pictures that still are among its 5 nearest."""
    writer_recall: float
    """How often the nearest deviation from a class mean in another class is by the same writer (chance: 1 in 20)."""


def retrieval(embeddings_ND: NDArray[np.floating], class_N: NDArray[np.int64]) -> tuple[float, float]:
    """Recall@1 and mAP when every picture asks all others (leave-one-out, standard average precision).

    Examples:
        >>> angles = np.deg2rad([0.0, 10.0, 15.0, 90.0])
        >>> recall, mean_ap = retrieval(np.stack([np.cos(angles), np.sin(angles)], 1), np.array([0, 0, 1, 1]))
        >>> recall, round(mean_ap, 4)  # average precision 1, 1/2, 1/3, 1
        (0.5, 0.7083)
    """
    similarity_NN = _normalised(embeddings_ND) @ _normalised(embeddings_ND).T
    np.fill_diagonal(similarity_NN, -np.inf)
    order = np.argsort(-similarity_NN, axis=1, kind="stable")[:, :-1]
    is_match = class_N[order] == class_N[:, None]
    precision = np.cumsum(is_match, axis=1) / np.arange(1, is_match.shape[1] + 1)
    average_precision = (precision * is_match).sum(axis=1) / is_match.sum(axis=1)
    return float(is_match[:, 0].mean()), float(average_precision.mean())


def structure(
    embeddings_ND: NDArray[np.floating],
    *,
    pictures_NF: NDArray[np.floating],
    class_N: NDArray[np.int64],
    writer_N: NDArray[np.int64],
    alphabet_N: NDArray[np.int64],
) -> Structure:
    """How classes look inside.

    Args:
        embeddings_ND: One row a picture; normalised here.
        pictures_NF: The same pictures as flat, blurred ink: the reference for neighbours.
        class_N: True classes, at least six pictures each.
        writer_N: Who drew each picture, a number within its alphabet.
        alphabet_N: Writers are compared within an alphabet only.
    """
    embeddings_ND = _normalised(embeddings_ND)
    means_ND = np.stack([embeddings_ND[class_N == c].mean(axis=0) for c in range(int(class_N.max()) + 1)])[class_N]
    deviations_ND = embeddings_ND - means_ND
    total = np.square(embeddings_ND - embeddings_ND.mean(axis=0)).sum()
    eigenvalues = np.linalg.svd(deviations_ND, compute_uv=False) ** 2
    return Structure(
        spread=float(np.square(deviations_ND).sum() / total),
        dimensions=float(eigenvalues.sum() ** 2 / np.square(eigenvalues).sum()),
        neighbours_kept=_neighbours_kept(embeddings_ND, pictures_NF, class_N),
        writer_recall=_writer_recall(deviations_ND, class_N=class_N, writer_N=writer_N, alphabet_N=alphabet_N),
    )


def _neighbours_kept(
    embeddings_ND: NDArray[np.floating], pictures_NF: NDArray[np.floating], class_N: NDArray[np.int64]
) -> float:
    kept = []
    for label in range(int(class_N.max()) + 1):
        rows = class_N == label
        now, before = (_nearest(points[rows]) for points in (embeddings_ND, pictures_NF))
        kept += [len(set(a) & set(b)) / NUM_NEIGHBOURS for a, b in zip(now.tolist(), before.tolist(), strict=True)]
    return float(np.mean(kept))


def _nearest(points_MD: NDArray[np.floating]) -> NDArray[np.int64]:
    squares_M = np.square(points_MD).sum(axis=1)
    distance_MM = squares_M[:, None] + squares_M - 2 * points_MD @ points_MD.T
    np.fill_diagonal(distance_MM, np.inf)
    return np.argsort(distance_MM, axis=1)[:, :NUM_NEIGHBOURS]


def _writer_recall(
    deviations_ND: NDArray[np.floating],
    *,
    class_N: NDArray[np.int64],
    writer_N: NDArray[np.int64],
    alphabet_N: NDArray[np.int64],
) -> float:
    hits = []
    for alphabet in np.unique(alphabet_N):
        rows = np.flatnonzero(alphabet_N == alphabet)
        directions = _normalised(deviations_ND[rows])
        similarity = directions @ directions.T
        similarity[class_N[rows][:, None] == class_N[rows]] = -np.inf
        hits.append(writer_N[rows][similarity.argmax(axis=1)] == writer_N[rows])
    return float(np.concatenate(hits).mean())


def _normalised(points_ND: NDArray[np.floating]) -> NDArray[np.floating]:
    return points_ND / np.maximum(np.linalg.norm(points_ND, axis=1, keepdims=True), 1e-12)
