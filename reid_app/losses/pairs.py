"""The pairs of a batch as square matrices: how near, which are positive, which are negative.

Every unordered pair counts once, as the cell above the diagonal (row < column): no row meets itself.
Distances are Euclidean between unit vectors, in [0, 2], and are computed in float32 at least.

Shape letters: B rows of the batch, D embedding size; a ``_BB`` matrix holds one value for each pair of rows.
"""

import torch
from torch import Tensor

SMALLEST_SQUARED_DISTANCE = 1e-12
"""Keeps the square root differentiable: rounding gives identical vectors a cosine of 1 and a little more."""

SMALLEST_WEIGHT = 1e-12
"""Each sum of weights is at least this, so that a set without weight contributes zero. The official code adds it."""


def check_batch(embeddings_BD: Tensor, *, pids_B: Tensor) -> None:
    """Refuse what is no batch.

    Raises:
        ValueError: The embeddings are not ``(B, D)`` with a row at least, or there is not one identity for each.
    """
    if embeddings_BD.ndim != 2 or len(embeddings_BD) == 0 or pids_B.shape != embeddings_BD.shape[:1]:
        raise ValueError(
            f"a batch is at least one embedding (B, D) and an identity for each (B,), "
            f"got {tuple(embeddings_BD.shape)} and {tuple(pids_B.shape)}"
        )


def cosine_similarities(embeddings_BD: Tensor) -> Tensor:
    """Cosine of every two rows, ``(B, B)``; of half precision in float32, inside autocast too.

    The scale of a row does not matter; a row of zeros has cosine 0 with all, and a gradient that stays small.
    """
    with torch.autocast(embeddings_BD.device.type, enabled=False):
        wide_BD = embeddings_BD.to(torch.promote_types(embeddings_BD.dtype, torch.float32))
        length_B1 = torch.linalg.vector_norm(wide_BD, dim=1, keepdim=True)
        unit_BD = wide_BD / torch.where(length_B1 > 0.0, length_B1, 1.0)
        return unit_BD @ unit_BD.T


def squared_distances(embeddings_BD: Tensor) -> Tensor:
    """Squared distance of every two rows once each has length one: ``2 - 2 cos``, in [1e-12, 4], ``(B, B)``."""
    return (2.0 - 2.0 * cosine_similarities(embeddings_BD)).clamp_min(SMALLEST_SQUARED_DISTANCE)


def pair_masks(pids_B: Tensor) -> tuple[Tensor, Tensor]:
    """Positive pairs (same identity) and negative pairs, each once.

    Returns:
        Two boolean ``(B, B)`` matrices, both true only above the diagonal.

    Examples:
        >>> positive_BB, negative_BB = pair_masks(torch.tensor([7, 7, 3]))
        >>> positive_BB.nonzero().tolist(), negative_BB.nonzero().tolist()
        ([[0, 1]], [[0, 2], [1, 2]])
    """
    same_BB = pids_B[:, None] == pids_B[None, :]
    return same_BB.triu(1), (~same_BB).triu(1)


def weighted_mean(values: Tensor, *, weights: Tensor) -> Tensor:
    """``sum(weights * values) / sum(weights)``; zero, with a gradient, where nothing has weight.

    Examples:
        >>> weighted_mean(torch.tensor([1.0, 4.0]), weights=torch.tensor([2.0, 1.0]))
        tensor(2.)
    """
    return (weights * values).sum() / weights.sum().clamp_min(SMALLEST_WEIGHT)
