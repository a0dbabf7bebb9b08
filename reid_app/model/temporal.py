"""Temporal pooling in torch: the frame features of a clip become one vector. `pooling` is the same in NumPy.

Shape letters: B tracklets, T frames of a clip, D feature size.
"""

import torch
from torch import Tensor, nn

from reid_app.model.embedder_config import TrainedPooling
from reid_app.model.pooling import GEM_FLOOR, QUALITY_FLOOR

ATTENTION_MEAN = 1.0
ATTENTION_SIGMA = 0.68
"""Of the Gaussian of the own-class probability that weights frames in training (paper.md 1.2)."""

GEM_EXPONENT = 3.0
"""Of the generalised mean, at the start of training."""


class TemporalPooling(nn.Module):
    """Pools the real frames of each clip; padding and the order of frames have no effect, whatever the padding holds.

    ``class_probability`` is the paper's: in training a mean weighted by a Gaussian of each frame's own-class
    probability, without gradient through the weights; in evaluation the plain mean.

    Args:
        pooling: Which.
        feature_dim: D; the learned attention is one linear map of it, and starts as the plain mean.
    """

    def __init__(self, pooling: TrainedPooling, *, feature_dim: int) -> None:
        super().__init__()
        self.pooling = pooling
        if pooling == "attention":
            self.attention = nn.Linear(feature_dim, 1)
            nn.init.zeros_(self.attention.weight)
            nn.init.zeros_(self.attention.bias)
        elif pooling == "gem":
            self.exponent = nn.Parameter(torch.tensor(GEM_EXPONENT))

    def forward(
        self,
        frame_features_BTD: Tensor,
        *,
        mask_BT: Tensor,
        quality_BT: Tensor | None,
        own_class_probability_BT: Tensor | None,
    ) -> Tensor:
        """Pooled vectors ``(B, D)``, not normalised, in at least float32.

        Args:
            frame_features_BTD: Any values where the mask is False.
            mask_BT: True where a frame is real; at least one in each row.
            quality_BT: In [0, 1]; read by ``quality`` only.
            own_class_probability_BT: In [0, 1]; read by ``class_probability`` in training only.

        Raises:
            ValueError: Shapes do not fit, a row has no frame, or what the pooling reads is missing.
        """
        _check(frame_features_BTD, mask_BT)
        wide = torch.promote_types(frame_features_BTD.dtype, torch.float32)
        features_BTD = frame_features_BTD.to(wide).masked_fill(~mask_BT.unsqueeze(2), 0.0)
        if self.pooling == "max":
            return features_BTD.masked_fill(~mask_BT.unsqueeze(2), -torch.inf).amax(dim=1)
        weights_BT = mask_BT.to(wide)
        if self.pooling == "gem":
            powers_BTD = features_BTD.clamp_min(GEM_FLOOR) ** self.exponent
            return weighted_mean(powers_BTD, weights_BT) ** (1.0 / self.exponent)
        if self.pooling == "attention":
            logits_BT = self.attention(features_BTD).squeeze(2)
            weights_BT = logits_BT.to(wide).masked_fill(~mask_BT, -torch.inf).softmax(dim=1)
        elif self.pooling == "quality":
            weights_BT *= _given(quality_BT, mask_BT, what="quality_BT") + QUALITY_FLOOR
        elif self.pooling == "class_probability" and self.training:
            weights_BT *= class_attention(_given(own_class_probability_BT, mask_BT, what="own_class_probability_BT"))
        return weighted_mean(features_BTD, weights_BT)


def class_attention(own_class_probability: Tensor) -> Tensor:
    """Gaussian of the own-class probability, a value in (0, 1] without gradient: 1 for a sure frame, 0.34 at zero.

    Official code of the OSM+CAA paper: ``exp(-0.5 ((p - 1) / 0.68)^2)``.
    """
    return torch.exp(-0.5 * ((own_class_probability.detach() - ATTENTION_MEAN) / ATTENTION_SIGMA) ** 2)


def weighted_mean(features_BTD: Tensor, weights_BT: Tensor) -> Tensor:
    """Mean over T with weights that need not sum to one; a weight of exactly zero leaves a finite frame out."""
    shares_BT = weights_BT / weights_BT.sum(dim=1, keepdim=True)
    return torch.einsum("btd,bt->bd", features_BTD, shares_BT)


def _check(frame_features_BTD: Tensor, mask_BT: Tensor) -> None:
    if frame_features_BTD.ndim != 3 or mask_BT.shape != frame_features_BTD.shape[:2] or mask_BT.dtype != torch.bool:
        raise ValueError(
            f"pooling needs features (B, T, D) and a bool mask (B, T), got {tuple(frame_features_BTD.shape)} and "
            f"{mask_BT.dtype} {tuple(mask_BT.shape)}"
        )
    if not bool(mask_BT.any(dim=1).all()):
        raise ValueError(f"clip {int((~mask_BT.any(dim=1)).nonzero()[0])} has no real frame: leave it out of the batch")


def _given(values_BT: Tensor | None, mask_BT: Tensor, *, what: str) -> Tensor:
    if values_BT is None or values_BT.shape != mask_BT.shape:
        got = "none" if values_BT is None else str(tuple(values_BT.shape))
        raise ValueError(f"this pooling needs {what} of {tuple(mask_BT.shape)}, got {got}")
    return values_BT.masked_fill(~mask_BT, 0.0)
