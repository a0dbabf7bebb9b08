"""Cross entropy over the training identities, and the official code's weighting of its samples.

The weighting is ``exp(-0.5 ((p - 0.5) / 0.18)^2)`` of the own-class probability p, made to sum to one over the batch:
samples that are neither learned nor hopeless count most, those at p = 0 or 1 have 0.021 of the peak's weight. This 0.18
is the "sigma_CAA" that public ports list and found no use for; it is no part of the pairs' attention.

Sources: label smoothing, Szegedy et al., arXiv 1512.00567; weighting, the authors' code of arXiv 1811.01459.

Shape letters: N samples, I training identities.
"""

from typing import assert_never

import torch
from torch import Tensor
from torch.nn import functional

from reid_app.losses.config import IdentityWeighting
from reid_app.losses.gathering import sum_processes
from reid_app.losses.pairs import SMALLEST_WEIGHT

GAUSSIAN_MEAN = 0.5
GAUSSIAN_SIGMA = 0.18


def identity_weights(own_class_probability_N: Tensor, *, weighting: IdentityWeighting) -> Tensor:
    """Weight of each sample before weights are made to sum to one, in (0, 1].

    Examples:
        >>> identity_weights(torch.tensor([0.0, 0.5, 0.75]), weighting="gaussian")
        tensor([0.0211, 1.0000, 0.3812])
    """
    match weighting:
        case "none":
            return torch.ones_like(own_class_probability_N)
        case "gaussian":
            return (-0.5 * ((own_class_probability_N - GAUSSIAN_MEAN) / GAUSSIAN_SIGMA).square()).exp()
        case _:
            assert_never(weighting)


def identity_loss(logits_NI: Tensor, *, pids_N: Tensor, weight_N: Tensor, label_smoothing: float) -> Tensor:
    """Weighted mean of the samples' cross entropies, over the samples of all processes.

    Args:
        logits_NI: Outputs of the classifier; processes may have different numbers of samples.
        pids_N: Training identity of each sample, int64 in [0, I).
        weight_N: What `identity_weights` gave, float32 at least; a constant in the gradient.
        label_smoothing: Share of the label that is spread over all classes, in [0, 1).

    Returns:
        Scalar, in the precision of the weights; zero, with a gradient, where no process has a sample.
    """
    loss_N = functional.cross_entropy(
        logits_NI.to(weight_N.dtype), pids_N, reduction="none", label_smoothing=label_smoothing
    )
    total_weight = sum_processes(weight_N.sum()).clamp_min(SMALLEST_WEIGHT)
    return sum_processes((weight_N * loss_N).sum()) / total_weight
