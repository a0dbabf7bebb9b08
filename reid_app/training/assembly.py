"""From a recipe to the parts of a training."""

from dataclasses import dataclass
from pathlib import Path

import torch

from reid_app.data.clip_loader import ClipLoader
from reid_app.data.datasets import load_dataset
from reid_app.data.resized import ResizedPictures
from reid_app.data.trials import make_trial
from reid_app.data.types import ReidDataset
from reid_app.evaluation.protocols import protocol_of
from reid_app.losses.objective import JointObjective
from reid_app.model.embedder import build_embedder
from reid_app.training.config import Recipe
from reid_app.training.learner import Learner
from reid_app.training.processes import Processes
from reid_app.training.reproducible import seed_weights
from reid_app.training.schedule import learning_rate
from reid_app.training.step import TrainingStep
from reid_app.training.training_part import TrainingPart, divide
from reid_app.training.validation import Validator


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """All that a training consists of, ready to go."""

    recipe: Recipe
    processes: Processes
    part: TrainingPart
    loader: ClipLoader
    learner: Learner
    validator: Validator | None

    @property
    def steps_per_unit(self) -> int:
        """Steps in a unit of the recipe's length."""
        return self.loader.num_batches if self.recipe.length.unit == "epochs" else 1

    @property
    def num_steps(self) -> int:
        """Length of the training."""
        return self.recipe.length.count * self.steps_per_unit

    @property
    def frames_per_step(self) -> int:
        """Pictures in a batch, of all processes together."""
        batch = self.recipe.batch
        return batch.num_identities * batch.num_tracklets * batch.num_frames

    def learning_rate(self, step: int) -> float:
        """Of a step, from 0."""
        return learning_rate(
            step,
            base=self.recipe.optimiser.learning_rate,
            schedule=self.recipe.schedule,
            num_steps=self.num_steps,
            steps_per_unit=self.steps_per_unit,
        )


def assemble(recipe: Recipe, *, root: Path, processes: Processes) -> Parts:
    """Read the data set's lists, and build network, objective and loader; the same in all processes.

    Raises:
        InputError: The data set is not there or does not fit.
        SettingsError: The recipe does not fit the data set or the machine.
        ModelMissingError: The initial weights are not there.
        ModelInvalidError: They do not fit.
    """
    dataset = load_dataset(recipe.data.dataset, root, split=recipe.data.split)
    part = divide(dataset, recipe.validation)
    pictures = ResizedPictures(
        recipe.model.preprocess,
        with_quality=recipe.model.pooling == "quality",
        memory_mib=recipe.loader.memory_mib,
    )
    loader = ClipLoader(
        part.learned,
        batch=recipe.batch,
        augmentation=recipe.augmentation,
        pictures=pictures,
        seed=recipe.seed,
        threads=recipe.loader.threads,
        device=processes.device,
        rank=processes.rank,
        num_ranks=processes.count,
    )
    seed_weights(recipe.seed)
    model = build_embedder(recipe.model)
    objective = JointObjective(model.feature_dim, num_identities=loader.num_identities, config=recipe.objective)
    learner = Learner(TrainingStep(model, objective=objective), recipe=recipe, processes=processes)
    validator = _validator(recipe, part=part, pictures=pictures, device=processes.device)
    return Parts(recipe=recipe, processes=processes, part=part, loader=loader, learner=learner, validator=validator)


def _validator(
    recipe: Recipe, *, part: TrainingPart, pictures: ResizedPictures, device: torch.device
) -> Validator | None:
    if recipe.validation is None:
        return None
    held_out = ReidDataset(name="held out", train=(), query=part.held_out, gallery=part.held_out)
    return Validator(
        trial=make_trial(held_out, protocol=protocol_of(recipe.validation.protocol)),
        pictures=pictures,
        num_frames=recipe.validation.num_frames,
        frames_per_batch=recipe.batch.num_identities * recipe.batch.num_tracklets * recipe.batch.num_frames,
        threads=recipe.loader.threads,
        device=device,
    )
