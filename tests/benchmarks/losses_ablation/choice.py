"""What the development alphabet chooses: the tuned value, and the step at which training should have stopped.

A rotation chooses on its own development alphabet and on nothing else: that alphabet is another rotation's test, so
results pooled over rotations would let a test alphabet choose for itself. Values are chosen in the first repetition and
kept in the others; the stopping step is chosen in each run.
"""

from collections.abc import Mapping
from typing import Literal

from tests.benchmarks.losses_ablation.data import Condition
from tests.benchmarks.losses_ablation.results import Job
from tests.benchmarks.losses_ablation.variants import Variant

Runs = Mapping[Job, Mapping[str, float]]
Stop = Literal["chosen", "end"]
"""Training stops where the development alphabet is best, or at the last step whatever it says."""


def judged_steps(run: Mapping[str, float]) -> list[int]:
    """Steps at which a run was judged, in their order."""
    return sorted(int(name.rsplit("_", 1)[1]) for name in run if name.startswith("development_map_"))


def stopping_step(run: Mapping[str, float], *, stop: Stop) -> int:
    """The step whose network counts."""
    steps = judged_steps(run)
    return steps[-1] if stop == "end" else max(steps, key=lambda step: run[f"development_map_{step}"])


def chosen_value(runs: Runs, *, variant: Variant, condition: Condition, rotation: int, stop: Stop) -> float | None:
    """The value with the best development mAP; None until all values of the variant have run."""
    tried = {value: runs.get(Job(variant.name, condition, rotation, 0, value)) for value in variant.values}
    mean_ap = {value: run[f"development_map_{stopping_step(run, stop=stop)}"] for value, run in tried.items() if run}
    return max(mean_ap, key=lambda value: mean_ap[value]) if len(mean_ap) == len(tried) else None
