"""The learning rate as a function of the step: nothing is remembered, so nothing has to be resumed."""

import math

from reid_app.training.config import CosineSchedule, StepSchedule


def learning_rate(
    step: int, *, base: float, schedule: StepSchedule | CosineSchedule, num_steps: int, steps_per_unit: int
) -> float:
    """Learning rate of one step.

    It rises in a straight line over the warm-up, whose last step has the base rate. A step schedule multiplies it by
    its factor from each milestone on; a cosine schedule lets it fall from the end of the warm-up to its final share.

    Args:
        step: From 0.
        base: The optimiser's learning rate.
        schedule: Its times are in units of `steps_per_unit` steps.
        num_steps: Length of the training.
        steps_per_unit: 1 where the recipe counts steps, else the batches of an epoch.

    Examples:
        >>> halving = StepSchedule(kind="step", milestones=(20, 30), factor=0.5)
        >>> [learning_rate(s, base=1.0, schedule=halving, num_steps=40, steps_per_unit=1) for s in (0, 19, 20, 30)]
        [1.0, 1.0, 0.5, 0.25]
    """
    warmup = schedule.warmup * steps_per_unit
    if step < warmup:
        return base * (step + 1) / warmup
    if schedule.kind == "step":
        passed = sum(step >= milestone * steps_per_unit for milestone in schedule.milestones)
        return float(base * schedule.factor**passed)
    done = (step - warmup) / (num_steps - warmup)
    falling = 0.5 * (1.0 + math.cos(math.pi * done))
    return base * (schedule.final_share + (1.0 - schedule.final_share) * falling)
