"""The small functions of which the loss is made."""

import math

import pytest
import torch
from torch.nn import functional

from reid_app.losses.attention import attend, pair_attention
from reid_app.losses.mining import mine_negatives, mine_positives
from reid_app.losses.pairs import cosine_similarities, squared_distances, weighted_mean
from reid_app.losses.probability import own_class_probability
from tests.unit.losses.formulas import softmax


def test_distances_are_those_between_unit_vectors() -> None:
    embeddings = torch.randn(9, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    units = functional.normalize(embeddings)
    expected = torch.cdist(units, units).square().clamp_min(1e-12)
    torch.testing.assert_close(squared_distances(embeddings), expected, atol=1e-12, rtol=1e-9)


def test_a_vector_of_zeros_has_cosine_zero_and_a_small_gradient() -> None:
    embeddings = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    cosines = cosine_similarities(embeddings)
    assert cosines.tolist() == [[0.0, 0.0], [0.0, pytest.approx(1.0)]]
    torch.autograd.backward(cosines.sum())
    assert embeddings.grad is not None
    assert embeddings.grad.abs().max() < 10.0


def test_the_codes_sigma_is_the_papers_over_root_two() -> None:
    """The official code's normal density of sigma 0.8, made 1 at distance 0, is the paper's weight of sigma 1.131."""
    distances = torch.linspace(0.0, 2.0, 21, dtype=torch.float64)
    density = torch.distributions.Normal(0.0, 0.8).log_prob(distances).exp()
    mined = mine_positives(distances, sigma=math.sqrt(2.0) * 0.8)
    torch.testing.assert_close(mined, density / density[0], rtol=1e-6, atol=1e-9)


def test_near_pairs_weigh_most() -> None:
    distances = torch.linspace(0.0, 2.0, 21)
    positives, negatives = mine_positives(distances, sigma=0.8), mine_negatives(distances, margin=1.2)
    assert (positives.diff() < 0.0).all()
    assert positives[0] == 1.0
    assert (negatives.diff() <= 0.0).all()
    assert negatives[0] == pytest.approx(1.2)
    assert not negatives[distances > 1.2].any()


def test_gaussian_attention_is_flatter_than_the_probability() -> None:
    """From exp(-0.5 / 0.68^2) = 0.339 to 1: no pair weighs more than 2.95 times another."""
    attention = attend(torch.linspace(0.0, 1.0, 11), attention="gaussian")
    assert (attention.diff() > 0.0).all()
    assert float(attention[-1] / attention[0]) == pytest.approx(2.948, abs=1e-3)


def test_a_pair_is_as_good_as_its_worse_half() -> None:
    attention = torch.tensor([0.9, 0.1, 0.5])
    expected = [[min(a, b) for b in attention.tolist()] for a in attention.tolist()]
    assert pair_attention(attention).tolist() == expected


def test_own_class_probability_is_the_softmax_of_the_label() -> None:
    logits = torch.randn(4, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    pids = torch.tensor([4, 0, 2, 2])
    of_frames = own_class_probability(logits, pids)
    expected = [[softmax(row)[pid] for row in rows] for rows, pid in zip(logits.tolist(), pids.tolist(), strict=True)]
    torch.testing.assert_close(of_frames, torch.tensor(expected, dtype=torch.float64))
    torch.testing.assert_close(own_class_probability(logits[:, 1], pids), of_frames[:, 1])


def test_own_class_probability_is_a_constant_in_float32() -> None:
    logits = torch.tensor([[20.0, -20.0]], dtype=torch.float16, requires_grad=True)
    probability = own_class_probability(logits, torch.tensor([1]))
    assert probability.dtype == torch.float32
    assert not probability.requires_grad
    assert float(probability) == pytest.approx(math.exp(-40.0))


@pytest.mark.parametrize(
    ("pids", "message"), [([0, 3], r"\[0, 3\).*relabel"), ([-1, 0], r"\[0, 3\)"), ([0], "one identity for each row")]
)
def test_identities_that_the_classifier_does_not_know_are_refused(pids: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        own_class_probability(torch.zeros(2, 3), torch.tensor(pids))


def test_a_mean_without_weight_is_zero_with_a_gradient() -> None:
    values = torch.tensor([1.0, 2.0], requires_grad=True)
    mean = weighted_mean(values, weights=torch.zeros(2))
    torch.autograd.backward(mean)
    assert mean.item() == 0.0
    assert values.grad is not None
    assert not values.grad.any()
