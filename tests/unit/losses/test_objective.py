"""The whole objective; `test_known_mistakes` compares the official form with the formulas in plain Python."""

from typing import get_args

import pytest
import torch
from torch.nn import functional

from reid_app.losses.config import Metric, ObjectiveConfig
from reid_app.losses.objective import JointObjective, build_metric_loss, weight_of_metric
from reid_app.losses.osm_caa import OsmCaaLoss
from reid_app.losses.probability import own_class_probability
from reid_app.losses.triplet import TripletLoss
from tests.unit.losses.joint import TrackletBatch, joint_objective, tracklet_batch

METRICS = get_args(Metric)


@pytest.mark.parametrize("metric", METRICS)
def test_the_total_is_the_weighted_sum_of_the_terms(metric: Metric) -> None:
    config = ObjectiveConfig(
        metric=metric,
        ce_frame_weight=0.5,
        ce_tracklet_weight=2.0,
        beta_frame=3.0,
        beta_tracklet="official",
        label_smoothing=0.1,
    )
    objective = joint_objective(config)
    found = tracklet_batch().terms(objective)
    weights = {"ce_frames": 0.5, "ce_tracklets": 2.0, "metric_frames": 3.0, "metric_tracklets": 1 / 15}
    expected = sum(weights[name] * term.item() for name, term in found.terms.items())
    assert found.total.item() == pytest.approx(expected, rel=1e-12)
    assert found.total.requires_grad
    assert not any(term.requires_grad for term in found.terms.values())
    assert list(found.terms) == list(weights)[: 2 if metric == "none" else 4]


def test_the_terms_are_those_of_the_parts() -> None:
    """Frames that are no padding, with the frame classifier; pooled before, logits behind the neck."""
    config = ObjectiveConfig(margin=0.9, osm_sigma=0.7, negative_weight=0.3, label_smoothing=0.1)
    objective, batch = joint_objective(config), tracklet_batch()
    terms = batch.terms(objective).terms
    loss = OsmCaaLoss(margin=0.9, osm_sigma=0.7, negative_weight=0.3)
    frames = [(b, t) for b in range(6) for t in range(3) if batch.mask[b, t]]
    features = torch.stack([batch.features[b, t] for b, t in frames])
    frame_pids = torch.stack([batch.pids[b] for b, _ in frames])
    for unit, vectors, logits, pids in (
        ("frames", features, objective.frame_classifier(features), frame_pids),
        ("tracklets", batch.pooled, objective.tracklet_classifier(batch.necked), batch.pids),
    ):
        by_identity = functional.cross_entropy(logits, pids, label_smoothing=0.1)
        by_pairs = loss(vectors, pids_B=pids, own_class_probability_B=own_class_probability(logits, pids))
        torch.testing.assert_close(terms[f"ce_{unit}"], by_identity.detach())
        torch.testing.assert_close(terms[f"metric_{unit}"], by_pairs.detach())


@pytest.mark.parametrize("metric", METRICS)
def test_padding_counts_nowhere(metric: Metric) -> None:
    objective, batch = joint_objective(ObjectiveConfig(metric=metric, beta_frame="official")), tracklet_batch()
    padded = batch.features.masked_fill(~batch.mask[..., None], 1e3).requires_grad_()
    total = TrackletBatch(padded, batch.pooled, batch.necked, batch.mask, batch.pids).terms(objective).total
    torch.testing.assert_close(total, batch.terms(objective).total)
    (gradient,) = torch.autograd.grad(total, padded)
    assert not gradient[~batch.mask].any()
    assert gradient[batch.mask].any(dim=1).all()


def test_official_weights_are_one_over_the_number_of_pairs() -> None:
    """1,431 pairs of 54 frames, 15 of 6 tracklets, 1,540 of 56 pictures."""
    weights = [weight_of_metric("official", num_rows=num_rows) for num_rows in (54, 6, 56)]
    assert weights == [1 / 1431, 1 / 15, 1 / 1540]
    assert weight_of_metric("official", num_rows=1) == 1.0


@pytest.mark.parametrize(
    ("metric", "mining", "attention"),
    [("osm_caa", True, "gaussian"), ("osm", True, None), ("caa", False, "gaussian"), ("contrastive", False, None)],
)
def test_parts_of_the_paper_have_names(metric: Metric, mining: bool, attention: str | None) -> None:
    config = ObjectiveConfig(metric=metric, margin=1.1, osm_sigma=0.9, negative_weight=0.4, attention="gaussian")
    loss = build_metric_loss(config)
    assert isinstance(loss, OsmCaaLoss)
    assert (loss.mining, loss.attention, loss.detach_weights) == (mining, attention, True)
    assert (loss.margin, loss.osm_sigma, loss.negative_weight) == (1.1, 0.9, 0.4)


def test_the_triplets_margin_is_its_own() -> None:
    loss = build_metric_loss(ObjectiveConfig(metric="triplet", triplet_margin=0.2))
    assert isinstance(loss, TripletLoss)
    assert loss.margin == 0.2


def test_every_parameter_gets_a_gradient_from_every_objective() -> None:
    """Also where a term has weight zero: a process that trains with others may leave out none."""
    for metric in METRICS:
        config = ObjectiveConfig(metric=metric, ce_frame_weight=0.0, beta_frame=0.0)
        objective = joint_objective(config)
        torch.autograd.backward(tracklet_batch().terms(objective).total)
        assert all(parameter.grad is not None for parameter in objective.parameters())


def test_identities_that_the_classifiers_do_not_know_are_refused() -> None:
    batch = tracklet_batch()
    objective = JointObjective(5, num_identities=3, config=ObjectiveConfig()).double()
    with pytest.raises(ValueError, match=r"\[0, 3\)"):
        batch.terms(objective)
