"""Cards of exported networks: a file `NAME.json` beside `NAME.onnx` makes it a known model."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reid_app.errors import ModelInvalidError, SettingsError
from reid_app.model.known import KnownModel
from reid_app.model.model_card import StoredCard

FORMAT = "reid-export-1"


class Likeness(BaseModel):
    """How like the frame features of one network are to those of another, picture by picture."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pictures: str = Field(description="How many and which, for people.")
    min_cosine: float = Field(ge=-1.01, le=1.01)
    mean_cosine: float = Field(ge=-1.01, le=1.01)

    def __str__(self) -> str:
        return f"cosine {self.min_cosine:.6f} at least, {self.mean_cosine:.6f} on average, on {self.pictures}"


class ExportCard(BaseModel):
    """What an exported network is, and what it was exported from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["reid-export-1"]
    entry: KnownModel
    parity: Likeness = Field(description="Of the exported network to torch, before any quantisation.")
    int8: Likeness | None = Field(description="Of the int8 network to the exported one; null where it is not int8.")
    checkpoint: StoredCard


def model_name(path: Path) -> str:
    """The name that users call a file by: its stem with other characters than a-z, 0-9 and _ replaced.

    Raises:
        SettingsError: Nothing is left of the name, or it has another ending.

    Examples:
        >>> model_name(Path("runs/MARS-strong.v2.onnx"))
        'mars_strong_v2'
    """
    name = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")
    if not name or path.suffix != ".onnx":
        raise SettingsError(f"{path.name} makes no model name: call the file something like my_model.onnx")
    return name


def read_export_card(path: Path) -> KnownModel | None:
    """The entry in the card beside an ONNX file; name and filename are the file's, which may have been renamed.

    Returns:
        None where there is no JSON file, or one of other origin.

    Raises:
        ModelInvalidError: The card cannot be read, or is damaged.
    """
    card_path = path.with_suffix(".json")
    try:
        content = card_path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelInvalidError(f"model card {card_path} cannot be read: {error.strerror}") from error
    if not _is_ours(content):
        return None
    try:
        entry = ExportCard.model_validate_json(content).entry
        return KnownModel.model_validate({**entry.model_dump(), "name": model_name(path), "filename": path.name})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise ModelInvalidError(f"model card {card_path} is damaged ({problems}): export the model again") from error


def with_carded_models(known: Sequence[KnownModel], *, folders: Sequence[Path]) -> tuple[KnownModel, ...]:
    """The known models, and those whose files lie in the folders with a card.

    A file that lies in two folders counts once.

    Raises:
        SettingsError: Two different models have one name.
        ModelInvalidError: A card is damaged.
    """
    found = {model.name: model for model in known}
    for folder in folders:
        for path in sorted(folder.glob("*.onnx")):
            entry = read_export_card(path)
            if entry is None or entry.sha256 in {model.sha256 for model in found.values()}:
                continue
            if entry.name in found:
                raise SettingsError(
                    f"there are two models {entry.name}, {path} and {found[entry.name].filename} with sha256 "
                    f"{found[entry.name].sha256}: give {path.name} and its card another name"
                )
            found[entry.name] = entry
    return tuple(found.values())


def _is_ours(content: bytes) -> bool:
    try:
        card = json.loads(content)
    except ValueError:
        return False
    return isinstance(card, dict) and card.get("format") == FORMAT
