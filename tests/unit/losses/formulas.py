"""The paper's loss in plain Python, pair by pair, as its formulas read: slow, and independent of the product.

A batch is a list of vectors with a list of identities. Weights come apart from the loss, so that they can be held fixed
where the product treats them as constants.
"""

import math
from collections.abc import Sequence
from itertools import combinations

Vector = Sequence[float]
Pair = tuple[int, int]


def unit(vector: Vector) -> list[float]:
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector]


def distance(first: Vector, second: Vector) -> float:
    return math.dist(unit(first), unit(second))


def pair_weights(
    vectors: Sequence[Vector],
    pids: Sequence[int],
    *,
    margin: float,
    osm_sigma: float,
    mining: bool,
    attention: Sequence[float] | None,
) -> dict[Pair, float]:
    """``w = s a`` of every pair i < j."""
    weights = {}
    for i, j in combinations(range(len(vectors)), 2):
        d = distance(vectors[i], vectors[j])
        s = math.exp(-d * d / osm_sigma**2) if pids[i] == pids[j] else max(0.0, margin - d)
        a = 1.0 if attention is None else min(attention[i], attention[j])
        weights[i, j] = (s if mining else 1.0) * a
    return weights


def weighted_contrastive(
    vectors: Sequence[Vector],
    pids: Sequence[int],
    *,
    weights: dict[Pair, float],
    margin: float,
    negative_weight: float,
) -> float:
    """``(1 - lambda) L_P + lambda L_N``."""
    top = {True: 0.0, False: 0.0}
    bottom = {True: 0.0, False: 0.0}
    for i, j in combinations(range(len(vectors)), 2):
        d = distance(vectors[i], vectors[j])
        is_positive = pids[i] == pids[j]
        top[is_positive] += weights[i, j] * (d * d if is_positive else max(0.0, margin - d) ** 2)
        bottom[is_positive] += weights[i, j]
    half_means = {side: 0.5 * top[side] / bottom[side] if bottom[side] > 0.0 else 0.0 for side in top}
    return (1.0 - negative_weight) * half_means[True] + negative_weight * half_means[False]


def softmax(logits: Vector) -> list[float]:
    top = max(logits)
    exponentials = [math.exp(value - top) for value in logits]
    return [value / sum(exponentials) for value in exponentials]


def smoothed_cross_entropy(logits: Vector, pid: int, *, label_smoothing: float) -> float:
    """The label has ``1 - smoothing`` and its share of what is spread over all classes."""
    probabilities = softmax(logits)
    targets = [label_smoothing / len(logits)] * len(logits)
    targets[pid] += 1.0 - label_smoothing
    return -sum(target * math.log(p) for target, p in zip(targets, probabilities, strict=True))


def gaussian(value: float, *, mean: float, sigma: float) -> float:
    return math.exp(-0.5 * ((value - mean) / sigma) ** 2)


def identity_loss(logits: Sequence[Vector], pids: Sequence[int], *, label_smoothing: float, is_weighted: bool) -> float:
    """Cross entropies, weighted by ``exp(-0.5 ((p - 0.5) / 0.18)^2)`` or equally, the weights summing to one."""
    own = [softmax(row)[pid] for row, pid in zip(logits, pids, strict=True)]
    weights = [gaussian(p, mean=0.5, sigma=0.18) if is_weighted else 1.0 for p in own]
    losses = [
        smoothed_cross_entropy(row, pid, label_smoothing=label_smoothing) for row, pid in zip(logits, pids, strict=True)
    ]
    return sum(weight * loss for weight, loss in zip(weights, losses, strict=True)) / sum(weights)
