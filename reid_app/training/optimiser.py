"""From a recipe's words to torch's optimisers."""

from collections.abc import Iterable

import torch
from torch import nn

from reid_app.training.config import AdamConfig, SgdConfig


def make_optimiser(parameters: Iterable[nn.Parameter], config: SgdConfig | AdamConfig) -> torch.optim.Optimizer:
    """The optimiser of a recipe; all parameters are treated alike."""
    rate, decay = config.learning_rate, config.weight_decay
    if config.kind == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=config.momentum, weight_decay=decay)
    kind = torch.optim.Adam if config.kind == "adam" else torch.optim.AdamW
    return kind(parameters, lr=rate, weight_decay=decay)
