"""What the first process does beside learning: logs, validations, checkpoints and resume points."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from reid_app.model.checkpoint import save_checkpoint
from reid_app.tracklets.files import write_atomically
from reid_app.training.assembly import Parts
from reid_app.training.card import make_card
from reid_app.training.learner import Learned
from reid_app.training.pace import Pace
from reid_app.training.records import Records
from reid_app.training.resume_point import Progress, write_resume_point
from reid_app.training.resumption import RESUME_POINT

Show = Callable[[int, int, str], None]
"""Told of progress: done, total, unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What became of a training."""

    num_steps: int
    num_identities: int
    """Learned from; those held out are not among them."""
    last: Path
    """Checkpoint of the end."""
    metrics: dict[str, float]
    """Of that, on the identities held out; empty without a validation."""
    best: Path | None
    """Checkpoint of the best validation."""
    best_step: int | None
    best_metrics: dict[str, float]
    duration_s: float
    """Of this run; what was done before it was resumed is not in it."""


class Bookkeeper:
    """Looks at each step when it is done, and writes what has to be written.

    Args:
        parts: Of the training.
        out_dir: Where everything is written.
        progress: Where the training begins or goes on.
        show: Told of each step.
    """

    def __init__(self, parts: Parts, *, out_dir: Path, progress: Progress, show: Show) -> None:
        self._parts = parts
        self._out_dir = out_dir
        self._progress = progress
        self._show = show
        self._begun_s = time.perf_counter()
        self._records = Records(out_dir, num_done=progress.next_step, with_tensorboard=parts.recipe.records.tensorboard)

    def after_step(self, num_done: int, *, learned: Learned, pace: Pace, is_stopped: bool) -> None:
        """Log, validate, keep: what is due.

        Args:
            num_done: Steps done.
            learned: What the last of them saw.
            pace: Asked when a row is due; not disturbed by what is done here.
            is_stopped: Whether the training ends here before its time.
        """
        recipe, is_last = self._parts.recipe, num_done == self._parts.num_steps
        self._progress = self._progress.model_copy(update={"next_step": num_done})
        if is_last or num_done % recipe.records.log_every == 0:
            self._log(num_done, learned=learned, pace=pace)
        with pace.paused():
            if is_last or (recipe.validation and num_done % self._steps(recipe.validation.every) == 0):
                self._keep_model(num_done)
            if is_last or is_stopped or num_done % recipe.records.resume_every == 0:
                self._write_resume_point()
        self._show(num_done, self._parts.num_steps, "steps")

    def finish(self) -> TrainingReport:
        """The report, which is written to ``summary.json`` too; the training has to be complete."""
        progress = self._progress
        report = TrainingReport(
            num_steps=progress.next_step,
            num_identities=self._parts.loader.num_identities,
            last=self._checkpoint("last"),
            metrics=progress.metrics,
            best=None if progress.best_step is None else self._checkpoint("best"),
            best_step=progress.best_step,
            best_metrics=progress.best_metrics,
            duration_s=time.perf_counter() - self._begun_s,
        )
        text = json.dumps(asdict(report), indent=2, default=str)
        write_atomically(self._out_dir / "summary.json", f"{text}\n".encode())
        return report

    def close(self) -> None:
        """Close the logs."""
        self._records.close()

    def _steps(self, units: int) -> int:
        return units * self._parts.steps_per_unit

    def _checkpoint(self, name: str) -> Path:
        return self._out_dir / f"{name}.safetensors"

    def _log(self, num_done: int, *, learned: Learned, pace: Pace) -> None:
        values = {
            "epoch": (num_done - 1) // self._parts.loader.num_batches,
            "learning_rate": self._parts.learning_rate(num_done - 1),
            "total": learned.total.item(),
            **{name: term.item() for name, term in learned.terms.items()},
            "gradient_norm": learned.gradient_norm.item(),
            **pace.take(),
        }
        self._records.note("training", num_done=num_done, values=values)

    def _keep_model(self, num_done: int) -> None:
        model = self._parts.learner.model
        metrics: dict[str, float] = {}
        names = ["last"]
        if self._parts.validator is not None:
            metrics = self._parts.validator.measure(model)
            self._records.note("validation", num_done=num_done, values=metrics)
            if metrics["mean_ap"] > self._progress.best_metrics.get("mean_ap", -1.0):
                names.append("best")
                self._progress = self._progress.model_copy(update={"best_step": num_done, "best_metrics": metrics})
        self._progress = self._progress.model_copy(update={"metrics": metrics})
        card = make_card(self._parts.recipe, part=self._parts.part, metrics=metrics, num_steps=num_done)
        for name in names:
            save_checkpoint(self._checkpoint(name), model=model, card=card)

    def _write_resume_point(self) -> None:
        tensors = self._parts.learner.state()
        write_resume_point(self._out_dir / RESUME_POINT, tensors=tensors, progress=self._progress)
