"""The training loop: from labelled tracklets to a checkpoint."""

from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

from reid_app.errors import CancelledError, ModelInvalidError
from reid_app.tracklets.locks import file_lock
from reid_app.training.assembly import Parts, assemble
from reid_app.training.bookkeeper import Bookkeeper, Show, TrainingReport
from reid_app.training.config import Recipe
from reid_app.training.learner import Learned
from reid_app.training.pace import Pace
from reid_app.training.processes import Processes, joined_processes
from reid_app.training.reproducible import reproducible, seed_step
from reid_app.training.resumption import starting_point
from reid_app.training.stopping import StopRequest, stop_request


def train(recipe: Recipe, *, root: Path, out_dir: Path, resume: bool, show: Show) -> TrainingReport | None:
    """Train as a recipe says; under ``torchrun``, together with the other processes.

    Args:
        recipe: Everything that shapes the weights.
        root: Folder of the data set.
        out_dir: Gets ``best`` and ``last`` checkpoints, a resume point, the tables of `Records` and ``summary.json``.
        resume: Go on with the training in ``out_dir``, if there is one.
        show: Told of each step, in the first process.

    Returns:
        What became of it; None in all processes but the first.

    Raises:
        SettingsError: The recipe does not fit the data, the machine, or the training that is to be resumed.
        ConflictError: ``out_dir`` holds a training, and ``resume`` is off.
        LockedError: Another process is training there.
        InputError: The data set, or one of its pictures, is not there.
        DamagedError: A picture or the resume point cannot be read.
        ModelInvalidError: Loss or gradient became NaN or infinite.
        StorageFullError: The disk is full; the last resume point is whole.
        CancelledError: Somebody pressed Ctrl-C; a resume point was written.
    """
    with (
        joined_processes() as processes,
        _alone(out_dir, processes=processes),
        reproducible(threads=recipe.threads, device=processes.device),
        stop_request() as stop,
    ):
        parts = assemble(recipe, root=root, processes=processes)
        progress = starting_point(parts, out_dir=out_dir, resume=resume)
        if not processes.is_first:
            _take_steps(parts, first_step=progress.next_step, bookkeeper=None, stop=stop, out_dir=out_dir)
            return None
        with closing(Bookkeeper(parts, out_dir=out_dir, progress=progress, show=show)) as bookkeeper:
            _take_steps(parts, first_step=progress.next_step, bookkeeper=bookkeeper, stop=stop, out_dir=out_dir)
            return bookkeeper.finish()


def _take_steps(
    parts: Parts, *, first_step: int, bookkeeper: Bookkeeper | None, stop: StopRequest, out_dir: Path
) -> None:
    pace = Pace(frames_per_step=parts.frames_per_step)
    steps = range(first_step, parts.num_steps)
    with closing(parts.loader.steps(first=first_step, stop=parts.num_steps)) as batches:
        for step, batch in zip(steps, pace.timed(batches), strict=True):
            seed_step(parts.recipe.seed, step=step, rank=parts.processes.rank)
            learned = parts.learner.learn(batch, learning_rate=parts.learning_rate(step))
            num_done = step + 1
            _require_finite(learned, num_done=num_done, out_dir=out_dir)
            is_stopped = parts.processes.any(stop.is_made) and num_done < parts.num_steps
            if bookkeeper is not None:
                bookkeeper.after_step(num_done, learned=learned, pace=pace, is_stopped=is_stopped)
            if is_stopped:
                raise CancelledError(
                    f"stopped after step {num_done} of {parts.num_steps}, which is saved in {out_dir}: "
                    f"the same command with --resume goes on"
                )


def _require_finite(learned: Learned, *, num_done: int, out_dir: Path) -> None:
    if learned.is_finite:
        return
    terms = ", ".join(f"{name} {value.item():g}" for name, value in learned.terms.items())
    raise ModelInvalidError(
        f"step {num_done} has spoilt the weights (loss {learned.total.item():g}: {terms}; gradient "
        f"{learned.gradient_norm.item():g}). The resume point in {out_dir}, if any, is from before: train anew with a "
        f"lower optimiser.learning_rate, a longer warm-up or max_gradient_norm"
    )


def _alone(out_dir: Path, *, processes: Processes) -> AbstractContextManager[None]:
    return file_lock(out_dir / ".lock", what=f"the training in {out_dir}") if processes.is_first else nullcontext()
