"""The losses to compare with: against pytorch-metric-learning, by hand, and where a batch lacks what they need."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.losses import CircleLoss as PeerCircleLoss
from pytorch_metric_learning.losses import MultiSimilarityLoss as PeerMultiSimilarityLoss
from pytorch_metric_learning.losses import SupConLoss as PeerSupConLoss
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchHardMiner, MultiSimilarityMiner
from pytorch_metric_learning.reducers import MeanReducer
from torch import Tensor, nn

from reid_app.losses.circle import CircleLoss
from reid_app.losses.multi_similarity import MultiSimilarityLoss
from reid_app.losses.supcon import SupConLoss
from reid_app.losses.triplet import TripletLoss
from tests.unit.losses.batches import Batch, at_angles, random_batch, value_and_gradient

LOSSES = [TripletLoss(), MultiSimilarityLoss(), SupConLoss(), CircleLoss()]


def pk_batch(*, seed: int, dimension: int, num_per_pid: int) -> Batch:
    """Five identities, each with equally many rows, so that every anchor has positives and negatives."""
    batch = random_batch(5 * num_per_pid, num_pids=5, dimension=dimension, seed=seed)
    return Batch(batch.embeddings, torch.arange(5).repeat(num_per_pid), batch.probability)


def peer_value(loss: nn.Module, batch: Batch, *, miner: nn.Module | None = None) -> tuple[Tensor, Tensor]:
    embeddings = batch.embeddings.clone().requires_grad_()
    value = loss(embeddings, batch.pids, miner(embeddings, batch.pids) if miner else None)
    (gradient,) = torch.autograd.grad(value, embeddings)
    return value.detach(), gradient


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), dimension=st.sampled_from([2, 3, 16]), num_per_pid=st.integers(2, 4))
def test_pytorch_metric_learning_gives_the_same(seed: int, dimension: int, num_per_pid: int) -> None:
    batch = pk_batch(seed=seed, dimension=dimension, num_per_pid=num_per_pid)
    for ours, peer, miner in (
        (TripletLoss(margin=0.3), TripletMarginLoss(margin=0.3, reducer=MeanReducer()), BatchHardMiner()),
        (MultiSimilarityLoss(), PeerMultiSimilarityLoss(2, 50, 0.5), MultiSimilarityMiner(0.1)),
        (SupConLoss(temperature=0.2), PeerSupConLoss(temperature=0.2), None),
        (CircleLoss(), PeerCircleLoss(m=0.25, gamma=128), None),
        (CircleLoss(margin=0.4, scale=4.0), PeerCircleLoss(m=0.4, gamma=4), None),
    ):
        found, expected = value_and_gradient(ours, batch), peer_value(peer, batch, miner=miner)
        for mine, theirs in zip(found, expected, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-8, msg=type(ours).__name__)


def test_values_by_hand() -> None:
    """Identities a, a, b at 0, 60 and 90 degrees. d: 01 1, 12 0.517638, 02 1.414214; cos: 01 0.5, 12 0.866025, 02 0.

    Triplet, margin 0.3: anchor 0 has 0.3 + 1 - 1.414214 < 0, so 0; anchor 1 has 0.3 + 1 - 0.517638 = 0.782362; anchor 2
    has no positive and does not count: 0.391181.
    SupCon, temperature 1: anchor 0: log(e^0.5 + e^0) - 0.5 = 0.474077; anchor 1: log(e^0.5 + e^0.866025) - 0.5
    = 0.892814; mean 0.683446.
    """
    batch = Batch(at_angles(0, 60, 90), torch.tensor([1, 1, 2]), torch.ones(3))
    assert value_and_gradient(TripletLoss(margin=0.3), batch)[0].item() == pytest.approx(0.391181, abs=1e-6)
    assert value_and_gradient(SupConLoss(temperature=1.0), batch)[0].item() == pytest.approx(0.683446, abs=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("degrees", "pids"),
    [
        ((0,), [1]),
        ((0, 180), [1, 2]),
        ((0, 0), [1, 1]),
        ((0, 0, 0, 0), [1, 1, 2, 2]),
        ((0, 10, 20), [1, 2, 3]),
        ((0, 180, 0, 180), [1, 1, 2, 2]),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
def test_odd_batches_have_a_finite_value_and_gradient(
    loss: nn.Module, degrees: tuple[float, ...], pids: list[int], dtype: torch.dtype
) -> None:
    batch = Batch(at_angles(*degrees).to(dtype), torch.tensor(pids), torch.ones(len(pids)))
    value, gradient = value_and_gradient(loss, batch)
    assert value.isfinite()
    assert gradient.isfinite().all()


@pytest.mark.parametrize("loss", [TripletLoss(), SupConLoss(), CircleLoss()])
def test_a_batch_without_positives_is_zero_with_a_gradient(loss: nn.Module) -> None:
    value, gradient = value_and_gradient(loss, Batch(at_angles(0, 10, 20), torch.tensor([1, 2, 3]), torch.ones(3)))
    assert value.item() == 0.0
    assert not gradient.any()


def test_an_anchor_without_positives_changes_the_mean_of_none_but_multi_similarity() -> None:
    """One more row, of its own identity and opposite to all: it adds no hard negative to anybody."""
    batch = Batch(at_angles(0, 10, 40, 50), torch.tensor([1, 1, 2, 2]), torch.ones(4))
    more = Batch(at_angles(0, 10, 40, 50, 205), torch.tensor([1, 1, 2, 2, 3]), torch.ones(5))
    for loss, factor in ((TripletLoss(), 1.0), (CircleLoss(), 1.0), (MultiSimilarityLoss(), 4 / 5)):
        value, with_more = (value_and_gradient(loss, some)[0].item() for some in (batch, more))
        assert with_more == pytest.approx(factor * value, rel=1e-6)


@pytest.mark.parametrize("loss", [TripletLoss(), MultiSimilarityLoss(), SupConLoss()])
def test_gradcheck(loss: nn.Module) -> None:
    """Not for circle loss, whose paces are constants of the gradient: its peer is the oracle."""
    batch = pk_batch(seed=4, dimension=6, num_per_pid=2)
    assert torch.autograd.gradcheck(lambda e: loss(e, pids_B=batch.pids), (batch.embeddings.requires_grad_(),))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_probabilities_are_not_read_and_a_batch_is_checked(loss: nn.Module) -> None:
    batch = pk_batch(seed=4, dimension=6, num_per_pid=2)
    given_nan = loss(batch.embeddings, pids_B=batch.pids, own_class_probability_B=torch.full((10,), math.nan))
    assert torch.equal(given_nan, loss(batch.embeddings, pids_B=batch.pids))
    with pytest.raises(ValueError, match="a batch is"):
        loss(batch.embeddings, pids_B=batch.pids[:-1])
