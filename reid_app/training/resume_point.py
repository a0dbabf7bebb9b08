"""Resume points: one safetensors file, with what is no tensor as JSON in its header. No pickle.

One file, because it is then written whole or not at all. Generators are not in it: what is random in a step is a
function of seed and step.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from reid_app.errors import DamagedError
from reid_app.tracklets.files import write_atomically

_HEADER = "reid-resume-1"


class Progress(BaseModel):
    """How far a training is, and what it is a training of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    next_step: int
    """Steps done; the number of the next one, from 0."""
    metrics: dict[str, float]
    """Of the last validation; empty before the first."""
    best_step: int | None
    """After how many steps the best validation was."""
    best_metrics: dict[str, float]
    """Of that one."""
    recipe: dict[str, JsonValue]
    num_processes: int
    tracklets_sha256: str
    """Of the training part's names and identities."""
    platform: str
    """What rounds: versions of torch and kind of processor."""


def write_resume_point(path: Path, *, tensors: Mapping[str, Tensor], progress: Progress) -> None:
    """Write a resume point in place of the one before.

    Raises:
        StorageFullError: The disk is full; the one before is untouched.
    """
    content = save(
        {name: tensor.contiguous() for name, tensor in tensors.items()}, metadata={_HEADER: progress.model_dump_json()}
    )
    write_atomically(path, content)


def read_resume_point(path: Path) -> tuple[dict[str, Tensor], Progress]:
    """The state of a learner, and how far it was.

    Raises:
        DamagedError: The file is not a resume point, or is not whole.
    """
    try:
        with safe_open(path, framework="pt") as opened:
            progress = Progress.model_validate_json((opened.metadata() or {})[_HEADER])
            names = opened.keys()
            return {name: opened.get_tensor(name) for name in names}, progress
    except (SafetensorError, KeyError, ValidationError) as error:
        raise DamagedError(
            f"the resume point {path} is damaged or of another version: remove it and train again without --resume"
        ) from error
