"""Circle loss, on the interface of `OsmCaaLoss`. Shape letters: B rows of the batch, D embedding size."""

from torch import Tensor, nn
from torch.nn import functional

from reid_app.losses.anchors import anchor_masks, log_sum_exp, mean_of_anchors
from reid_app.losses.pairs import check_batch, cosine_similarities


class CircleLoss(nn.Module):
    """Circle loss on pairs: each similarity moves at a pace set by its own distance from its optimum.

    Paces are constants in the gradient. The mean is over all anchors that have a positive and a negative; no such
    anchor gives zero, with a gradient. Paper: Sun et al., CVPR 2020, arXiv 2002.10857, equations 4 to 8.
    """

    def __init__(self, *, margin: float = 0.25, scale: float = 128.0) -> None:
        super().__init__()
        self.margin = margin
        self.scale = scale

    def forward(
        self, embeddings_BD: Tensor, *, pids_B: Tensor, own_class_probability_B: Tensor | None = None
    ) -> Tensor:
        """Loss of one batch, a scalar; the probabilities are not read."""
        check_batch(embeddings_BD, pids_B=pids_B)
        positive_BB, negative_BB = anchor_masks(pids_B)
        cosine_BB = cosine_similarities(embeddings_BD)
        pull_BB = (1.0 + self.margin - cosine_BB.detach()).relu() * (1.0 - self.margin - cosine_BB)
        push_BB = (cosine_BB.detach() + self.margin).relu() * (cosine_BB - self.margin)
        pull_B = log_sum_exp(self.scale * pull_BB, mask_BB=positive_BB)
        push_B = log_sum_exp(self.scale * push_BB, mask_BB=negative_BB)
        return mean_of_anchors(functional.softplus(pull_B + push_B), counts_B=positive_BB.any(1) & negative_BB.any(1))
