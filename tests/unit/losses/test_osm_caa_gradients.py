"""Gradients of the loss: by hand, by differences, and where sets are empty, embeddings equal or precision is low."""

import math

import pytest
import torch
from torch import Tensor

from reid_app.losses.osm_caa import OsmCaaLoss
from tests.unit.losses.batches import Batch, at_angles, random_batch, value_and_gradient
from tests.unit.losses.formulas import pair_weights, weighted_contrastive

STEP = 1e-6
FORMS = [
    OsmCaaLoss(),
    OsmCaaLoss(attention="gaussian"),
    OsmCaaLoss(attention=None),
    OsmCaaLoss(mining=False),
    OsmCaaLoss(mining=False, attention=None),
    OsmCaaLoss(detach_weights=False),
]


def test_a_positive_pair_by_hand() -> None:
    """Two of one identity, 60 degrees apart: L = 1/2 x 1/2 x (2 - 2 cos t), dL/dt = 1/2 sin t = 0.433013.

    The first vector, at 0 degrees, moves along y: gradient (0, -0.433013). The second is twice as long, which halves
    its gradient: 0.216506 along (-sin 60, cos 60).
    """
    batch = Batch(at_angles(0, 60) * torch.tensor([[1.0], [2.0]]), torch.tensor([1, 1]), torch.ones(2))
    gradient = value_and_gradient(OsmCaaLoss(), batch)[1]
    expected = torch.tensor([[0.0, -0.433013], [-0.187500, 0.108253]], dtype=torch.float64)
    torch.testing.assert_close(gradient, expected, atol=1e-6, rtol=0)


def test_a_negative_pair_by_hand() -> None:
    """Two identities 30 degrees apart, d = 2 sin(t / 2) = 0.517638, L = 1/2 x 1/2 x (1.2 - d)^2.

    dL/dt = -1/2 (1.2 - d) cos(t / 2) = -0.5 x 0.682362 x 0.965926 = -0.329556: the vectors move apart.
    """
    batch = Batch(at_angles(0, 30), torch.tensor([1, 2]), torch.ones(2))
    gradient = value_and_gradient(OsmCaaLoss(), batch)[1]
    expected = -0.329556 * torch.tensor([[0.0, -1.0], [-0.5, math.sqrt(0.75)]], dtype=torch.float64)
    torch.testing.assert_close(gradient, expected, atol=1e-6, rtol=0)


def test_detached_weights_are_constants_of_the_gradient() -> None:
    """Differences of the formulas in plain Python, with the weights held where they are."""
    batch = random_batch(7, num_pids=3, dimension=4, seed=5)
    vectors, pids = batch.embeddings.tolist(), batch.pids.tolist()
    weights = pair_weights(vectors, pids, margin=1.2, osm_sigma=0.8, mining=True, attention=batch.probability.tolist())

    def moved(row: int, column: int, step: float) -> float:
        copied = [list(vector) for vector in vectors]
        copied[row][column] += step
        return weighted_contrastive(copied, pids, weights=weights, margin=1.2, negative_weight=0.5)

    gradient = value_and_gradient(OsmCaaLoss(), batch)[1]
    differences = [
        [(moved(row, column, STEP) - moved(row, column, -STEP)) / (2 * STEP) for column in range(4)] for row in range(7)
    ]
    torch.testing.assert_close(gradient, torch.tensor(differences, dtype=torch.float64), atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize("attention", ["softmax", "gaussian", None])
@pytest.mark.parametrize("mining", [True, False])
def test_weights_with_gradient_pass_gradcheck(mining: bool, attention: str | None) -> None:
    batch = random_batch(8, num_pids=3, dimension=4, seed=1)
    loss = OsmCaaLoss(mining=mining, attention=attention, detach_weights=False)  # type: ignore[arg-type]

    def of_both(embeddings: Tensor, probability: Tensor) -> Tensor:
        return loss(embeddings, pids_B=batch.pids, own_class_probability_B=probability)  # type: ignore[no-any-return]

    inputs = (batch.embeddings.requires_grad_(), batch.probability.requires_grad_())
    assert torch.autograd.gradcheck(of_both, inputs)


@pytest.mark.parametrize("attention", ["softmax", "gaussian", None])
def test_weights_that_do_not_depend_on_distance_pass_gradcheck_detached(attention: str | None) -> None:
    batch = random_batch(8, num_pids=3, dimension=4, seed=2)
    loss = OsmCaaLoss(mining=False, attention=attention)  # type: ignore[arg-type]

    def of_embeddings(embeddings: Tensor) -> Tensor:
        value: Tensor = loss(embeddings, pids_B=batch.pids, own_class_probability_B=batch.probability)
        return value

    assert torch.autograd.gradcheck(of_embeddings, (batch.embeddings.requires_grad_(),))


@pytest.mark.parametrize("loss", FORMS)
@pytest.mark.parametrize(
    ("embeddings", "pids"),
    [
        (at_angles(0), [3]),
        (at_angles(0, 180), [1, 2]),
        (at_angles(0, 0), [1, 2]),
        (at_angles(0, 0, 0), [1, 1, 1]),
        (at_angles(0, 10, 20), [1, 1, 1]),
        (at_angles(0, 10, 20), [1, 2, 3]),
        (at_angles(0, 0, 0, 0), [1, 1, 2, 2]),
        (at_angles(0, 180, 0, 180), [1, 1, 2, 2]),
        (torch.zeros(4, 2, dtype=torch.float64), [1, 1, 2, 2]),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_odd_batches_have_a_finite_value_and_gradient(
    loss: OsmCaaLoss, embeddings: Tensor, pids: list[int], dtype: torch.dtype
) -> None:
    batch = Batch(embeddings.to(dtype), torch.tensor(pids), torch.full((len(pids),), 0.5))
    value, gradient = value_and_gradient(loss, batch)
    assert 0.0 <= float(value) < 3.0
    assert gradient.isfinite().all()
    assert gradient.abs().max() < 10.0


@pytest.mark.parametrize("loss", FORMS)
@pytest.mark.parametrize(
    ("degrees", "pids", "probability"),
    [
        ((0,), [3], [1.0]),
        ((0, 180, 90), [1, 2, 3], [1.0, 1.0, 1.0]),
        ((0, 0, 0), [1, 1, 1], [1.0, 1.0, 1.0]),
    ],
)
def test_what_leaves_nothing_to_do_is_zero_with_a_gradient(
    loss: OsmCaaLoss, degrees: tuple[float, ...], pids: list[int], probability: list[float]
) -> None:
    """One row has no pair; all different and beyond the margin; all the same and in one place."""
    batch = Batch(at_angles(*degrees), torch.tensor(pids), torch.tensor(probability))
    value, gradient = value_and_gradient(loss, batch)
    assert float(value) == pytest.approx(0.0, abs=1e-11)
    assert gradient.abs().max() < 1e-6


def test_pairs_without_weight_are_zero_with_a_gradient() -> None:
    batch = Batch(at_angles(0, 20, 50), torch.tensor([1, 1, 2]), torch.zeros(3))
    value, gradient = value_and_gradient(OsmCaaLoss(), batch)
    assert float(value) == 0.0
    assert not gradient.any()


def test_an_empty_set_leaves_the_other_alone() -> None:
    """All of one identity: L = 1/2 L_P; each of its own: L = 1/2 L_N."""
    batch = random_batch(6, num_pids=2, seed=3)
    for pids, negative_weight in ((torch.zeros(6), 0.0), (torch.arange(6.0), 1.0)):
        same = Batch(batch.embeddings, pids, batch.probability)
        alone = value_and_gradient(OsmCaaLoss(negative_weight=negative_weight), same)
        for both, one in zip(value_and_gradient(OsmCaaLoss(), same), alone, strict=True):
            torch.testing.assert_close(both, 0.5 * one)


def test_identical_negatives_cost_half_the_squared_margin() -> None:
    """All in one place: L_P = 0, L_N = 1/2 x 1.2^2 = 0.72, L = 0.36."""
    batch = Batch(at_angles(45, 45, 45, 45), torch.tensor([1, 1, 2, 2]), torch.ones(4))
    assert float(value_and_gradient(OsmCaaLoss(), batch)[0]) == pytest.approx(0.36, abs=1e-5)


def test_a_batch_twice_over_gains_its_self_pairs_only() -> None:
    """Each row twice: every old pair four times, and each row with its copy (d = 0, weight 1, loss 0).

    OSM at 0 and 60 degrees, one identity, osm_sigma 1: four pairs of w = e^-1 = 0.367879, d^2 = 1, two of w = 1, d = 0:
    L_P = 1/2 x 1.471518 / 3.471518 = 0.211942, L = 0.105971.
    """
    loss = OsmCaaLoss(osm_sigma=1.0, attention=None)
    batch = Batch(at_angles(0, 60, 0, 60), torch.tensor([1, 1, 1, 1]), torch.ones(4))
    assert float(value_and_gradient(loss, batch)[0]) == pytest.approx(0.105971, abs=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    batch = random_batch(16, num_pids=4, dimension=32, dtype=torch.float32)
    low = Batch(batch.embeddings.to(dtype), batch.pids, batch.probability)
    wide = Batch(low.embeddings.float(), batch.pids, batch.probability)
    value, gradient = value_and_gradient(OsmCaaLoss(), low)
    expected, expected_gradient = value_and_gradient(OsmCaaLoss(), wide)
    assert (value.dtype, gradient.dtype) == (torch.float32, dtype)
    assert torch.equal(value, expected)
    assert torch.equal(gradient, expected_gradient.to(dtype))


def test_lengths_that_overflow_half_precision_do_no_harm() -> None:
    batch = random_batch(8, num_pids=2, dtype=torch.float32)
    large = Batch((batch.embeddings * 20_000).clamp(-60_000, 60_000).half(), batch.pids, batch.probability)
    value, gradient = value_and_gradient(OsmCaaLoss(), large)
    assert 0.0 < float(value) < 3.0
    assert gradient.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast_changes_nothing(dtype: torch.dtype) -> None:
    batch = random_batch(16, num_pids=4, dimension=32, dtype=torch.float32)
    expected, expected_gradient = value_and_gradient(OsmCaaLoss(), batch)
    embeddings = batch.embeddings.requires_grad_()
    with torch.autocast("cpu", dtype=dtype):
        value = OsmCaaLoss()(embeddings, pids_B=batch.pids, own_class_probability_B=batch.probability)
    (gradient,) = torch.autograd.grad(value, embeddings)
    assert torch.equal(value, expected)
    assert torch.equal(gradient, expected_gradient)
