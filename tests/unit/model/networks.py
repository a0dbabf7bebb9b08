"""Small networks for the tests: never trained, but with other statistics than a new one's."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from reid_app.model.checkpoint import save_checkpoint
from reid_app.model.config import Preprocess
from reid_app.model.embedder import TrackletEmbedder, build_embedder
from reid_app.model.embedder_config import EmbedderConfig
from reid_app.model.model_card import ModelCard

torch.set_num_threads(1)  # Tests run side by side, and threads that wait for each other cost more than they bring.

SMALL = Preprocess(height=32, width=16, channel_order="rgb", scale=1 / 255, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.25))
CARD = ModelCard(
    data={"dataset": "noise", "identities": 3},
    recipe={"steps": 0},
    metrics={"mAP": 0.25},
    licence="CC0-1.0",
    commit="0" * 40,
    seed=7,
)


def small_embedder(**options: Any) -> TrackletEmbedder:
    """OSNet x0.25 on tiny pictures, in evaluation mode; the same weights every time."""
    config = EmbedderConfig.model_validate({"backbone": "osnet_x0_25", "preprocess": SMALL} | options)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        embedder = build_embedder(config)
        for module in embedder.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                _disturb(module)
        for parameter in embedder.pooling.parameters():
            nn.init.uniform_(parameter, 0.5, 2.5)
    return embedder.eval()


def _disturb(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
    nn.init.uniform_(norm.weight, 0.5, 2.0)
    nn.init.uniform_(norm.bias, -0.5, 0.5)
    norm.running_mean = torch.rand(norm.num_features) - 0.5
    norm.running_var = torch.rand(norm.num_features) + 0.5


def stored_checkpoint(folder: Path, *, name: str = "tiny", **options: Any) -> Path:
    """A checkpoint of the small network, with its card."""
    path = folder / f"{name}.safetensors"
    save_checkpoint(path, model=small_embedder(**options), card=CARD)
    return path
