"""What a trained network says about itself."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from reid_app.model.model_card import ModelCard
from reid_app.training.config import Recipe
from reid_app.training.training_part import TrainingPart

_UNKNOWN_LICENCE = "not stated (data.licence of the recipe): ask whoever owns the training data"


def make_card(recipe: Recipe, *, part: TrainingPart, metrics: Mapping[str, float], num_steps: int) -> ModelCard:
    """The card of a network that learned for so many steps.

    Args:
        recipe: All of it goes in; of the initial weights the file's name, not where it lay.
        part: Counted.
        metrics: On the identities held out.
        num_steps: Steps done.
    """
    settings = recipe.model_dump(mode="json")
    initial = recipe.model.initial_weights
    settings["model"]["initial_weights"] = initial and initial.name
    return ModelCard(
        data={"dataset": recipe.data.dataset, "split": recipe.data.split, **part.counts()},
        recipe={**settings, "steps_done": num_steps},
        metrics=dict(metrics),
        licence=recipe.data.licence or _UNKNOWN_LICENCE,
        commit=_commit(),
        seed=recipe.seed,
    )


def _commit() -> str | None:
    """Commit of this code, with ``-dirty`` if it was changed since; None where it does not lie in its repository."""
    checkout = Path(__file__).parents[2]
    if not (checkout / ".git").exists():
        return None
    command = ["git", "-C", str(checkout), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
