"""A trained network as it is served: frame by frame in the network, over time in NumPy.

Shape letters: N pictures, H height, W width, D feature size.
"""

import copy

import torch
from torch import Tensor, nn

from reid_app.model.config import Pooling
from reid_app.model.embedder import TrackletEmbedder
from reid_app.model.head import Head, Neck


class FrameNetwork(nn.Module):
    """Pictures ``(N, 3, H, W)`` to frame features ``(N, D)``, in evaluation mode.

    Args:
        embedder: Shares its modules; put into evaluation mode.
        has_neck: Whether the embedder's neck follows each frame.
    """

    def __init__(self, embedder: TrackletEmbedder, *, has_neck: bool) -> None:
        super().__init__()
        self.backbone = embedder.backbone
        self.projection = embedder.projection
        self.neck = embedder.neck if has_neck else nn.Identity()
        self.eval()

    def forward(self, images_N3HW: Tensor) -> Tensor:
        """Frame features ``(N, D)``."""
        features_ND: Tensor = self.neck(self.projection(self.backbone(images_N3HW)))
        return features_ND


def split_for_serving(embedder: TrackletEmbedder) -> tuple[FrameNetwork, Head]:
    """The part that a network runtime computes, and what comes after it.

    The neck is a scale and an offset. Where every pooling on offer is a mean whose weights do not depend on the
    features, it may as well come before the pooling, and goes into the network; elsewhere it goes into the head.

    Returns:
        Together they give the embeddings that ``embedder.embed`` gives, with the pooling that it was trained with, or
        for ``class_probability`` with the plain mean, as the paper's test does.
    """
    trained = embedder.config.pooling
    own: Pooling = "mean" if trained == "class_probability" else trained
    is_mean = own in ("mean", "quality")
    neck = embedder.neck if isinstance(embedder.neck, nn.BatchNorm1d) else None
    others: tuple[Pooling, ...] = ("mean", "quality") if is_mean and neck is not None else ("mean", "quality", "max")
    head = Head(
        poolings=(own, *(other for other in others if other != own)),
        normalise_frames=False,
        gem_exponent=float(embedder.pooling.exponent.detach()) if own == "gem" else None,
        attention=_numbers(embedder.pooling.attention.weight[0]) if own == "attention" else None,
        neck=None if is_mean or neck is None else _as_data(neck),
    )
    return FrameNetwork(embedder, has_neck=is_mean), head


def _as_data(neck: nn.BatchNorm1d) -> Neck:
    """What it makes of zeros is its offset, and what it makes of ones is one scale more."""
    wide = copy.deepcopy(neck).double().eval()
    inputs_2D = torch.tensor([[0.0], [1.0]], dtype=torch.float64, device=neck.weight.device)
    with torch.no_grad():
        offset_D, sum_D = wide(inputs_2D.expand(2, neck.num_features))
    return Neck(scale=_numbers(sum_D - offset_D), offset=_numbers(offset_D))


def _numbers(values_D: Tensor) -> tuple[float, ...]:
    return tuple(values_D.detach().float().tolist())
