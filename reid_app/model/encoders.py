"""From settings to an encoder."""

from collections.abc import Sequence

from reid_app.model.colour import NAME, ColourEncoder
from reid_app.model.config import EncoderConfig
from reid_app.model.known import KnownModel
from reid_app.model.onnx_encoder import OnnxEncoder
from reid_app.model.places import ModelPlaces, resolve_model
from reid_app.tracklets.parts import Encoder


def make_encoder(config: EncoderConfig, *, known: Sequence[KnownModel], places: ModelPlaces) -> Encoder:
    """The encoder that the settings name; its weights are found, checked and loaded.

    Raises:
        SettingsError: The name is unknown, or is a detector's.
        ModelMissingError: The file is in none of the places.
        ModelInvalidError: The file has the wrong checksum or shape.
    """
    if config.model == NAME:
        return ColourEncoder(config)
    return OnnxEncoder(resolve_model(config.model, known=known, places=places), config=config)
