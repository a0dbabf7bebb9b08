"""The paper's loss: a contrastive loss whose pairs are weighted by online soft mining and class-aware attention.

With unit vectors f, distances ``d = |f_i - f_j|``, and sums over the positive (P) and negative (N) pairs i < j:

    L   = (1 - negative_weight) L_P + negative_weight L_N
    L_P = 1/2 sum_P(w d^2) / sum_P(w)                       w = exp(-d^2 / osm_sigma^2) min(a_i, a_j)
    L_N = 1/2 sum_N(w max(0, margin - d)^2) / sum_N(w)      w = max(0, margin - d) min(a_i, a_j)

Sources: Wang et al., AAAI 2019, arXiv 1811.01459 (weights); the authors' code (the two means, and that weights are
constants in the gradient). The attention a of a sample is a classifier's probability for its label, or a Gaussian of it
(`attention`). The official form of a recipe is osm_sigma = sqrt(2) times the code's sigma and Gaussian
attention; the paper's form is osm_sigma as printed and softmax attention.

With weights that are not constants, far positives (d^2 above their weighted mean plus osm_sigma^2) are pushed further
apart and easy negatives are pulled in: the loss can fall by making weights small. ``detach_weights=False`` is there to
show that.

Shape letters: B rows of the batch, D embedding size.
"""

from torch import Tensor, nn

from reid_app.losses.attention import attend, pair_attention
from reid_app.losses.config import Attention
from reid_app.losses.mining import mine_negatives, mine_positives
from reid_app.losses.pairs import check_batch, pair_masks, squared_distances, weighted_mean

LARGEST_DISTANCE = 2.0


class OsmCaaLoss(nn.Module):
    """Weighted contrastive loss with online soft mining and class-aware attention.

    Without attention it is OSM alone, without mining CAA alone, without both the classic contrastive loss with equal
    weights within each set. It sees the rows it is given: across processes, `JointObjective` gathers them first.

    Paper: https://arxiv.org/abs/1811.01459. Its symbols: margin is alpha, osm_sigma is sigma_OSM, negative_weight is
    lambda.
    """

    def __init__(
        self,
        *,
        margin: float = 1.2,
        osm_sigma: float = 0.8,
        negative_weight: float = 0.5,
        mining: bool = True,
        attention: Attention | None = "softmax",
        detach_weights: bool = True,
    ) -> None:
        """Fix the constants.

        Raises:
            ValueError: ``margin`` is outside (0, 2], ``osm_sigma`` is not positive, or ``negative_weight`` is outside
                [0, 1].
        """
        super().__init__()
        if not 0.0 < margin <= LARGEST_DISTANCE:
            raise ValueError(f"margin must lie in (0, 2], as unit vectors are at most 2 apart, got {margin}")
        if not osm_sigma > 0.0:
            raise ValueError(f"osm_sigma must be positive, got {osm_sigma}")
        if not 0.0 <= negative_weight <= 1.0:
            raise ValueError(f"negative_weight must lie in [0, 1], got {negative_weight}")
        self.margin = margin
        self.osm_sigma = osm_sigma
        self.negative_weight = negative_weight
        self.mining = mining
        self.attention = attention
        self.detach_weights = detach_weights

    def forward(
        self, embeddings_BD: Tensor, *, pids_B: Tensor, own_class_probability_B: Tensor | None = None
    ) -> Tensor:
        """Loss of one batch.

        Args:
            embeddings_BD: Normalised here, so scale does not matter; of half precision computed in float32.
            pids_B: Identity of each row.
            own_class_probability_B: Softmax probability of each row's own class, in [0, 1], from the jointly trained
                classifier; a constant here unless ``detach_weights`` is off. Needed, and read, with attention only.

        Returns:
            Scalar, float32 at least. A set (positive or negative) without pairs, or of weight zero, contributes zero,
            with a gradient.

        Raises:
            ValueError: The shapes do not fit, or the probabilities are missing or outside [0, 1].
        """
        check_batch(embeddings_BD, pids_B=pids_B)
        squared_BB = squared_distances(embeddings_BD)
        distance_BB = squared_BB.sqrt()
        positive_BB, negative_BB = self._weights(
            distance_BB.detach() if self.detach_weights else distance_BB,
            pids_B=pids_B,
            attention_B=self._attention(own_class_probability_B, pids_B=pids_B),
        )
        shortfall_BB = (self.margin - distance_BB).relu()
        positive_loss = 0.5 * weighted_mean(squared_BB, weights=positive_BB)
        negative_loss = 0.5 * weighted_mean(shortfall_BB.square(), weights=negative_BB)
        return (1.0 - self.negative_weight) * positive_loss + self.negative_weight * negative_loss

    def _attention(self, own_class_probability_B: Tensor | None, *, pids_B: Tensor) -> Tensor | None:
        """Attention of each row, None where it is off."""
        if self.attention is None:
            return None
        if own_class_probability_B is None or own_class_probability_B.shape != pids_B.shape:
            got = None if own_class_probability_B is None else tuple(own_class_probability_B.shape)
            raise ValueError(f"attention needs own_class_probability_B of {len(pids_B)} rows, got {got}")
        if ((own_class_probability_B < 0.0) | (own_class_probability_B > 1.0)).any():
            raise ValueError(
                f"own_class_probability_B must lie in [0, 1], got {own_class_probability_B.tolist()}: "
                f"pass own_class_probability(logits, pids), not logits"
            )
        probability_B = own_class_probability_B.detach() if self.detach_weights else own_class_probability_B
        return attend(probability_B, attention=self.attention)

    def _weights(self, distance_BB: Tensor, *, pids_B: Tensor, attention_B: Tensor | None) -> tuple[Tensor, Tensor]:
        """Weights of the positive and of the negative pairs, zero elsewhere."""
        positive_BB, negative_BB = (mask_BB.to(distance_BB.dtype) for mask_BB in pair_masks(pids_B))
        if self.mining:
            positive_BB = positive_BB * mine_positives(distance_BB, sigma=self.osm_sigma)
            negative_BB = negative_BB * mine_negatives(distance_BB, margin=self.margin)
        if attention_B is not None:
            attention_BB = pair_attention(attention_B)
            positive_BB, negative_BB = positive_BB * attention_BB, negative_BB * attention_BB
        return positive_BB, negative_BB
