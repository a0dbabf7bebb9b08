"""Supervised contrastive loss on the interface of `OsmCaaLoss`. Letters: B rows of the batch, D embedding size."""

import torch
from torch import Tensor, nn

from reid_app.losses.anchors import anchor_masks, log_sum_exp, mean_of_anchors
from reid_app.losses.pairs import check_batch, cosine_similarities


class SupConLoss(nn.Module):
    """Each positive against all other rows of the batch, the mean over the positives outside the logarithm.

    The mean is over all anchors that have a positive; no such anchor gives zero, with a gradient.
    Paper: Khosla et al., NeurIPS 2020, arXiv 2004.11362, equation 2.
    """

    def __init__(self, *, temperature: float = 0.1) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(
        self, embeddings_BD: Tensor, *, pids_B: Tensor, own_class_probability_B: Tensor | None = None
    ) -> Tensor:
        """Loss of one batch, a scalar; the probabilities are not read."""
        check_batch(embeddings_BD, pids_B=pids_B)
        positive_BB, negative_BB = anchor_masks(pids_B)
        logit_BB = cosine_similarities(embeddings_BD) / self.temperature
        loss_BB = log_sum_exp(logit_BB, mask_BB=positive_BB | negative_BB)[:, None] - logit_BB
        num_positives_B = positive_BB.sum(1)
        loss_B = torch.where(positive_BB, loss_BB, 0.0).sum(1) / num_positives_B.clamp_min(1)
        return mean_of_anchors(loss_B, counts_B=num_positives_B > 0)
