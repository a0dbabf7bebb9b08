"""One of the processes that train a network without batch normalisation together.

``python -m tests.unit.training.two_processes CROPS FILE``; the first writes the learner's state to FILE.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from reid_app.data.clip_loader import ClipLoader
from reid_app.data.datasets import load_dataset
from reid_app.data.resized import ResizedPictures
from reid_app.losses.objective import JointObjective
from reid_app.model.backbones.backbone import Backbone
from reid_app.model.embedder import TrackletEmbedder
from reid_app.training.config import Recipe
from reid_app.training.learner import Learner
from reid_app.training.processes import Processes, joined_processes
from reid_app.training.reproducible import reproducible
from reid_app.training.step import TrainingStep
from tests.unit.training.runs import small_recipe

RECIPE = small_recipe(
    "optimiser={kind: sgd, learning_rate: 0.05}",
    "average_decay=0.7",
    "max_gradient_norm=1.0",
    "augmentation.erase=0.5",
    "objective={beta_frame: 5.0, beta_tracklet: official, identity_weighting: gaussian}",
    "model.neck=none",
)
NUM_STEPS = 6


def plain_network(recipe: Recipe) -> TrackletEmbedder:
    """Two convolutions: what a frame's features are does not depend on the frames beside it."""
    trunk = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=4), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    return TrackletEmbedder(Backbone(trunk, head=nn.Identity(), feature_dim=16, unused=()), config=recipe.model)


def learned_state(crops: Path, processes: Processes) -> dict[str, Tensor]:
    """After some steps."""
    people = [tracklet for tracklet in load_dataset("mars-crops", crops).train if tracklet.is_person]
    loader = ClipLoader(
        people,
        batch=RECIPE.batch,
        augmentation=RECIPE.augmentation,
        pictures=ResizedPictures(RECIPE.model.preprocess, with_quality=False, memory_mib=64),
        seed=RECIPE.seed,
        threads=1,
        device=processes.device,
        rank=processes.rank,
        num_ranks=processes.count,
    )
    torch.manual_seed(RECIPE.seed)
    model = plain_network(RECIPE)
    objective = JointObjective(model.feature_dim, num_identities=loader.num_identities, config=RECIPE.objective)
    learner = Learner(TrainingStep(model, objective=objective), recipe=RECIPE, processes=processes)
    for batch in loader.steps(first=0, stop=NUM_STEPS):
        assert learner.learn(batch, learning_rate=0.05).is_finite
    return learner.state()


if __name__ == "__main__":
    with joined_processes() as joined, reproducible(threads=1, device=joined.device):
        state = learned_state(Path(sys.argv[1]), joined)
        if joined.is_first:
            save_file({name: tensor.contiguous() for name, tensor in state.items()}, sys.argv[2])
