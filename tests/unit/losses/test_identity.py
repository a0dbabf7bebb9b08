import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from reid_app.losses.config import IdentityWeighting
from reid_app.losses.identity import identity_loss, identity_weights
from reid_app.losses.probability import own_class_probability
from tests.unit.losses import formulas


def loss_of(logits: Tensor, pids: Tensor, *, label_smoothing: float, weighting: IdentityWeighting) -> Tensor:
    weights = identity_weights(own_class_probability(logits, pids), weighting=weighting)
    return identity_loss(logits, pids_N=pids, weight_N=weights, label_smoothing=label_smoothing)


def logits_of(num_rows: int, *, seed: int) -> Tensor:
    return 3.0 * torch.randn(num_rows, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_weights_by_hand() -> None:
    """Two classes, logits 0 and ln 3: p = 1/2, 3/4, 1/4; and 0 and 40: p = 1, 0.

    exp(-0.5 (0.25 / 0.18)^2) = 0.381173 and exp(-0.5 (0.5 / 0.18)^2) = 0.021110.
    """
    logits = torch.tensor([[0.0, 0.0], [0.0, 1.098612], [1.098612, 0.0], [0.0, 40.0], [40.0, 0.0]])
    probability = own_class_probability(logits, torch.ones(5, dtype=torch.int64))
    weights = identity_weights(probability, weighting="gaussian")
    torch.testing.assert_close(weights, torch.tensor([1.0, 0.381173, 0.381173, 0.021110, 0.021110]), atol=1e-5, rtol=0)
    assert identity_weights(probability, weighting="none").tolist() == [1.0] * 5


@settings(deadline=None, max_examples=50)
@given(
    num_rows=st.integers(1, 9),
    seed=st.integers(0, 1000),
    label_smoothing=st.floats(0.0, 0.9),
    weighting=st.sampled_from(["none", "gaussian"]),
)
def test_the_formulas_in_plain_python_give_the_same(
    num_rows: int, seed: int, label_smoothing: float, weighting: IdentityWeighting
) -> None:
    logits, pids = logits_of(num_rows, seed=seed), torch.arange(num_rows) % 4
    loss = loss_of(logits, pids, label_smoothing=label_smoothing, weighting=weighting)
    expected = formulas.identity_loss(
        logits.tolist(), pids.tolist(), label_smoothing=label_smoothing, is_weighted=weighting == "gaussian"
    )
    assert float(loss) == pytest.approx(expected, rel=1e-9)


def test_weights_are_constants_of_the_gradient() -> None:
    """The gradient is the weighted mean of softmax minus label."""
    logits, pids = logits_of(5, seed=3).requires_grad_(), torch.tensor([0, 1, 2, 3, 0])
    loss = loss_of(logits, pids, label_smoothing=0.0, weighting="gaussian")
    (gradient,) = torch.autograd.grad(loss, logits)
    weights = identity_weights(own_class_probability(logits, pids), weighting="gaussian")
    residual = logits.detach().softmax(1) - torch.nn.functional.one_hot(pids, 4)
    torch.testing.assert_close(gradient, (weights / weights.sum())[:, None] * residual)


def test_half_precision_is_computed_in_float32() -> None:
    logits = logits_of(6, seed=1).half()
    pids = torch.arange(6) % 4
    loss = loss_of(logits, pids, label_smoothing=0.1, weighting="gaussian")
    assert loss.dtype == torch.float32
    assert torch.equal(loss, loss_of(logits.float(), pids, label_smoothing=0.1, weighting="gaussian"))


def test_no_sample_is_zero_with_a_gradient() -> None:
    logits = torch.zeros(0, 4, requires_grad=True)
    loss = loss_of(logits, torch.zeros(0, dtype=torch.int64), label_smoothing=0.1, weighting="none")
    torch.autograd.backward(loss)
    assert loss.item() == 0.0
    assert logits.grad is not None
