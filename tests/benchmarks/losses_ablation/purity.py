"""What soft mining and attention do to wrong labels and outliers.

The share of a weighting's positive weight that falls on pairs which truly show one character. All weightings are asked
on the same network, whatever it was trained with, over batches drawn as in training.
"""

import copy
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from reid_app.losses.attention import attend, pair_attention
from reid_app.losses.mining import mine_positives
from reid_app.losses.osm_caa import OsmCaaLoss
from reid_app.losses.pairs import pair_masks, squared_distances
from reid_app.losses.probability import own_class_probability
from tests.benchmarks.losses_ablation.data import draw_batch
from tests.benchmarks.losses_ablation.train import CLASSES_IN_BATCH, PICTURES_OF_CLASS, Moment

NUM_BATCHES = 20


@torch.no_grad()
def purity(moment: Moment, *, seed: tuple[int, int]) -> dict[str, float]:
    """How pure each weighting's positive weight is, and how well the own-class probability tells what is spoilt.

    Returns:
        ``equal``, ``osm``, ``caa``, ``osm-caa``, ``osm-caa-gaussian`` in [0, 1], the mean over batches; and ``auc``,
        the chance that a picture with its right label has a higher own-class probability than one without (.5: no
        idea). Empty on clean data.
    """
    given_N, truth_N = torch.from_numpy(moment.spoilt.seen.class_N), torch.from_numpy(moment.spoilt.truth_N)
    if torch.equal(given_N, truth_N):
        return {}
    generator = np.random.default_rng(seed)
    network = copy.deepcopy(moment.network)  # in training form, so its running statistics move
    shares: dict[str, list[float]] = defaultdict(list)
    right, wrong = [], []
    for _ in range(NUM_BATCHES):
        rows = draw_batch(
            moment.rows_by_class, num_classes=CLASSES_IN_BATCH, per_class=PICTURES_OF_CLASS, generator=generator
        )
        embeddings_BD = network(moment.spoilt.seen.pictures_NCHW[rows])
        probability_B = own_class_probability(network.classifier(embeddings_BD), given_N[rows])
        is_true_BB = truth_N[rows][:, None] == truth_N[rows]
        for name, weight_BB in _positive_weights(embeddings_BD, probability_B, pids_B=given_N[rows]):
            shares[name].append(float((weight_BB * is_true_BB).sum() / weight_BB.sum()))
        is_right_B = given_N[rows] == truth_N[rows]
        right.append(probability_B[is_right_B])
        wrong.append(probability_B[~is_right_B])
    means = {name: float(np.mean(values)) for name, values in shares.items()}
    return means | {"auc": float((torch.cat(right)[:, None] > torch.cat(wrong)).float().mean())}


def _positive_weights(embeddings_BD: Tensor, probability_B: Tensor, *, pids_B: Tensor) -> Iterator[tuple[str, Tensor]]:
    positive_BB = pair_masks(pids_B)[0].float()
    mined_BB = mine_positives(squared_distances(embeddings_BD).sqrt(), sigma=OsmCaaLoss().osm_sigma)
    softmax_BB = pair_attention(attend(probability_B, attention="softmax"))
    gaussian_BB = pair_attention(attend(probability_B, attention="gaussian"))
    yield "equal", positive_BB
    yield "osm", positive_BB * mined_BB
    yield "caa", positive_BB * softmax_BB
    yield "osm-caa", positive_BB * mined_BB * softmax_BB
    yield "osm-caa-gaussian", positive_BB * mined_BB * gaussian_BB
