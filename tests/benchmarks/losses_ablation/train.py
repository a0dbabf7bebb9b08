"""Training of one network with one loss on one rotation."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from reid_app.losses.probability import own_class_probability
from tests.benchmarks.losses_ablation.data import Characters, Condition, Spoilt, draw_batch, spoil
from tests.benchmarks.losses_ablation.network import SmallNetwork
from tests.benchmarks.losses_ablation.variants import Probability, Variant

CLASSES_IN_BATCH = 8
PICTURES_OF_CLASS = 7
JUDGED_AT = (100, 200, 300, 400)
"""Steps at which a network is judged; training ends at the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A network in training at a step at which it is judged."""

    step: int
    network: SmallNetwork
    spoilt: Spoilt
    """What it is trained on."""
    rows_by_class: list[NDArray[np.int64]]
    """Training rows of each label as given."""


def train(
    characters: Characters,
    *,
    variant: Variant,
    value: float,
    condition: Condition,
    seed: tuple[int, int],
    judged_at: tuple[int, ...] = JUDGED_AT,
) -> Iterator[Moment]:
    """Train, and stop at each step at which to judge.

    The same seed gives the same start, the same spoilt data and the same batches to every loss.

    Args:
        characters: Training data with true labels.
        variant: The loss.
        value: Beta or learning rate, whichever the variant tunes.
        condition: How the training data is spoilt.
        seed: Rotation and repetition.
        judged_at: Steps, rising.
    """
    generator = np.random.default_rng(seed)
    torch.manual_seed(int(generator.integers(2**31)))
    spoilt = spoil(characters, condition=condition, generator=generator)
    class_N = torch.from_numpy(spoilt.seen.class_N)
    rows_by_class = [np.flatnonzero(spoilt.seen.class_N == label) for label in range(int(characters.class_N.max()) + 1)]
    network = SmallNetwork(len(rows_by_class))
    is_beta = variant.tuned == "beta"
    optimizer = torch.optim.Adam(network.parameters(), variant.learning_rate if is_beta else value, fused=True)
    metric = variant.metric() if variant.metric else None
    for step in range(1, judged_at[-1] + 1):
        rows = draw_batch(rows_by_class, num_classes=CLASSES_IN_BATCH, per_class=PICTURES_OF_CLASS, generator=generator)
        loss = _loss(
            network,
            spoilt.seen.pictures_NCHW[rows],
            pids_B=class_N[rows],
            variant=variant,
            metric=metric,
            beta=value if is_beta else 1.0,
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step in judged_at:
            yield Moment(step=step, network=network, spoilt=spoilt, rows_by_class=rows_by_class)


def _loss(
    network: SmallNetwork,
    pictures_BCHW: Tensor,
    *,
    pids_B: Tensor,
    variant: Variant,
    metric: nn.Module | None,
    beta: float,
) -> Tensor:
    embeddings_BD = network(pictures_BCHW)
    logits_BI = network.classifier(embeddings_BD if variant.joint_ce else embeddings_BD.detach())
    loss = functional.cross_entropy(logits_BI, pids_B)
    if metric is None:
        return loss
    probability_B = _own_class_probability(variant.probability, network, embeddings_BD, logits_BI, pids_B=pids_B)
    total: Tensor = loss + beta * metric(embeddings_BD, pids_B=pids_B, own_class_probability_B=probability_B)
    return total


def _own_class_probability(
    probability: Probability, network: SmallNetwork, embeddings_BD: Tensor, logits_BI: Tensor, *, pids_B: Tensor
) -> Tensor:
    match probability:
        case "classifier":
            return own_class_probability(logits_BI, pids_B)
        case "with-gradient":
            return logits_BI.softmax(dim=1).gather(1, pids_B[:, None])[:, 0]
        case "normalised":
            class_vectors_ID = functional.normalize(network.classifier.weight)
            return own_class_probability(functional.normalize(embeddings_BD) @ class_vectors_ID.T, pids_B)
