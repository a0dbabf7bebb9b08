"""Learning rates against numbers computed by hand."""

import pytest

from reid_app.training.config import CosineSchedule, StepSchedule
from reid_app.training.recipe_file import load_recipe
from reid_app.training.schedule import learning_rate
from tests.unit.training.runs import ROOT


def rates(
    schedule: StepSchedule | CosineSchedule, steps: list[int], *, num_steps: int, per_unit: int = 1
) -> list[float]:
    return [
        learning_rate(step, base=0.8, schedule=schedule, num_steps=num_steps, steps_per_unit=per_unit) for step in steps
    ]


def test_warm_up_rises_in_a_straight_line_to_the_base_rate() -> None:
    schedule = StepSchedule(kind="step", warmup=4, milestones=(), factor=0.5)
    assert rates(schedule, [0, 1, 2, 3, 4, 9], num_steps=10) == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])


def test_a_milestone_is_the_first_step_at_the_lower_rate() -> None:
    schedule = StepSchedule(kind="step", milestones=(3, 5, 6), factor=0.5)
    assert rates(schedule, [2, 3, 4, 5, 6, 7], num_steps=8) == pytest.approx([0.8, 0.4, 0.4, 0.2, 0.1, 0.1])


def test_epochs_are_so_many_steps() -> None:
    schedule = StepSchedule(kind="step", warmup=1, milestones=(2,), factor=0.1)
    expected = [0.2, 0.8, 0.8, 0.8, 0.08]
    assert rates(schedule, [0, 3, 4, 7, 8], num_steps=12, per_unit=4) == pytest.approx(expected)


def test_half_a_cosine_from_the_warm_up_to_the_final_share() -> None:
    """8 steps after the warm-up of 2: cos 0 = 1, cos 45 deg = .7071, cos 90 deg = 0, cos 157.5 deg = -.9239."""
    schedule = CosineSchedule(kind="cosine", warmup=2, final_share=0.25)
    expected = [0.4, 0.8, 0.8, 0.2 + 0.6 * 0.853553, 0.5, 0.2 + 0.6 * 0.038060]
    assert rates(schedule, [0, 1, 2, 4, 6, 9], num_steps=10) == pytest.approx(expected, abs=1e-6)


def test_the_official_mars_schedule() -> None:
    """1e-3, halved at 20k, 30k, 40k and 50k."""
    recipe = load_recipe(ROOT / "configs" / "train" / "mars-official.yaml")
    found = [
        learning_rate(
            step,
            base=recipe.optimiser.learning_rate,
            schedule=recipe.schedule,
            num_steps=recipe.length.count,
            steps_per_unit=1,
        )
        for step in (0, 19_999, 20_000, 30_000, 40_000, 50_000, 59_999)
    ]
    assert found == pytest.approx([1e-3, 1e-3, 5e-4, 2.5e-4, 1.25e-4, 6.25e-5, 6.25e-5])
