"""Other people's torch checkpoints become checkpoints of ours."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError
from torch import Tensor

from reid_app.errors import ModelInvalidError, SettingsError
from reid_app.model.backbones.build import build_backbone
from reid_app.model.checkpoint import save_checkpoint
from reid_app.model.config import Preprocess
from reid_app.model.embedder import TrackletEmbedder
from reid_app.model.embedder_config import EmbedderConfig
from reid_app.model.model_card import ModelCard, StoredCard
from reid_app.model.weight_files import fit_weights, parse_weights, read_model_file

_TIMEOUT_S = 300.0
_STREAMS = "abcd"
_PREPROCESS = Preprocess(
    height=256,
    width=128,
    channel_order="rgb",
    scale=1 / 255,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
)


def convert_checkpoint(source: Path, *, architecture: str, out: Path, licence: str) -> StoredCard:
    """Read a torch checkpoint in a child process and write its backbone as a checkpoint with mean pooling and no neck.

    The result can be served, exported, or named as the initial weights of a training. Its preprocess is the usual one
    of re-identification: 256x128, RGB, ImageNet's mean and std.

    Args:
        source: A file that ``torch.save`` wrote: names and tensors, as torchvision, torchreid and others have them.
        architecture: Name of a backbone.
        out: The safetensors file.
        licence: What one may do with the weights.

    Raises:
        ModelMissingError: The source does not exist.
        ModelInvalidError: It holds more than tensors and plain values, no tensors, or tensors that do not fit the
            architecture. The message names them.
        SettingsError: There is no such architecture, or it needs a package that is not installed.
        StorageFullError: The disk is full.
    """
    try:
        config = EmbedderConfig(backbone=architecture, pooling="mean", neck="none", preprocess=_PREPROCESS)
    except ValidationError as error:
        raise SettingsError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error
    sha256 = hashlib.sha256(read_model_file(source)).hexdigest()
    tensors = {_own_name(name): tensor for name, tensor in _read_in_child(source).items()}
    backbone = build_backbone(config)
    wanted = {name: tensor for name, tensor in tensors.items() if not name.startswith(backbone.unused)}
    fit_weights(backbone.trunk, tensors=wanted, path=source)
    card = ModelCard(
        data={"converted_from": source.name, "sha256": sha256},
        recipe={},
        metrics={},
        licence=licence,
        commit=None,
        seed=None,
    )
    return save_checkpoint(out, model=TrackletEmbedder(backbone, config=config), card=card)


def _own_name(name: str) -> str:
    """Torchreid names the parts of OSNet-AIN in its own way; here they have the names that its other OSNets have.

    Examples:
        >>> _own_name("conv3.1.conv2.0.layers.0.conv1.weight"), _own_name("conv3.1.conv2.2.layers.1.bn.bias")
        ('conv3.1.conv2a.conv1.weight', 'conv3.1.conv2c.1.bn.bias')
        >>> _own_name("pool2.0.conv.weight")
        'conv2.2.0.conv.weight'
    """
    name = re.sub(r"^pool([23])\.", r"conv\1.2.", name)
    name = re.sub(r"\.conv2\.0\.layers\.0\.", ".conv2a.", name)
    return re.sub(r"\.conv2\.([123])\.layers\.", lambda found: f".conv2{_STREAMS[int(found[1])]}.", name)


def _read_in_child(source: Path) -> dict[str, Tensor]:
    with TemporaryDirectory() as folder:
        target = Path(folder) / "tensors.safetensors"
        command = [sys.executable, "-m", "reid_app.model.foreign", str(source), str(target)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise ModelInvalidError(f"{source} could not be read within {_TIMEOUT_S:.0f} seconds") from error
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or [f"the reading process ended with {done.returncode}"])[-1]
            raise ModelInvalidError(f"{source} cannot be converted: {said}")
        return parse_weights(target.read_bytes(), path=source)
