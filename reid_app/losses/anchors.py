"""The other view of a batch: each row is an anchor with its positives and negatives, for the losses to compare with.

Shape letters: B rows of the batch; in a ``_BB`` matrix the row is the anchor.
"""

import torch
from torch import Tensor

from reid_app.losses.pairs import weighted_mean


def anchor_masks(pids_B: Tensor) -> tuple[Tensor, Tensor]:
    """Each anchor's positives and its negatives; no row is its own positive.

    Examples:
        >>> positive_BB, negative_BB = anchor_masks(torch.tensor([7, 7, 3]))
        >>> positive_BB.nonzero().tolist(), negative_BB.nonzero().tolist()
        ([[0, 1], [1, 0]], [[0, 2], [1, 2], [2, 0], [2, 1]])
    """
    same_BB = pids_B[:, None] == pids_B[None, :]
    return same_BB.clone().fill_diagonal_(False), ~same_BB


def mean_of_anchors(loss_B: Tensor, *, counts_B: Tensor) -> Tensor:
    """Mean over the anchors that count; zero, with a gradient, where there are none.

    Examples:
        >>> mean_of_anchors(torch.tensor([1.0, 3.0, 8.0]), counts_B=torch.tensor([True, True, False]))
        tensor(2.)
    """
    return weighted_mean(loss_B, weights=counts_B.to(loss_B.dtype))


def log_sum_exp(logit_BB: Tensor, *, mask_BB: Tensor) -> Tensor:
    """``log(sum(exp(logit)))`` over each anchor's cells that count; finite, and without meaning, where none does."""
    return logit_BB.masked_fill(~mask_BB, torch.finfo(logit_BB.dtype).min / 4).logsumexp(1)
