"""What a training starts from."""

from pathlib import Path

from reid_app.errors import ModelInvalidError
from reid_app.model.backbones.backbone import Backbone
from reid_app.model.backbones.slim_resnet import SlimResnet
from reid_app.model.backbones.yolox import load_yolox_nano
from reid_app.model.weight_files import load_trunk


def start_from(path: Path, *, backbone: Backbone) -> None:
    """Load initial weights: a backbone's own, or the detector that guides it.

    Args:
        path: A safetensors file, public or one of our checkpoints; or the standard ONNX export of YOLOX-nano, whose
            beginning becomes the guide of ``slim_resnet_guided``.
        backbone: Gets the weights.

    Raises:
        ModelMissingError: There is no such file.
        ModelInvalidError: It is damaged, or does not fit.
    """
    if path.suffix != ".onnx":
        load_trunk(backbone.trunk, path=path, unused=backbone.unused)
        return
    guide = backbone.trunk.guide if isinstance(backbone.trunk, SlimResnet) else None
    if guide is None:
        raise ModelInvalidError(
            f"{path} is an ONNX file, which only slim_resnet_guided starts from: give a safetensors file, see "
            f"`reid models convert`"
        )
    load_yolox_nano(guide, path=path)
