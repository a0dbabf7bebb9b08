"""Values of the loss: by hand, and against the formulas in plain Python."""

from typing import Any, Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_app.losses.osm_caa import OsmCaaLoss
from tests.unit.losses.batches import Batch, at_angles, batches, value_and_gradient
from tests.unit.losses.formulas import gaussian, pair_weights, weighted_contrastive

FORMS = [(mining, attention) for mining in (True, False) for attention in ("softmax", "gaussian", None)]


def loss_at(*degrees: float, pids: list[int], loss: OsmCaaLoss, probability: list[float] | None = None) -> float:
    embeddings = at_angles(*degrees)
    given_probability = None if probability is None else torch.tensor(probability, dtype=torch.float64)
    return float(loss(embeddings, pids_B=torch.tensor(pids), own_class_probability_B=given_probability))


def test_one_positive_and_two_negatives_by_hand() -> None:
    """Unit vectors at 0, 60 and 90 degrees, identities a, a, b.

    The positive pair is 2 sin 30 = 1 apart: L_P = 1/2 x 1^2 = 0.5, whatever its weight.
    The negatives are 2 sin 15 = 0.517638 and 2 sin 45 = 1.414214 apart; the second lies beyond the margin 1.2 and has
    no loss. (1.2 - 0.517638)^2 = 0.465618.
    OSM: the second has no weight either, L_N = 1/2 x 0.465618 = 0.232809, L = 0.5 x 0.5 + 0.5 x 0.232809 = 0.366404.
    Contrastive: both have weight 1, L_N = 1/2 x 0.465618 / 2 = 0.116404, L = 0.25 + 0.058202 = 0.308202.
    """
    osm, contrastive = OsmCaaLoss(attention=None), OsmCaaLoss(mining=False, attention=None)
    assert loss_at(0, 60, 90, pids=[0, 0, 1], loss=osm) == pytest.approx(0.366404, abs=1e-6)
    assert loss_at(0, 60, 90, pids=[0, 0, 1], loss=contrastive) == pytest.approx(0.308202, abs=1e-6)


def test_three_positives_by_hand() -> None:
    """Unit vectors of one identity at 0, 60 and 180 degrees: d^2 = 1, 3 and 4 (pairs 01, 12, 02); osm_sigma 1.

    s = e^-1, e^-3, e^-4 = 0.367879, 0.049787, 0.018316, sum 0.435982; sum s d^2 = 0.590504;
    OSM: L_P = 1/2 x 0.590504 / 0.435982 = 0.677211, L = half of it = 0.338605.
    Probabilities 0.5, 0.2, 1 give a = 0.2, 0.2, 0.5 (the smaller of two):
    OSM+CAA: w = 0.073576, 0.009957, 0.009158, sum 0.092691; sum w d^2 = 0.140079; L = 1/4 x 1.511248 = 0.377812.
    CAA: sum a d^2 / sum a = (0.2 + 0.6 + 2) / 0.9 = 3.111111; L = 0.777778.
    Gaussian attention of the same probabilities is exp(-0.5 ((p - 1) / 0.68)^2) = 0.763119, 0.500551, 1, so a =
    0.500551, 0.500551, 0.763119: CAA: (0.500551 + 1.501653 + 3.052476) / 1.764221 = 2.865106; L = 0.716277.
    """
    probability = [0.5, 0.2, 1.0]
    for loss, expected in (
        (OsmCaaLoss(osm_sigma=1.0, attention=None), 0.338605),
        (OsmCaaLoss(osm_sigma=1.0), 0.377812),
        (OsmCaaLoss(mining=False), 0.777778),
        (OsmCaaLoss(mining=False, attention="gaussian"), 0.716277),
    ):
        value = loss_at(0, 60, 180, pids=[4, 4, 4], loss=loss, probability=probability)
        assert value == pytest.approx(expected, abs=1e-6)


def test_negatives_are_mined_by_hand() -> None:
    """Three identities at 0, 30 and 60 degrees, margin 1.2: d = 0.517638, 0.517638, 1.

    s = 0.682362, 0.682362, 0.2: the loss of a pair is s^2, its weight s. L_N = 1/2 x sum s^3 / sum s
    = 1/2 x (2 x 0.317720 + 0.008) / 1.564724 = 0.205608. negative_weight 0.25: L = 0.051402.
    """
    loss = OsmCaaLoss(attention=None, negative_weight=0.25)
    assert loss_at(0, 30, 60, pids=[0, 1, 2], loss=loss) == pytest.approx(0.051402, abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(
    batch=batches(),
    margin=st.floats(0.1, 2.0),
    osm_sigma=st.floats(0.6, 3.0),
    negative_weight=st.floats(0.0, 1.0),
    form=st.sampled_from(FORMS),
)
def test_the_formulas_in_plain_python_give_the_same(
    batch: Batch,
    margin: float,
    osm_sigma: float,
    negative_weight: float,
    form: tuple[bool, Literal["softmax", "gaussian"] | None],
) -> None:
    mining, attention = form
    probabilities = batch.probability.tolist()
    if attention == "gaussian":
        attentions = [gaussian(p, mean=1.0, sigma=0.68) for p in probabilities]
    else:
        attentions = probabilities
    vectors, pids = batch.embeddings.tolist(), batch.pids.tolist()
    weights = pair_weights(
        vectors, pids, margin=margin, osm_sigma=osm_sigma, mining=mining, attention=attentions if attention else None
    )
    expected = weighted_contrastive(vectors, pids, weights=weights, margin=margin, negative_weight=negative_weight)
    loss = OsmCaaLoss(
        margin=margin, osm_sigma=osm_sigma, negative_weight=negative_weight, mining=mining, attention=attention
    )
    assert float(value_and_gradient(loss, batch)[0]) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(batch=batches(), data=st.data())
def test_the_order_of_rows_does_not_matter(batch: Batch, data: st.DataObject) -> None:
    order = torch.tensor(data.draw(st.permutations(range(len(batch.pids)))))
    shuffled = Batch(batch.embeddings[order], batch.pids[order], batch.probability[order])
    value, gradient = value_and_gradient(OsmCaaLoss(), batch)
    shuffled_value, shuffled_gradient = value_and_gradient(OsmCaaLoss(), shuffled)
    torch.testing.assert_close(shuffled_value, value)
    torch.testing.assert_close(shuffled_gradient, gradient[order])


@settings(deadline=None, max_examples=30)
@given(batch=batches(), seed=st.integers(0, 1000))
def test_scales_rotation_and_names_of_identities_do_not_matter(batch: Batch, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    size = batch.embeddings.shape[1]
    rotation = torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64))[0]
    scale = 10.0 ** torch.randint(-6, 7, (len(batch.pids), 1), generator=generator)
    names = torch.randperm(100, generator=generator)
    other = Batch(scale * batch.embeddings @ rotation, names[batch.pids], batch.probability)
    torch.testing.assert_close(value_and_gradient(OsmCaaLoss(), other)[0], value_and_gradient(OsmCaaLoss(), batch)[0])


@pytest.mark.parametrize(
    "options",
    [
        {"margin": 0.0},
        {"osm_sigma": 0.0},
        {"osm_sigma": float("nan")},
        {"negative_weight": -0.1},
        {"negative_weight": 1.1},
    ],
)
def test_constants_out_of_range_are_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        OsmCaaLoss(**options)


@pytest.mark.parametrize(
    ("embeddings", "pids", "probability", "message"),
    [
        (torch.ones(3, 2), torch.zeros(2, dtype=torch.int64), torch.ones(2), r"\(3, 2\) and \(2,\)"),
        (torch.ones(3), torch.zeros(3, dtype=torch.int64), torch.ones(3), r"\(B, D\)"),
        (torch.ones(0, 2), torch.zeros(0, dtype=torch.int64), torch.ones(0), "at least one"),
        (torch.ones(3, 2), torch.zeros(3, dtype=torch.int64), None, "of 3 rows, got None"),
        (torch.ones(3, 2), torch.zeros(3, dtype=torch.int64), torch.ones(2), r"of 3 rows, got \(2,\)"),
    ],
)
def test_what_does_not_fit_is_refused(
    embeddings: torch.Tensor, pids: torch.Tensor, probability: torch.Tensor | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        OsmCaaLoss()(embeddings, pids_B=pids, own_class_probability_B=probability)
