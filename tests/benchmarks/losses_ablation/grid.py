"""The runs of the study, the most important first, so that a study cut short still has whole comparisons."""

from collections.abc import Iterable, Iterator
from itertools import product

from tests.benchmarks.losses_ablation.choice import Runs, Stop, chosen_value
from tests.benchmarks.losses_ablation.data import NUM_ROTATIONS, Condition
from tests.benchmarks.losses_ablation.results import Job
from tests.benchmarks.losses_ablation.variants import VARIANTS, Variant

NUM_SEEDS = 2
OF_ALL: tuple[Condition, ...] = ("clean", "wrong40")
"""The conditions under which every variant runs; those of the full grid run under the others too."""


def jobs(runs: Runs) -> Iterator[Job]:
    """All runs in order; which values the later repetitions take depends on what ran before."""
    losses, forms, follow_ups = (
        [variant for variant in VARIANTS if variant.group == group] for group in ("loss", "form", "follow-up")
    )
    full = [variant for variant in VARIANTS if variant.full_grid]
    yield from _tuning(losses, OF_ALL)
    yield from _tuning(full, ("outliers20",))
    yield from _tuning(forms, OF_ALL)
    yield from _tuning(full, ("wrong20",))
    yield from _tuning(follow_ups, ("wrong40",))
    yield from _repetitions(runs, losses, ("wrong40",))
    yield from _tuning(follow_ups, ("clean",))
    yield from _repetitions(runs, full, ("outliers20",))
    yield from _repetitions(runs, forms, ("wrong40",))
    yield from _repetitions(runs, losses, ("clean",))
    yield from _repetitions(runs, full, ("wrong20",))
    yield from _repetitions(runs, forms, ("clean",))
    yield from _repetitions(runs, follow_ups, OF_ALL)


def _tuning(variants: Iterable[Variant], conditions: Iterable[Condition]) -> Iterator[Job]:
    for rotation, condition, variant in product(range(NUM_ROTATIONS), conditions, variants):
        for value in variant.values:
            yield Job(variant.name, condition, rotation, 0, value)


def _repetitions(runs: Runs, variants: Iterable[Variant], conditions: Iterable[Condition]) -> Iterator[Job]:
    """Further seeds with the values that the first chose, for either reading of when training stops."""
    for seed, rotation, condition, variant in product(range(1, NUM_SEEDS), range(NUM_ROTATIONS), conditions, variants):
        stops: tuple[Stop, ...] = ("chosen", "end")
        for stop in stops:
            value = chosen_value(runs, variant=variant, condition=condition, rotation=rotation, stop=stop)
            if value is not None:
                yield Job(variant.name, condition, rotation, seed, value)
