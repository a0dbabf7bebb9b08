import math
import random

import numpy as np
import pytest

from reid_app.evaluation.bootstrap import Interval, bootstrap_mean, paired_difference


def independent_interval(values: list[float], *, num_resamples: int) -> tuple[float, float]:
    """Another generator, plain lists, order statistics."""
    generator = random.Random(1)
    means = sorted(sum(generator.choices(values, k=len(values))) / len(values) for _ in range(num_resamples))
    return means[int(0.025 * num_resamples)], means[int(0.975 * num_resamples)]


def test_agrees_with_an_independent_computation_and_with_theory() -> None:
    values = np.random.default_rng(0).beta(2.0, 1.0, 300)
    interval = bootstrap_mean(values, seed=0, num_resamples=4000)
    low, high = independent_interval(values.tolist(), num_resamples=4000)
    standard_error = values.std() / math.sqrt(len(values))
    assert interval.estimate == pytest.approx(values.mean())
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.15 * standard_error)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * standard_error, rel=0.06)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(50)
    assert bootstrap_mean(values, seed=3) == bootstrap_mean(values, seed=3)
    assert bootstrap_mean(values, seed=3) != bootstrap_mean(values, seed=4)


def test_pairing_finds_a_small_difference_that_separate_intervals_hide() -> None:
    generator = np.random.default_rng(0)
    difficulty = generator.random(400)
    better = difficulty + 0.02 + generator.normal(0.0, 0.05, 400)
    difference = paired_difference(better, difficulty, seed=0)
    assert difference.means_something
    assert difference.estimate == pytest.approx(np.mean(better - difficulty))
    separate = bootstrap_mean(better, seed=0), bootstrap_mean(difficulty, seed=0)
    assert separate[0].low < separate[1].high


@pytest.mark.parametrize(
    ("low", "high", "means_something"), [(-0.1, 0.1, False), (0.0, 0.1, False), (0.01, 0.1, True), (-0.1, -0.01, True)]
)
def test_a_difference_means_something_when_zero_lies_outside(low: float, high: float, means_something: bool) -> None:
    assert Interval(estimate=(low + high) / 2, low=low, high=high).means_something is means_something


def test_equal_models_do_not_differ() -> None:
    values = np.random.default_rng(0).random(20)
    assert not paired_difference(values, values, seed=0).means_something


def test_no_query_and_different_queries_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one query's value"):
        bootstrap_mean(np.empty(0), seed=0)
    with pytest.raises(ValueError, match="the same queries, got 2 and 3"):
        paired_difference(np.zeros(2), np.zeros(3), seed=0)
