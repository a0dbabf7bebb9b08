"""Batch-hard triplet loss, on the interface of `OsmCaaLoss`. Shape letters: B rows of the batch, D embedding size."""

import torch
from torch import Tensor, nn

from reid_app.losses.anchors import anchor_masks, mean_of_anchors
from reid_app.losses.pairs import check_batch, squared_distances


class TripletLoss(nn.Module):
    """Each anchor's farthest positive should be nearer than its nearest negative, by a margin.

    Distances are between unit vectors. The mean is over all anchors that have both, hard or not; no such anchor gives
    zero, with a gradient. Paper: Hermans et al., arXiv 1703.07737, equation 5.
    """

    def __init__(self, *, margin: float = 0.3) -> None:
        super().__init__()
        self.margin = margin

    def forward(
        self, embeddings_BD: Tensor, *, pids_B: Tensor, own_class_probability_B: Tensor | None = None
    ) -> Tensor:
        """Loss of one batch, a scalar; the probabilities are not read."""
        check_batch(embeddings_BD, pids_B=pids_B)
        positive_BB, negative_BB = anchor_masks(pids_B)
        distance_BB = squared_distances(embeddings_BD).sqrt()
        farthest_B = distance_BB.masked_fill(~positive_BB, -torch.inf).amax(1)
        nearest_B = distance_BB.masked_fill(~negative_BB, torch.inf).amin(1)
        return mean_of_anchors(
            (self.margin + farthest_B - nearest_B).relu(), counts_B=positive_BB.any(1) & negative_BB.any(1)
        )
