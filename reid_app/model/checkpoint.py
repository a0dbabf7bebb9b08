"""Checkpoints: a safetensors file and a JSON model card beside it. No pickle."""

import hashlib
from pathlib import Path

from pydantic import ValidationError
from safetensors.torch import save as write_safetensors

from reid_app.errors import ModelInvalidError, ModelMissingError
from reid_app.model.embedder import TrackletEmbedder, build_embedder
from reid_app.model.model_card import ModelCard, StoredCard
from reid_app.model.weight_files import fit_weights, parse_weights, read_model_file
from reid_app.tracklets.files import write_atomically

SUFFIX = ".safetensors"


def save_checkpoint(path: Path, *, model: TrackletEmbedder, card: ModelCard) -> StoredCard:
    """Write the weights, then the card beside them, each whole or not at all.

    A kill between the two leaves weights with the card of other weights, which `load_checkpoint` refuses.

    Args:
        path: Of the weights; must end in ``.safetensors``. The card has the same name with ``.json``.
        model: Its weights and its config are stored; where the config's initial weights lay is not.
        card: The rest.

    Returns:
        The card as it was stored.

    Raises:
        ValueError: The path has another ending.
        StorageFullError: The disk is full.
    """
    if path.suffix != SUFFIX:
        raise ValueError(f"a checkpoint's name ends in {SUFFIX}, got {path.name}")
    content = write_safetensors({name: tensor.contiguous() for name, tensor in model.state_dict().items()})
    stored = StoredCard(
        **card.model_dump(),
        format="reid-checkpoint-1",
        architecture=model.config.model_copy(update={"initial_weights": None}),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    write_atomically(path, content)
    write_atomically(path.with_suffix(".json"), stored.model_dump_json(indent=2).encode() + b"\n")
    return stored


def load_checkpoint(path: Path) -> tuple[TrackletEmbedder, StoredCard]:
    """The network in evaluation mode on the CPU, and its card.

    Raises:
        ModelMissingError: Weights or card are not there.
        ModelInvalidError: The card is none, the weights are not those of the card, or do not fit its architecture.
            The message names file and tensors.
        SettingsError: The backbone needs a package that is not installed.
    """
    content = read_model_file(path)
    card = read_card(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != card.sha256:
        raise ModelInvalidError(
            f"{path} has sha256 {sha256}, its card {path.with_suffix('.json').name} says {card.sha256}: "
            f"one of the two was changed or damaged; copy both again"
        )
    model = build_embedder(card.architecture)
    fit_weights(model, tensors=parse_weights(content, path=path), path=path)
    return model.eval(), card


def read_card(path: Path) -> StoredCard:
    """The card beside a checkpoint's weights.

    Raises:
        ModelMissingError: There is none.
        ModelInvalidError: It is no card of a checkpoint.
    """
    card_path = path.with_suffix(".json")
    try:
        return StoredCard.model_validate_json(card_path.read_bytes())
    except FileNotFoundError as error:
        raise ModelMissingError(
            f"{card_path.name}, the model card of {path}, does not exist: copy it beside the weights"
        ) from error
    except OSError as error:
        raise ModelInvalidError(f"model card {card_path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise ModelInvalidError(f"{card_path} is no card of a checkpoint: {problems}") from error
