from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_app.data.frame_sampling import draw_frames

WAYS = ("random", "consecutive", "spread")
available = st.integers(1, 60)
wanted = st.integers(1, 20)
seeds = st.integers(0, 2**32)


def draw(num_available: int, num_wanted: int, way: str, seed: int) -> np.ndarray:
    return draw_frames(num_available, num_wanted=num_wanted, frames=way, generator=np.random.default_rng(seed))


@given(num_available=available, num_wanted=wanted, way=st.sampled_from(WAYS), seed=seeds)
def test_clips_have_their_length_and_as_many_different_frames_as_can_be(num_available, num_wanted, way, seed):
    frames = draw(num_available, num_wanted, way, seed)
    count = min(num_available, num_wanted)
    assert frames.shape == (num_wanted,)
    assert frames.dtype == np.int64
    assert set(frames.tolist()) <= set(range(num_available))
    assert len(set(frames[:count].tolist())) == count
    assert frames.tolist() == [frames[place % count] for place in range(num_wanted)]


@given(num_available=available, num_wanted=wanted, seed=seeds)
def test_consecutive_frames_follow_each_other(num_available, num_wanted, seed):
    frames = draw(num_available, num_wanted, "consecutive", seed)[:num_available]
    assert (np.diff(frames) == 1).all()


@given(num_available=available, num_wanted=wanted, seed=seeds)
def test_spread_frames_come_from_equal_parts(num_available, num_wanted, seed):
    count = min(num_available, num_wanted)
    for part, frame in enumerate(draw(num_available, num_wanted, "spread", seed)[:count]):
        assert part * num_available // count <= frame < (part + 1) * num_available // count


@pytest.mark.parametrize(
    ("way", "possible"),
    [
        ("random", {(a, b) for a in range(4) for b in range(4) if a != b}),
        ("consecutive", {(0, 1), (1, 2), (2, 3)}),
        ("spread", {(a, b) for a in (0, 1) for b in (2, 3)}),
    ],
)
def test_every_possible_clip_is_equally_likely(way, possible):
    generator = np.random.default_rng(0)
    num_draws = 200 * len(possible)
    times = Counter(
        tuple(draw_frames(4, num_wanted=2, frames=way, generator=generator).tolist()) for _ in range(num_draws)
    )
    assert set(times) == possible
    assert all(abs(count - 200) < 5 * 200**0.5 for count in times.values())


@pytest.mark.parametrize(("num_available", "num_wanted"), [(0, 3), (3, 0)])
def test_counts_below_one_are_refused(num_available, num_wanted):
    with pytest.raises(ValueError, match=f"at least 1, got {num_available} and {num_wanted}"):
        draw(num_available, num_wanted, "random", 0)
