"""Multi-similarity loss, on the interface of `OsmCaaLoss`. Shape letters: B rows of the batch, D embedding size."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from reid_app.losses.anchors import anchor_masks
from reid_app.losses.pairs import check_batch, cosine_similarities


class MultiSimilarityLoss(nn.Module):
    """Multi-similarity loss with its mining of pairs.

    A pair counts unless the anchor's hardest pair of the other kind is easier by more than ``mining_margin``. The mean
    is over all anchors; one without pairs is zero, with a gradient. Paper: Wang et al., CVPR 2019, arXiv 1904.06627,
    equations 8 to 10; the threshold 0.5 is that of the authors' code.
    """

    def __init__(
        self,
        *,
        positive_scale: float = 2.0,
        negative_scale: float = 50.0,
        threshold: float = 0.5,
        mining_margin: float = 0.1,
    ) -> None:
        super().__init__()
        self.positive_scale = positive_scale
        self.negative_scale = negative_scale
        self.threshold = threshold
        self.mining_margin = mining_margin

    def forward(
        self, embeddings_BD: Tensor, *, pids_B: Tensor, own_class_probability_B: Tensor | None = None
    ) -> Tensor:
        """Loss of one batch, a scalar; the probabilities are not read."""
        check_batch(embeddings_BD, pids_B=pids_B)
        positive_BB, negative_BB = anchor_masks(pids_B)
        cosine_BB = cosine_similarities(embeddings_BD)
        nearest_negative_B1 = cosine_BB.masked_fill(~negative_BB, -torch.inf).amax(1, keepdim=True)
        farthest_positive_B1 = cosine_BB.masked_fill(~positive_BB, torch.inf).amin(1, keepdim=True)
        positive_BB &= cosine_BB - self.mining_margin < nearest_negative_B1
        negative_BB &= cosine_BB + self.mining_margin > farthest_positive_B1
        pull_B = _soft_sum(self.threshold - cosine_BB, mask_BB=positive_BB, scale=self.positive_scale)
        push_B = _soft_sum(cosine_BB - self.threshold, mask_BB=negative_BB, scale=self.negative_scale)
        return (pull_B + push_B).mean()


def _soft_sum(excess_BB: Tensor, *, mask_BB: Tensor, scale: float) -> Tensor:
    """``log(1 + sum(exp(scale * excess))) / scale`` over each anchor's pairs that count."""
    logit_BB = (scale * excess_BB).masked_fill(~mask_BB, -torch.inf)
    return functional.pad(logit_BB, (1, 0)).logsumexp(1) / scale
