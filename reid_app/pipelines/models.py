"""Which known models are here, and getting those that are not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reid_app.errors import ModelInvalidError, ModelMissingError, NotFoundError
from reid_app.model.known import KnownModel
from reid_app.pipelines.parts import known_models, model_places
from reid_app.settings import Settings
from reid_app.tracklets.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A known model and what became of its file."""

    known: KnownModel
    path: Path | None
    """Where its file lies; None when it is nowhere or damaged."""
    damage: str | None
    """Why the file that is there cannot be used."""

    @property
    def is_damaged(self) -> bool:
        """A file is there and cannot be used."""
        return self.damage is not None

    @property
    def state(self) -> str:
        """One phrase for people."""
        if self.damage:
            return f"DAMAGED: {self.damage}"
        if self.path:
            return f"is here, checksum right: {self.path}"
        return f"is not here: reid models pull {self.known.name}" if self.known.url else "is not here; bring the file"

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        learned = {"head": {"neck", "attention"}}  # hundreds of numbers
        return self.known.model_dump(mode="json", exclude=learned) | {
            "path": str(self.path) if self.path else None,
            "damage": self.damage,
        }


def list_models(settings: Settings, *, name: str | None = None) -> list[ListedModel]:
    """Look for the files of all known models, or of one, and compare their checksums.

    Raises:
        NotFoundError: No known model has this name.
    """
    from reid_app.model.places import resolve_model

    known = known_models(settings)
    wanted = [model for model in known if name in (None, model.name)]
    if not wanted:
        raise NotFoundError(f"there is no known model {name!r}: known are {', '.join(model.name for model in known)}")
    listed = []
    for model in wanted:
        path, damage = None, None
        try:
            path = resolve_model(model.name, known=known, places=model_places(settings)).path
        except ModelMissingError:
            pass
        except ModelInvalidError as error:
            damage = str(error)
        listed.append(ListedModel(known=model, path=path, damage=damage))
    return listed


def pull_model(name: str, *, settings: Settings, watch: Watch) -> Path:
    """Download a known model into the data folder, unless it is there already.

    Raises:
        NotFoundError: No known model has this name.
        ModelMissingError: It has no address, or the download failed.
        ModelInvalidError: What came has another checksum; nothing of it is kept.
        StorageFullError: The disk is full.
    """
    from reid_app.model.pull import pull_model as download

    known = list_models(settings, name=name)[0].known
    return download(
        known,
        destination=settings.data_dir / "models",
        progress=lambda done, total: watch.progress(done, total, "bytes"),
    )
