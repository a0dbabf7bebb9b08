"""The trained network: frame backbone -> temporal pooling -> neck -> L2.

Shape letters: B tracklets, T frames of a clip, C channels, H height, W width, D embedding size.
"""

from torch import Tensor, nn
from torch.nn import functional

from reid_app.model.backbones.backbone import Backbone
from reid_app.model.backbones.build import build_backbone
from reid_app.model.backbones.initial import start_from
from reid_app.model.embedder_config import EmbedderConfig
from reid_app.model.temporal import TemporalPooling


class TrackletEmbedder(nn.Module):
    """Turns clips into embeddings; training uses its steps one by one.

    Args:
        backbone: From pictures to frame features.
        config: Projection, pooling and neck; kept for the model card.
    """

    def __init__(self, backbone: Backbone, *, config: EmbedderConfig) -> None:
        super().__init__()
        self.config = config
        self.feature_dim = config.dimension or backbone.feature_dim
        self.backbone = backbone
        self.projection = (
            nn.Identity() if config.dimension is None else nn.Linear(backbone.feature_dim, config.dimension)
        )
        self.pooling = TemporalPooling(config.pooling, feature_dim=self.feature_dim)
        self.neck = nn.Identity() if config.neck == "none" else _neck(self.feature_dim)

    def frames(self, clips_BTCHW: Tensor, *, mask_BT: Tensor | None = None) -> Tensor:
        """Frame features ``(B, T, D)``, before pooling and neck.

        Args:
            clips_BTCHW: Preprocessed pictures.
            mask_BT: True where a frame is real. With it padding is not looked at, and its features are zero; without
                it padding has features too, and in training shifts the statistics of batch normalisation.
        """
        if mask_BT is None or bool(mask_BT.all()):
            features_ND: Tensor = self.projection(self.backbone(clips_BTCHW.flatten(0, 1)))
            return features_ND.reshape(*clips_BTCHW.shape[:2], self.feature_dim)
        features_ND = self.projection(self.backbone(clips_BTCHW[mask_BT]))
        features_BTD = features_ND.new_zeros((*mask_BT.shape, self.feature_dim))
        features_BTD[mask_BT] = features_ND
        return features_BTD

    def pool(
        self,
        frame_features_BTD: Tensor,
        *,
        mask_BT: Tensor,
        quality_BT: Tensor | None = None,
        own_class_probability_BT: Tensor | None = None,
    ) -> Tensor:
        """Pooled vectors ``(B, D)``, before the neck; see `TemporalPooling`."""
        pooled_BD: Tensor = self.pooling(
            frame_features_BTD,
            mask_BT=mask_BT,
            quality_BT=quality_BT,
            own_class_probability_BT=own_class_probability_BT,
        )
        return pooled_BD

    def embed(self, clips_BTCHW: Tensor, *, mask_BT: Tensor, quality_BT: Tensor | None = None) -> Tensor:
        """L2-normalised embeddings ``(B, D)``, as in evaluation and serving."""
        frame_features_BTD = self.frames(clips_BTCHW, mask_BT=mask_BT)
        pooled_BD = self.pool(frame_features_BTD, mask_BT=mask_BT, quality_BT=quality_BT)
        return functional.normalize(self.neck(pooled_BD), dim=1)

    def forward(self, clips_BTCHW: Tensor, *, mask_BT: Tensor, quality_BT: Tensor | None = None) -> Tensor:
        """The same as `embed`."""
        return self.embed(clips_BTCHW, mask_BT=mask_BT, quality_BT=quality_BT)


def build_embedder(config: EmbedderConfig) -> TrackletEmbedder:
    """A network with random weights, or with the backbone's from the config's file.

    Raises:
        SettingsError: The backbone needs a package that is not installed, or larger pictures.
        ModelMissingError: The file of initial weights does not exist.
        ModelInvalidError: It is damaged or does not fit; the message says what.
    """
    backbone = build_backbone(config)
    if config.initial_weights is not None:
        start_from(config.initial_weights, backbone=backbone)
    return TrackletEmbedder(backbone, config=config)


def _neck(feature_dim: int) -> nn.BatchNorm1d:
    """Batch normalisation whose offset stays zero (Luo et al., "Bag of Tricks", CVPR workshops 2019, section 3.6)."""
    neck = nn.BatchNorm1d(feature_dim)
    neck.bias.requires_grad_(False)
    return neck
