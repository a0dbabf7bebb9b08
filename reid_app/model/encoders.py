"""From settings to an encoder."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from reid_app.errors import SettingsError
from reid_app.model.colour import NAME, ColourEncoder
from reid_app.model.config import EncoderConfig
from reid_app.model.known import KnownModel
from reid_app.model.onnx_encoder import OnnxEncoder
from reid_app.model.places import ModelPlaces, resolve_model
from reid_app.tracklets.parts import Encoder

CHECKPOINT_SUFFIX = ".safetensors"


def make_encoder(config: EncoderConfig, *, known: Sequence[KnownModel], places: ModelPlaces) -> Encoder:
    """The encoder that the settings name; its weights are found, checked and loaded.

    Raises:
        SettingsError: The name is unknown, or is a detector's; the model lacks the pooling that is asked for; or a
            checkpoint is named and torch is not installed.
        ModelMissingError: The file is in none of the places.
        ModelInvalidError: The file has the wrong checksum or shape.
    """
    if config.model == NAME:
        return ColourEncoder(config)
    if config.model.endswith(CHECKPOINT_SUFFIX):
        return _torch_encoder(config)
    return OnnxEncoder(resolve_model(config.model, known=known, places=places), config=config)


def _torch_encoder(config: EncoderConfig) -> Encoder:
    if find_spec("torch") is None:
        raise SettingsError(
            f"encoder.model is the checkpoint {config.model}, but torch is not installed: "
            f"pip install 'reid-app[train]', or export it where torch is (reid export {config.model} --out FILE.onnx) "
            f"and name the ONNX file"
        )
    from reid_app.model.torch_encoder import TorchEncoder  # seconds

    return TorchEncoder(Path(config.model).expanduser(), config=config)
