"""What became of a network: retrieval of characters it has never seen, and what its classes look like inside."""

from dataclasses import asdict

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.benchmarks.losses_ablation.data import Characters, Condition, Rotation
from tests.benchmarks.losses_ablation.measures import retrieval, structure
from tests.benchmarks.losses_ablation.network import SmallNetwork
from tests.benchmarks.losses_ablation.purity import purity
from tests.benchmarks.losses_ablation.train import JUDGED_AT, train
from tests.benchmarks.losses_ablation.variants import Variant

BLUR_PX = 1.5
"""Standard deviation of the blur under which raw pictures are compared: neighbours should bear small shifts."""


def train_and_judge(
    rotation: Rotation,
    *,
    variant: Variant,
    value: float,
    condition: Condition,
    seed: tuple[int, int],
    judged_at: tuple[int, ...] = JUDGED_AT,
) -> dict[str, float]:
    """One run; arguments as of `train`.

    Returns:
        Measures by name: ``development_recall_100``, ``test_map_400``, ...; at the first and the last moment
        ``purity_osm_100`` and its like; after the last step ``train_spread`` and its like, over true classes and
        unspoilt pictures.
    """
    measures: dict[str, float] = {}
    for moment in train(
        rotation.train, variant=variant, value=value, condition=condition, seed=seed, judged_at=judged_at
    ):
        measures |= _retrieval(moment.network, rotation.development, name="development", step=moment.step)
        measures |= _retrieval(moment.network, rotation.test, name="test", step=moment.step)
        if moment.step in (judged_at[0], judged_at[-1]):
            shares = purity(moment, seed=seed)
            measures |= {f"purity_{name}_{moment.step}": share for name, share in shares.items()}
        if moment.step == judged_at[-1]:
            measures |= _structure(moment.network, rotation.train, name="train")
            measures |= _structure(moment.network, rotation.test, name="test")
    return measures


@torch.no_grad()
def embed(network: SmallNetwork, pictures_NCHW: Tensor) -> NDArray[np.float32]:
    """Embeddings (N, 128) in evaluation form; the network trains on afterwards."""
    network.eval()
    embeddings: NDArray[np.float32] = network(pictures_NCHW).numpy()
    network.train()
    return embeddings


def _retrieval(network: SmallNetwork, characters: Characters, *, name: str, step: int) -> dict[str, float]:
    recall, mean_ap = retrieval(embed(network, characters.pictures_NCHW), characters.class_N)
    return {f"{name}_recall_{step}": recall, f"{name}_map_{step}": mean_ap}


def _structure(network: SmallNetwork, characters: Characters, *, name: str) -> dict[str, float]:
    blurred = [cv2.GaussianBlur(picture, (0, 0), BLUR_PX) for picture in characters.pictures_NCHW[:, 0].numpy()]
    found = structure(
        embed(network, characters.pictures_NCHW),
        pictures_NF=np.stack(blurred).reshape(len(blurred), -1),
        class_N=characters.class_N,
        writer_N=characters.writer_N,
        alphabet_N=characters.alphabet_N,
    )
    return {f"{name}_{key}": measure for key, measure in asdict(found).items()}
