"""From a name to a frame backbone."""

from typing import get_args

from torch import nn

from reid_app.model.backbones.backbone import Backbone
from reid_app.model.embedder_config import (
    GUIDED,
    SLIM,
    TIMM_PREFIX,
    EmbedderConfig,
    OsnetName,
    TorchvisionName,
)


def build_backbone(config: EmbedderConfig) -> Backbone:
    """The backbone that the config names, with random weights.

    Raises:
        SettingsError: timm is not installed or has no such network, or the pictures are too small for the network.
    """
    if config.backbone.startswith(TIMM_PREFIX):
        from reid_app.model.backbones.timm_nets import make_timm

        return make_timm(config.backbone.removeprefix(TIMM_PREFIX), preprocess=config.preprocess)
    for osnet_name in get_args(OsnetName):
        if config.backbone == osnet_name:
            from reid_app.model.backbones.osnet import FEATURE_DIM, make_osnet

            net = make_osnet(osnet_name)
            return Backbone(net, head=nn.Identity(), feature_dim=FEATURE_DIM, unused=("classifier.",))
    if config.backbone == GUIDED:
        from reid_app.model.backbones.guided_resnet import ForegroundPooling, GuidedSlimResnet

        guided, over_person = GuidedSlimResnet(), ForegroundPooling()
        return Backbone(guided, head=over_person, feature_dim=over_person.num_parts * guided.feature_dim, unused=())
    if config.backbone == SLIM:
        from reid_app.model.backbones.slim_resnet import SlimResnet, StripePooling

        slim, pooling = SlimResnet(), StripePooling()
        return Backbone(slim, head=pooling, feature_dim=pooling.num_parts * slim.feature_dim, unused=())
    for torchvision_name in get_args(TorchvisionName):
        if config.backbone == torchvision_name:
            from reid_app.model.backbones.torchvision_nets import make_torchvision  # 0.8 s

            return make_torchvision(torchvision_name, config=config)
    raise AssertionError(f"the config let {config.backbone} through")
