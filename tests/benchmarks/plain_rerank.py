"""k-reciprocal re-ranking as it is usually written: whole matrices of all by all, one row after the other; prints JSON.

Float32 wherever there is a choice. ``--lean`` is the same with the care that one may take without changing its shape:
one matrix product, only the first neighbours sorted, only the gallery's columns compared.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.pairs import peak_of_self_mib

K1, K2, LAMBDA = 20, 6, 0.3

Matrix = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", type=Path)
    parser.add_argument("distances", type=Path, help="where the distances go, raw float32")
    parser.add_argument("--lean", action="store_true")
    arguments = parser.parse_args()
    data = np.load(arguments.features)
    query, gallery = data["query"], data["gallery"]
    started = time.perf_counter()
    rerank(query, gallery, is_lean=arguments.lean).tofile(arguments.distances)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_mib": peak_of_self_mib()}))


def rerank(query: Matrix, gallery: Matrix, *, is_lean: bool) -> Matrix:
    num_queries = len(query)
    original = lean_distances(query, gallery) if is_lean else all_distances(query, gallery)
    nearest = lean_neighbours(original) if is_lean else np.argsort(original, axis=1).astype(np.int32)
    weights = neighbour_weights(original, nearest)
    original = original[:num_queries]
    expanded = np.zeros_like(weights)
    for row in range(len(weights)):
        expanded[row] = weights[nearest[row, :K2]].mean(axis=0)
    del weights, nearest
    if is_lean:
        return (1.0 - LAMBDA) * jaccard(expanded[:num_queries], expanded[num_queries:]) + (
            LAMBDA * original[:, num_queries:]
        )
    final = (1.0 - LAMBDA) * jaccard(expanded[:num_queries], expanded) + LAMBDA * original
    return final[:, num_queries:]


def all_distances(query: Matrix, gallery: Matrix) -> Matrix:
    """Squared Euclidean distances of unit vectors, each row divided by its largest."""
    between = 2.0 - 2.0 * (query @ gallery.T)
    among_queries = 2.0 - 2.0 * (query @ query.T)
    among_gallery = 2.0 - 2.0 * (gallery @ gallery.T)
    original = np.concatenate(
        [
            np.concatenate([among_queries, between], axis=1),
            np.concatenate([between.T, among_gallery], axis=1),
        ],
        axis=0,
    )
    np.fill_diagonal(original, 0.0)
    return np.transpose(original / np.max(original, axis=0))


def lean_distances(query: Matrix, gallery: Matrix) -> Matrix:
    embeddings = np.concatenate([query, gallery])
    original = embeddings @ embeddings.T
    np.subtract(1.0, original, out=original)
    np.fill_diagonal(original, 0.0)
    original /= original.max(axis=1, keepdims=True)
    return original


def lean_neighbours(original: Matrix) -> NDArray[np.int32]:
    nearest = np.empty((len(original), K1 + 1), np.int32)
    for row, distance in enumerate(original):
        first = np.argpartition(distance, K1 + 1)[: K1 + 1]
        nearest[row] = first[np.argsort(distance[first], kind="stable")]
    return nearest


def neighbour_weights(original: Matrix, nearest: NDArray[np.int32]) -> Matrix:
    half = round(K1 / 2)
    weights = np.zeros_like(original)
    for row in range(len(original)):
        members = reciprocal(nearest, row, K1)
        expanded = members
        for candidate in members:
            brought = reciprocal(nearest, candidate, half)
            if len(np.intersect1d(brought, members)) > 2 / 3 * len(brought):
                expanded = np.append(expanded, brought)
        expanded = np.unique(expanded)
        weight = np.exp(-original[row, expanded])
        weights[row, expanded] = weight / weight.sum()
    return weights


def reciprocal(nearest: NDArray[np.int32], row: int, k: int) -> NDArray[np.int32]:
    forward = nearest[row, : k + 1]
    backward = nearest[forward, : k + 1]
    return forward[np.where(backward == row)[0]]


def jaccard(weights: Matrix, other_weights: Matrix) -> Matrix:
    rows_of_neighbour = [np.where(column != 0)[0] for column in other_weights.T]
    distance = np.zeros((len(weights), len(other_weights)), np.float32)
    for row in range(len(weights)):
        shared = np.zeros(len(other_weights), np.float32)
        for column in np.where(weights[row] != 0)[0]:
            rows = rows_of_neighbour[column]
            shared[rows] += np.minimum(weights[row, column], other_weights[rows, column])
        distance[row] = 1.0 - shared / (2.0 - shared)
    return distance


if __name__ == "__main__":
    main()
