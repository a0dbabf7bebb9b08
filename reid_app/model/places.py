"""Where model files lie, and whether they are what they should be."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reid_app.errors import ModelInvalidError, ModelMissingError, SettingsError
from reid_app.model.export_card import read_export_card
from reid_app.model.known import KnownModel

SHIPPED_WEIGHTS = Path(__file__).parent / "weights"
SHIPPED_GUIDE = SHIPPED_WEIGHTS / "guide.safetensors"
"""Where in a picture the person is: what ``slim_resnet_guided`` starts from unless it is told otherwise."""
"""Weights that come with the package; the folder may be absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlaces:
    """The folders in which known models are looked for, in this order."""

    models_dir: Path | None
    """`REID_MODELS_DIR`, a folder that users fill themselves."""
    data_dir: Path
    """`REID_DATA_DIR`; `reid models pull` stores below it."""
    shipped_dir: Path = SHIPPED_WEIGHTS

    @property
    def pulled_dir(self) -> Path:
        """Where `reid models pull` puts files."""
        return self.data_dir / "models"

    def folders(self) -> tuple[Path, ...]:
        """All of them, first things first; some may not exist."""
        given = () if self.models_dir is None else (self.models_dir,)
        return (*given, self.pulled_dir, self.shipped_dir)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A model file whose checksum was taken, and which was the right one if the model is known."""

    path: Path
    sha256: str
    known: KnownModel | None
    """None for a file of the user's own."""

    @property
    def name(self) -> str:
        """For people: the known name, or the file's."""
        return self.path.name if self.known is None else self.known.name

    def read(self) -> bytes:
        """The file's bytes, checked once more: they are what is run.

        Raises:
            ModelInvalidError: The file changed since its checksum was taken, or cannot be read.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise ModelInvalidError(f"model file {self.path} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ModelInvalidError(f"model file {self.path} changed since it was checked: start again")
        return content


def locate_model(known: KnownModel, *, places: ModelPlaces) -> Path | None:
    """The first place that has the model's file, or None; nothing is checked."""
    candidates = (folder / known.filename for folder in places.folders())
    return next((path for path in candidates if path.exists()), None)


def verify_model(known: KnownModel, path: Path) -> None:
    """Check a file against its entry.

    Raises:
        ModelInvalidError: Size or checksum differ, or the file cannot be read. The message says what to do.
    """
    num_bytes, sha256 = _measure(path)
    if (num_bytes, sha256) == (known.num_bytes, known.sha256):
        return
    difference = f"sha256 {sha256}, expected {known.sha256}"
    if num_bytes != known.num_bytes:
        difference = f"{num_bytes} bytes, expected {known.num_bytes}"
    raise ModelInvalidError(
        f"model file {path} is not {known.name} (it has {difference}): delete it, then {_remedy(known)}"
    )


def resolve_model(name_or_path: str, *, known: Sequence[KnownModel], places: ModelPlaces) -> ModelFile:
    """Find the file of a model and check it.

    A known name is looked up in the places in order; the first file found must be right, a wrong one is never passed
    over silently. Anything else with a slash or ending in ``.onnx`` is the path of a file; it is recognised as a
    known model by its checksum, whatever its name, or by the card that lies beside it.

    Raises:
        SettingsError: It is neither a known name nor a path.
        ModelMissingError: The file is in none of the places; the message lists them and says how to get it.
        ModelInvalidError: The file has the wrong size or checksum, cannot be read, or its card is damaged or another's.
    """
    by_name = {model.name: model for model in known}
    if name_or_path in by_name:
        return _resolve_known(by_name[name_or_path], places=places)
    if "/" not in name_or_path and not name_or_path.endswith(".onnx"):
        raise SettingsError(
            f"unknown model {name_or_path}: known are {', '.join(by_name)}; or give the path of an ONNX file"
        )
    path = Path(name_or_path).expanduser()
    if not path.exists():
        raise ModelMissingError(f"model file {path} does not exist: check the path")
    _, sha256 = _measure(path)
    entry = next((model for model in known if model.sha256 == sha256), None) or read_export_card(path)
    if entry is not None and entry.sha256 != sha256:
        raise ModelInvalidError(
            f"model file {path} has sha256 {sha256}, its card {path.with_suffix('.json').name} says {entry.sha256}: "
            f"export the model again, or remove the card"
        )
    return ModelFile(path=path, sha256=sha256, known=entry)


def _resolve_known(known: KnownModel, *, places: ModelPlaces) -> ModelFile:
    path = locate_model(known, places=places)
    if path is None:
        looked_at = ", ".join(str(folder) for folder in places.folders())
        unset = "" if places.models_dir else " (REID_MODELS_DIR is not set)"
        raise ModelMissingError(
            f"{known.filename} of model {known.name} is in none of {looked_at}{unset}: {_remedy(known)}"
        )
    verify_model(known, path)
    return ModelFile(path=path, sha256=known.sha256, known=known)


def _remedy(known: KnownModel) -> str:
    if known.url is not None:
        return f"run `reid models pull {known.name}`"
    return (
        f"copy the right {known.filename} (sha256 {known.sha256}) to the folder that REID_MODELS_DIR names; "
        f"it has no download address"
    )


def _measure(path: Path) -> tuple[int, str]:
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), sha256
    except OSError as error:
        raise ModelInvalidError(f"model file {path} cannot be read: {error.strerror}") from error
