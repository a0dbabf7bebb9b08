"""Pooling in torch: padding and order have no effect, and NumPy gives the same."""

import math
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from reid_app.model.embedder_config import TrainedPooling
from reid_app.model.head import Head
from reid_app.model.pooling import pool_frames
from reid_app.model.temporal import TemporalPooling, class_attention

ALL: tuple[TrainedPooling, ...] = get_args(TrainedPooling)
SIZE = 5
VECTOR = (0.5, -1.0, 2.0, 0.0, 0.25)
EXPONENT = 2.5
HEAD = Head(poolings=("mean", "max", "gem", "attention", "quality"), gem_exponent=EXPONENT, attention=VECTOR)

Clip = tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]


def made(pooling: TrainedPooling, *, is_training: bool = True) -> TemporalPooling:
    module = TemporalPooling(pooling, feature_dim=SIZE)
    with torch.no_grad():
        if pooling == "attention":
            module.attention.weight[0] = torch.tensor(VECTOR)
            module.attention.bias.fill_(3.0)
        elif pooling == "gem":
            module.exponent.fill_(EXPONENT)
    return module.train(is_training)


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    """Features, qualities and own-class probabilities of a clip."""
    frames = draw(st.integers(1, 6))
    features = draw(arrays(np.float32, (frames, SIZE), elements=st.floats(-4, 4, width=32)))
    quality = draw(arrays(np.float64, frames, elements=st.floats(0, 1)))
    return features, quality, draw(arrays(np.float64, frames, elements=st.floats(0, 1)))


def pooled(module: TemporalPooling, clip: Clip, *, mask: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    features, quality, probability = (torch.from_numpy(np.ascontiguousarray(part))[None] for part in clip)
    mask_BT = torch.ones(quality.shape, dtype=torch.bool) if mask is None else torch.from_numpy(mask)[None]
    made_BD = module(features, mask_BT=mask_BT, quality_BT=quality, own_class_probability_BT=probability)
    result: NDArray[np.float32] = made_BD[0].detach().numpy()
    return result


@pytest.mark.parametrize("pooling", ALL)
@settings(max_examples=40)
@given(clip=clips(), data=st.data())
def test_padding_has_no_effect_whatever_it_holds(pooling: TrainedPooling, clip: Clip, data: st.DataObject) -> None:
    """To the last bit against other padding, infinity and NaN included; within rounding against no padding."""
    length = len(clip[0]) + data.draw(st.integers(1, 4))
    places = sorted(data.draw(st.permutations(range(length)))[: len(clip[0])])
    mask = np.isin(np.arange(length), places)
    padded = []
    for fill in (0.0, data.draw(st.floats(width=32)), math.nan):
        parts = [np.full((length, *part.shape[1:]), fill, part.dtype) for part in clip]
        for whole, part in zip(parts, clip, strict=True):
            whole[mask] = part
        padded.append(pooled(made(pooling), (parts[0], parts[1], parts[2]), mask=mask))
    assert np.array_equal(padded[0], padded[1])
    assert np.array_equal(padded[0], padded[2])
    np.testing.assert_allclose(padded[0], pooled(made(pooling), clip), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pooling", ALL)
def test_padding_gets_no_gradient_and_gives_none(pooling: TrainedPooling) -> None:
    features = torch.tensor([[[1.0] * SIZE, [math.nan] * SIZE, [2.0] * SIZE]], requires_grad=True)
    mask = torch.tensor([[True, False, True]])
    given_BT = torch.tensor([[0.5, math.nan, 0.9]])
    module = made(pooling)
    module(features, mask_BT=mask, quality_BT=given_BT, own_class_probability_BT=given_BT).sum().backward()
    assert features.grad is not None
    assert features.grad[0, 1].abs().sum() == 0
    assert torch.isfinite(features.grad).all()
    assert features.grad[0, [0, 2]].abs().sum() > 0
    assert all(parameter.grad is not None and torch.isfinite(parameter.grad).all() for parameter in module.parameters())


@pytest.mark.parametrize("pooling", ALL)
@settings(max_examples=40)
@given(clip=clips(), data=st.data())
def test_the_order_of_frames_has_no_effect(pooling: TrainedPooling, clip: Clip, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(clip[0]))))
    turned = (clip[0][order], clip[1][order], clip[2][order])
    np.testing.assert_allclose(pooled(made(pooling), turned), pooled(made(pooling), clip), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pooling", HEAD.poolings)
@settings(max_examples=40)
@given(clip=clips())
def test_numpy_pools_the_same(pooling: TrainedPooling, clip: Clip) -> None:
    """`class_probability` has no counterpart there: it is the mean where there are no labels."""
    assert pooling != "class_probability"
    served = pool_frames(clip[0], clip[1], pooling=pooling, head=HEAD)
    np.testing.assert_allclose(pooled(made(pooling), clip), served, rtol=1e-4, atol=1e-5)


@settings(max_examples=40)
@given(clip=clips())
def test_in_evaluation_class_probability_is_the_plain_mean(clip: Clip) -> None:
    module = made("class_probability", is_training=False)
    mask = torch.ones(1, len(clip[0]), dtype=torch.bool)
    mean_BD = module(torch.from_numpy(clip[0])[None], mask_BT=mask, quality_BT=None, own_class_probability_BT=None)
    np.testing.assert_allclose(mean_BD[0].numpy(), clip[0].mean(axis=0), rtol=1e-5, atol=1e-6)


def test_class_probability_by_hand() -> None:
    """g(1) = 1, g(0) = exp(-0.5 / 0.4624) = 0.33915: of features 1 and 0 the mean is 1 / 1.33915 = 0.74674."""
    assert class_attention(torch.tensor(0.0)).item() == pytest.approx(0.33915, abs=1e-5)
    features = torch.tensor([[[1.0] * SIZE, [0.0] * SIZE]])
    probability = torch.tensor([[1.0, 0.0]], requires_grad=True)
    mask = torch.ones(1, 2, dtype=torch.bool)
    features.requires_grad_()
    mean_BD = made("class_probability")(features, mask_BT=mask, quality_BT=None, own_class_probability_BT=probability)
    assert mean_BD[0].tolist() == pytest.approx([0.74674] * SIZE, abs=1e-5)
    mean_BD.sum().backward()
    assert probability.grad is None


def test_attention_starts_as_the_mean_and_learns() -> None:
    module = TemporalPooling("attention", feature_dim=2)
    features = torch.tensor([[[1.0, 0.0], [3.0, 0.0]]])
    mask = torch.ones(1, 2, dtype=torch.bool)
    made_BD = module(features, mask_BT=mask, quality_BT=None, own_class_probability_BT=None)
    assert made_BD[0].tolist() == [2.0, 0.0]
    made_BD[0, 0].backward()
    assert module.attention.weight.grad is not None
    assert module.attention.weight.grad[0, 0] > 0


@settings(max_examples=40)
@given(clip=clips())
def test_the_generalised_mean_lies_between_mean_and_max(clip: Clip) -> None:
    positive = np.abs(clip[0]) + 0.01
    gem = pooled(made("gem"), (positive, *clip[1:]))
    assert np.all(gem >= positive.mean(axis=0) - 1e-4)
    assert np.all(gem <= positive.max(axis=0) + 1e-4)


@pytest.mark.parametrize("pooling", ALL)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_pooled_in_full(pooling: TrainedPooling, dtype: torch.dtype) -> None:
    """60 to the power 2.5 does not fit float16."""
    features = torch.full((1, 3, SIZE), 60.0, dtype=dtype)
    given_BT = torch.full((1, 3), 0.5)
    made_BD = made(pooling)(
        features, mask_BT=torch.ones(1, 3, dtype=torch.bool), quality_BT=given_BT, own_class_probability_BT=given_BT
    )
    assert made_BD.dtype == torch.float32
    assert made_BD[0].tolist() == pytest.approx([60.0] * SIZE)


FEATURES = torch.zeros(2, 3, SIZE)
MASK = torch.ones(2, 3, dtype=torch.bool)


@pytest.mark.parametrize(
    ("pooling", "mask", "given_BT", "said"),
    [
        ("mean", MASK[:, :2], None, r"bool mask \(B, T\), got \(2, 3, 5\)"),
        ("mean", MASK.float(), None, "torch.float32"),
        ("mean", torch.tensor([[True] * 3, [False] * 3]), None, "clip 1 has no real frame"),
        ("quality", MASK, None, "needs quality_BT of .2, 3., got none"),
        ("quality", MASK, torch.zeros(2, 1), "needs quality_BT .* got .2, 1."),
        ("class_probability", MASK, None, "needs own_class_probability_BT"),
    ],
)
def test_bad_arguments_are_refused(
    pooling: TrainedPooling, mask: torch.Tensor, given_BT: torch.Tensor | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        made(pooling)(FEATURES, mask_BT=mask, quality_BT=given_BT, own_class_probability_BT=given_BT)
