"""What a training starts from."""

from pathlib import Path

from reid_app.model.backbones.backbone import Backbone
from reid_app.model.backbones.guide import PREFIX, is_guide
from reid_app.model.backbones.guided_resnet import GuidedSlimResnet
from reid_app.model.weight_files import fit_weights, load_trunk, read_weights


def start_from(path: Path, *, backbone: Backbone) -> None:
    """Load initial weights: a backbone's own, or those of its guide alone.

    Args:
        path: A safetensors file: public weights, one of our checkpoints, or a guide for ``slim_resnet_guided``.
        backbone: Gets the weights.

    Raises:
        ModelMissingError: There is no such file.
        ModelInvalidError: It is damaged, or does not fit.
    """
    tensors = read_weights(path)
    if isinstance(backbone.trunk, GuidedSlimResnet) and is_guide(tensors):
        own = {name.removeprefix(PREFIX): tensor for name, tensor in tensors.items()}
        fit_weights(backbone.trunk.guide, tensors=own, path=path)
    else:
        load_trunk(backbone.trunk, tensors=tensors, path=path, unused=backbone.unused)
