"""One test for each mistake that public ports of the paper make; each fails if the mistake is made here.

The list was collected from the ports of arXiv 1811.01459; the order is that of the project's notes on the paper.
"""

import math

import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional

from reid_app.losses.config import ObjectiveConfig
from reid_app.losses.objective import JointObjective
from reid_app.losses.osm_caa import OsmCaaLoss
from reid_app.losses.pairs import pair_masks
from reid_app.losses.probability import own_class_probability
from tests.unit.losses.batches import Batch, at_angles, random_batch, value_and_gradient
from tests.unit.losses.formulas import gaussian, identity_loss, pair_weights, softmax, weighted_contrastive
from tests.unit.losses.joint import joint_objective, tracklet_batch


def test_1_weights_are_constants() -> None:
    """Mistake: gradient through s and a, and into the class vectors.

    Then a far positive is pushed further away, as that lowers its weight: it is with weights that are not constants.
    """
    batch = Batch(at_angles(0, 10, 120), torch.tensor([1, 1, 1]), torch.ones(3))
    towards_the_others = torch.tensor([math.sin(math.radians(120)), -math.cos(math.radians(120))]).double()
    pull = -value_and_gradient(OsmCaaLoss(), batch)[1][2] @ towards_the_others
    mistaken_pull = -value_and_gradient(OsmCaaLoss(detach_weights=False), batch)[1][2] @ towards_the_others
    assert pull > 0.0 > mistaken_pull

    probability = torch.full((3,), 0.5, requires_grad=True)
    embeddings = batch.embeddings.requires_grad_()
    value = OsmCaaLoss()(embeddings, pids_B=batch.pids, own_class_probability_B=probability)
    assert torch.autograd.grad(value, probability, allow_unused=True)[0] is None


def test_2_attention_reads_features_that_are_not_normalised() -> None:
    """Mistake: features and class vectors of length one without temperature.

    Then probabilities of 625 classes lie within a factor of e^1 = 2.7 (e^2 with opposite vectors), and attention does
    nothing. Ours tell a clear sample from an outlier by orders of magnitude.
    """
    objective = JointObjective(32, num_identities=625, config=ObjectiveConfig())
    torch.nn.init.normal_(objective.frame_classifier.weight, generator=torch.Generator().manual_seed(0))
    clear = objective.frame_classifier.weight.detach()[7]
    features_BTD = torch.stack([clear, -clear])[:, None]
    of_clear, of_outlier = own_class_probability(objective.frame_logits(features_BTD), torch.tensor([7, 7]))[:, 0]
    assert of_clear > 0.9
    assert of_clear / of_outlier > 1000.0
    assert own_class_probability(objective.frame_logits(0.1 * features_BTD), torch.tensor([7, 7]))[0, 0] < 0.5


def test_3_the_official_objective_is_whole() -> None:
    """Mistake: no Gaussian on the attention, no weighting of the cross entropy, no tracklet term, no 1 / pairs."""
    config = ObjectiveConfig(
        attention="gaussian",
        identity_weighting="gaussian",
        osm_sigma=math.sqrt(2.0) * 1.0,
        beta_frame="official",
        beta_tracklet="official",
    )
    objective, batch = joint_objective(config), tracklet_batch()
    frames, frame_pids = batch.features[batch.mask], batch.pids[:, None].expand(6, 3)[batch.mask]
    total = 0.0
    for features, classifier_input, pids, classifier in (
        (frames, frames, frame_pids, objective.frame_classifier),
        (batch.pooled, batch.necked, batch.pids, objective.tracklet_classifier),
    ):
        logits, labels, vectors = classifier(classifier_input).tolist(), pids.tolist(), features.tolist()
        total += identity_loss(logits, labels, label_smoothing=0.0, is_weighted=True)
        own = [softmax(row)[pid] for row, pid in zip(logits, labels, strict=True)]
        attention = [gaussian(p, mean=1.0, sigma=0.68) for p in own]
        weights = pair_weights(vectors, labels, margin=1.2, osm_sigma=math.sqrt(2.0), mining=True, attention=attention)
        metric = weighted_contrastive(vectors, labels, weights=weights, margin=1.2, negative_weight=0.5)
        total += metric / (len(labels) * (len(labels) - 1) / 2)
    assert batch.terms(objective).total.item() == pytest.approx(total, rel=1e-12)


def test_4_masks_are_boolean_and_complement_each_other() -> None:
    """Mistake: ``1 - mask`` of a boolean tensor, which torch refuses."""
    pids = torch.tensor([5, 3, 5, 5, 3])
    positive_BB, negative_BB = pair_masks(pids)
    assert (positive_BB.dtype, negative_BB.dtype) == (torch.bool, torch.bool)
    assert positive_BB.nonzero().tolist() == [[0, 2], [0, 3], [1, 4], [2, 3]]
    assert torch.equal(positive_BB ^ negative_BB, torch.ones(5, 5).triu(1).bool())


def test_5_no_row_meets_itself() -> None:
    """Mistake: the diagonal counts, with distance 0 and weight 1, and shrinks L_P.

    One positive pair, 60 degrees apart, and negatives beyond the margin: L = 1/2 x 1/2 x 1^2, however many rows.
    """
    for degrees, pids in (((0, 60), [1, 1]), ((0, 60, 180, 270), [1, 1, 2, 3])):
        batch = Batch(at_angles(*degrees), torch.tensor(pids), torch.ones(len(pids)))
        assert float(value_and_gradient(OsmCaaLoss(), batch)[0]) == pytest.approx(0.25, abs=1e-12)


@pytest.mark.parametrize(
    ("margin", "negative_weight", "osm_sigma", "expected"),
    [
        (1.2, 0.5, 0.8, 0.366404),
        (1.0, 0.5, 0.8, 0.308168),
        (1.2, 0.2, 0.8, 0.446562),
        (1.2, 0.5, 0.4, 0.366404),
    ],
)
def test_6_every_constant_of_the_constructor_counts(
    margin: float, negative_weight: float, osm_sigma: float, expected: float
) -> None:
    """Mistake: margin and negative weight hard-coded as 1.2 and 0.5.

    Identities a, a, b at 0, 60, 90 degrees: L_P = 0.5 of one positive pair, whatever sigma; of the negatives one lies
    beyond each margin, the other at 0.517638. L_N = 1/2 x (1.2 - d)^2 = 0.232809, or 1/2 x (1 - d)^2 = 0.116336;
    0.8 x 0.5 + 0.2 x 0.232809 = 0.446562. Sigma shows with two positive pairs: a at 0, 60, 180 below.
    """
    loss = OsmCaaLoss(margin=margin, negative_weight=negative_weight, osm_sigma=osm_sigma)
    batch = Batch(at_angles(0, 60, 90), torch.tensor([1, 1, 2]), torch.ones(3))
    assert float(value_and_gradient(loss, batch)[0]) == pytest.approx(expected, abs=1e-6)
    positives = Batch(at_angles(0, 60, 180), torch.tensor([1, 1, 1]), torch.ones(3))
    squared = torch.tensor([1.0, 3.0, 4.0])
    mean = (squared * (-squared / osm_sigma**2).exp()).sum() / (-squared / osm_sigma**2).exp().sum()
    assert float(value_and_gradient(loss, positives)[0]) == pytest.approx(0.5 * (1 - negative_weight) * float(mean))


def test_7_the_weight_falls_with_the_squared_distance_and_its_root_is_safe() -> None:
    """Mistake: exp(-d / sigma^2), and the root of 2 - 2 cos, which rounding makes negative for equal vectors.

    One identity at 0, 60, 180 degrees, sigma 1: 0.338605 (worked out in `test_osm_caa_values`); with d in place of d^2
    it would be 0.593.
    """
    batch = Batch(at_angles(0, 60, 180), torch.tensor([1, 1, 1]), torch.ones(3))
    value = value_and_gradient(OsmCaaLoss(osm_sigma=1.0), batch)[0]
    assert float(value) == pytest.approx(0.338605, abs=1e-6)

    vectors = torch.randn(64, 32, generator=torch.Generator().manual_seed(0))
    units = functional.normalize(vectors)
    assert (2.0 - 2.0 * (units @ units.T).diagonal() < 0.0).any()
    twice = Batch(torch.cat([vectors, vectors]), torch.arange(128), torch.ones(128))
    for loss in (OsmCaaLoss(), OsmCaaLoss(detach_weights=False)):
        value, gradient = value_and_gradient(loss, twice)
        assert value.isfinite()
        assert gradient.isfinite().all()


def test_8_attention_is_a_probability() -> None:
    """Mistake: the classifier's raw output of the label as attention, so that weights can be negative."""
    logits = torch.tensor([[-3.0, -1.0, -2.0], [5.0, 9.0, 1.0]])
    columns = [own_class_probability(logits, torch.tensor([k, k])) for k in range(3)]
    torch.testing.assert_close(sum(columns), torch.ones(2))
    batch = random_batch(2, num_pids=1)
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\].*not logits"):
        OsmCaaLoss()(batch.embeddings, pids_B=batch.pids, own_class_probability_B=logits[:, 0])


def test_9_class_vectors_are_the_classifiers_and_margins_have_a_meaning() -> None:
    """Mistake: centres of classes in place of the classifier, tuned with a margin of 2.84.

    The attention reads the classifier, its bias included, and cross entropy alone trains it; unit vectors are at most 2
    apart, so beyond that margin no negative ever rests.
    """
    batch = tracklet_batch()
    with_metric, without = (
        joint_objective(ObjectiveConfig(metric=metric, beta_frame=20.0, beta_tracklet=20.0))
        for metric in ("osm_caa", "none")
    )
    assert {name for name, _ in with_metric.named_parameters()} == {
        f"{unit}_classifier.{part}" for unit in ("frame", "tracklet") for part in ("weight", "bias")
    }
    for objective in (with_metric, without):
        torch.autograd.backward(batch.terms(objective).total)
    for trained, by_cross_entropy in zip(with_metric.parameters(), without.parameters(), strict=True):
        torch.testing.assert_close(trained.grad, by_cross_entropy.grad)
    before = batch.terms(with_metric).terms
    with torch.no_grad():
        with_metric.frame_classifier.bias[0] += 3.0
        with_metric.tracklet_classifier.bias[0] += 3.0
    after = batch.terms(with_metric).terms
    assert all(before[f"metric_{unit}"] != after[f"metric_{unit}"] for unit in ("frames", "tracklets"))

    with pytest.raises(ValueError, match="margin must lie in"):
        OsmCaaLoss(margin=2.8437)
    with pytest.raises(ValidationError, match="less than or equal to 2"):
        ObjectiveConfig(margin=2.8437)
