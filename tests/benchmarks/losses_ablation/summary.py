"""Means and intervals over runs: what the tables print.

The unit is the rotation: its repetitions share training and test alphabets, so they are averaged first. Intervals are
Student's, over rotations; differences are paired by rotation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tests.benchmarks.losses_ablation.choice import Runs, Stop, chosen_value, stopping_step
from tests.benchmarks.losses_ablation.data import NUM_ROTATIONS, Condition
from tests.benchmarks.losses_ablation.variants import Variant

CONFIDENCE = 0.95
Measure = Callable[[Mapping[str, float], int], float]
"""Of a run and the step at which it stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and where it lies with 95 % confidence."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The runs of one loss under one condition that count: those with the values that development chose."""

    runs: Runs
    values: Mapping[int, float]
    """Chosen value of each rotation."""
    stop: Stop

    def measured(self, measure: Measure) -> dict[tuple[int, int], float]:
        """A measure of each run, by rotation and seed."""
        return {
            (job.rotation, job.seed): measure(run, stopping_step(run, stop=self.stop)) for job, run in self.runs.items()
        }


def cell_of(runs: Runs, *, variant: Variant, condition: Condition, stop: Stop) -> Cell:
    """The counting runs of a loss under a condition; rotations that are not tuned yet are left out."""
    values: dict[int, float] = {}
    for rotation in range(NUM_ROTATIONS):
        value = chosen_value(runs, variant=variant, condition=condition, rotation=rotation, stop=stop)
        if value is not None:
            values[rotation] = value
    counting = {
        job: run
        for job, run in runs.items()
        if (job.variant, job.condition) == (variant.name, condition) and values.get(job.rotation) == job.value
    }
    return Cell(runs=counting, values=values, stop=stop)


def retrieval_of(name: str) -> Measure:
    """Measure ``test_recall`` or ``test_map`` at the stopping step."""
    return lambda run, step: run[f"{name}_{step}"]


def per_rotation(values: Mapping[tuple[int, int], float]) -> list[float]:
    """Mean over the seeds of each rotation.

    Examples:
        >>> per_rotation({(0, 0): 1.0, (0, 1): 2.0, (1, 0): 5.0})
        [1.5, 5.0]
    """
    rotations = sorted({rotation for rotation, _ in values})
    return [float(np.mean([value for (of, _), value in values.items() if of == rotation])) for rotation in rotations]


def interval(values: Sequence[float]) -> Interval:
    """Mean with Student's interval; of one value, the value alone.

    Examples:
        >>> interval([1.0, 2.0, 3.0])  # doctest: +ELLIPSIS
        Interval(mean=2.0, low=-0.484..., high=4.484...)
    """
    mean = float(np.mean(values))
    if len(values) == 1:
        return Interval(mean=mean, low=mean, high=mean)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return Interval(mean=mean, low=float(mean - half), high=float(mean + half))


def paired_difference(
    ours: Mapping[tuple[int, int], float], theirs: Mapping[tuple[int, int], float]
) -> Interval | None:
    """Interval of ours minus theirs over the runs that both have; None without one."""
    shared = {key: ours[key] - theirs[key] for key in ours if key in theirs}
    return interval(per_rotation(shared)) if shared else None
