"""What a snapshot says about itself."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reid_app.catalog.rows import Change
from reid_app.errors import DamagedError

MANIFEST_NAME = "manifest.json"
_MAX_MANIFEST_BYTES = 1 << 20
_HEX = r"^[0-9a-f]{64}$"


class FileSum(BaseModel):
    """How to know that a file is whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern=_HEX)
    num_bytes: int = Field(ge=0)


class Manifest(BaseModel):
    """Beside the files of a snapshot, written last."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    metric: Literal["inner_product"]
    model_id: str
    dimension: int = Field(ge=1)
    rows: int = Field(ge=0)
    last_change: int = Field(ge=0)
    """Number of the last change of the catalog that it holds."""
    last_change_sha256: str = Field(pattern=_HEX)
    """Tells this catalog's change from one of the same number in another, or in one restored from a backup."""
    created_at: datetime
    vectors: FileSum
    columns: FileSum


def change_sha256(change: Change | None) -> str:
    """Fingerprint of a change; nothing stands for the time before the first."""
    parts = [] if change is None else [str(change.number), change.kind.value, change.tracklet_id]
    moment = [] if change is None else [change.created_at.isoformat(timespec="microseconds")]
    return hashlib.sha256("\n".join(parts + moment).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a snapshot folder.

    Raises:
        DamagedError: It is missing, too long, or not what this version writes.
    """
    try:
        with (folder / MANIFEST_NAME).open("rb") as file:
            content = file.read(_MAX_MANIFEST_BYTES + 1)
        if len(content) > _MAX_MANIFEST_BYTES:
            raise DamagedError(f"its {MANIFEST_NAME} is too long")
        return Manifest.model_validate_json(content)
    except OSError as error:
        raise DamagedError(f"its {MANIFEST_NAME} cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "text"
        raise DamagedError(f"its {MANIFEST_NAME} is not valid ({place}: {first['msg']})") from error


def check_file(path: Path, expected: FileSum) -> None:
    """Compare a file with its manifest before anything else reads it.

    Raises:
        DamagedError: It is missing, has another length or another checksum.
    """
    try:
        with path.open("rb") as file:
            num_bytes = file.seek(0, 2)
            file.seek(0)
            if num_bytes != expected.num_bytes:
                raise DamagedError(f"{path.name} has {num_bytes} bytes instead of {expected.num_bytes}")
            if hashlib.file_digest(file, "sha256").hexdigest() != expected.sha256:
                raise DamagedError(f"{path.name} does not fit its checksum")
    except OSError as error:
        raise DamagedError(f"{path.name} cannot be read ({error.strerror})") from error
