"""Any network of timm (`pip install 'reid-app[timm]'`), without its classifier, with random weights."""

import difflib

import torch
from torch import Tensor, nn

from reid_app.errors import SettingsError
from reid_app.model.backbones.backbone import Backbone
from reid_app.model.config import Preprocess


def make_timm(name: str, *, preprocess: Preprocess) -> Backbone:
    """The network that timm knows by that name, for pictures of the preprocess's size.

    Raises:
        SettingsError: timm is not installed, has no such network, or it gives no vector for such pictures.
    """
    try:
        import timm
    except ImportError as error:
        raise SettingsError(f"backbone timm:{name} needs the package timm: pip install 'reid-app[timm]'") from error
    if not timm.is_model(name):
        near = ", ".join(difflib.get_close_matches(name, timm.list_models(), n=3)) or "see timm.list_models()"
        raise SettingsError(f"timm {timm.__version__} has no network {name!r}: did you mean {near}?")
    size = (preprocess.height, preprocess.width)
    needs_size = timm.get_pretrained_cfg(name).fixed_input_size
    try:
        net = (
            timm.create_model(name, num_classes=0, img_size=size)
            if needs_size
            else timm.create_model(name, num_classes=0)
        )
        features_1D = _try(net, size)
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        raise SettingsError(f"timm's {name} does not take pictures of {size[0]}x{size[1]}: {error}") from error
    if features_1D.ndim != 2:
        raise SettingsError(f"timm's {name} gives {tuple(features_1D.shape)} for one picture, not one vector")
    classifier = net.pretrained_cfg.get("classifier") or ()
    names = (classifier,) if isinstance(classifier, str) else tuple(classifier)
    unused = tuple(f"{head}." for head in names)
    return Backbone(net, head=nn.Identity(), feature_dim=features_1D.shape[1], unused=unused)


def _try(net: nn.Module, size: tuple[int, int]) -> Tensor:
    with torch.no_grad():
        features_1D: Tensor = net.eval()(torch.zeros(1, 3, *size))
    net.train()
    return features_1D
