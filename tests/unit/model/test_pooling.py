import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from reid_app.model.config import Pooling
from reid_app.model.head import Head
from reid_app.model.pooling import QUALITY_FLOOR, l2_normalise, pool_frames

Clip = tuple[NDArray[np.float32], NDArray[np.float64]]
PLAIN = Head()
poolings = st.sampled_from(PLAIN.poolings)


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    frames, size = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    values = st.floats(-10, 10, width=32)
    features = draw(arrays(np.float32, (frames, size), elements=values))
    quality = draw(arrays(np.float64, frames, elements=st.floats(0, 1)))
    return features, quality


@given(clip=clips(), pooling=poolings, data=st.data())
def test_the_order_of_frames_does_not_matter(clip: Clip, pooling: Pooling, data: st.DataObject) -> None:
    features, quality = clip
    order = data.draw(st.permutations(range(len(features))))
    np.testing.assert_allclose(
        pool_frames(features[order], quality[order], pooling=pooling, head=PLAIN),
        pool_frames(features, quality, pooling=pooling, head=PLAIN),
        atol=1e-5,
    )


@given(clip=clips(), pooling=poolings)
def test_one_frame_is_itself(clip: Clip, pooling: Pooling) -> None:
    features, quality = clip
    pooled = pool_frames(features[:1], quality[:1], pooling=pooling, head=PLAIN)
    assert pooled.dtype == np.float32
    np.testing.assert_allclose(pooled, features[0], rtol=1e-6)


@given(clip=clips(), weight=st.floats(0, 1))
def test_equal_qualities_give_the_mean(clip: Clip, weight: float) -> None:
    features, quality = clip
    equal = np.full_like(quality, weight)
    np.testing.assert_allclose(
        pool_frames(features, equal, pooling="quality", head=PLAIN),
        pool_frames(features, quality, pooling="mean", head=PLAIN),
        atol=1e-5,
    )


@given(clip=clips(), pooling=poolings)
def test_the_result_lies_between_the_frames(clip: Clip, pooling: Pooling) -> None:
    features, quality = clip
    pooled = pool_frames(features, quality, pooling=pooling, head=PLAIN)
    assert np.all(pooled >= features.min(axis=0) - 1e-5)
    assert np.all(pooled <= features.max(axis=0) + 1e-5)


@given(clip=clips())
def test_max_is_the_largest_of_each_feature(clip: Clip) -> None:
    features, quality = clip
    expected = [max(column) for column in features.T.tolist()]
    assert pool_frames(features, quality, pooling="max", head=PLAIN).tolist() == expected


def test_quality_weights_are_quality_plus_the_floor() -> None:
    features = np.array([[1.0], [0.0], [10.0]], np.float32)
    pooled = pool_frames(features, np.array([1.0, 0.5, 0.0]), pooling="quality", head=PLAIN)
    floor = QUALITY_FLOOR
    assert pooled == pytest.approx([((1 + floor) * 1 + floor * 10) / (1 + 0.5 + 3 * floor)])


@pytest.mark.parametrize(
    ("features", "quality"),
    [
        (np.zeros((0, 3), np.float32), np.zeros(0)),
        (np.zeros(3, np.float32), np.zeros(3)),
        (np.zeros((2, 3), np.float32), np.zeros(3)),
        (np.zeros((1, 3), np.float32), np.array([np.nan])),
        (np.zeros((1, 3), np.float32), np.array([1.5])),
    ],
)
def test_bad_arguments_are_refused(features: NDArray[np.float32], quality: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match=r"pooling needs|quality_T"):
        pool_frames(features, quality, pooling="mean", head=PLAIN)


@given(vector=arrays(np.float32, 5, elements=st.floats(-(2.0**126), 2.0**126, width=32)))
def test_normalised_vectors_have_length_one_or_are_zero(vector: NDArray[np.float32]) -> None:
    length = float(np.linalg.norm(l2_normalise(vector).astype(np.float64)))
    assert length == (pytest.approx(1.0, abs=1e-6) if vector.any() else 0.0)
