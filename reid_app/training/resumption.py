"""Going on with a training that was interrupted, and only with the same one."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from pydantic import JsonValue

from reid_app.errors import ConflictError, DamagedError, SettingsError
from reid_app.training.assembly import Parts
from reid_app.training.resume_point import Progress, read_resume_point

RESUME_POINT = "resume.safetensors"

_CHANGEABLE = ("loader", "records")
"""Parts of a recipe that change no weight."""

_log = logging.getLogger(__name__)


def starting_point(parts: Parts, *, out_dir: Path, resume: bool) -> Progress:
    """Where to begin: at the start, or where the training in a folder was; the learner is then as it was.

    Raises:
        ConflictError: There is a training, and it is not to be resumed.
        SettingsError: It is another training: the message says in what.
        DamagedError: Its resume point is damaged.
    """
    path = out_dir / RESUME_POINT
    beginning = _beginning(parts)
    if not path.exists():
        return beginning
    if not resume:
        raise ConflictError(f"{out_dir} holds a training already: go on with --resume, or choose another folder")
    tensors, progress = read_resume_point(path)
    _check_same(progress, beginning, out_dir=out_dir)
    try:
        parts.learner.restore(tensors)
    except (RuntimeError, ValueError, KeyError) as error:
        raise DamagedError(f"the resume point {path} does not fit its recipe: {error}") from error
    return progress


def _beginning(parts: Parts) -> Progress:
    return Progress(
        next_step=0,
        metrics={},
        best_step=None,
        best_metrics={},
        recipe=parts.recipe.model_dump(mode="json"),
        num_processes=parts.processes.count,
        tracklets_sha256=parts.part.sha256,
        platform=f"torch {torch.__version__}, {parts.processes.device.type}, {torch.backends.cpu.get_cpu_capability()}",
    )


def _check_same(before: Progress, now: Progress, *, out_dir: Path) -> None:
    changed = [
        f"{key} was {old}, is {new}"
        for key, old, new in _differences(before.recipe, now.recipe)
        if not key.startswith(tuple(f"{part}." for part in _CHANGEABLE))
    ]
    if before.num_processes != now.num_processes:
        changed.append(f"processes were {before.num_processes}, are {now.num_processes}")
    if before.tracklets_sha256 != now.tracklets_sha256:
        changed.append("the data set holds other tracklets")
    if changed:
        raise SettingsError(
            f"the training in {out_dir} cannot be resumed so: {'; '.join(changed)}. Undo that, or choose another folder"
        )
    if before.platform != now.platform:
        _log.warning(
            "the training goes on elsewhere (%s, before %s): its weights may differ in the last bits",
            now.platform,
            before.platform,
        )


def _differences(
    before: Mapping[str, JsonValue], now: Mapping[str, JsonValue], *, prefix: str = ""
) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    """Dotted keys that have two values."""
    for key in sorted({*before, *now}):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, prefix=f"{prefix}{key}.")
        elif old != new:
            yield f"{prefix}{key}", old, new
