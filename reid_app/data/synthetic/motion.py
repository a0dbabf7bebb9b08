"""How people move: cycles of walking, standing, riding, and what their arms do meanwhile."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator

from reid_app.data.synthetic.skeleton import Angles, Rotations

_STRAIGHT = 36.0
"""Turns a forearm, bent at rest, into the line of its upper arm."""

Arms = Literal["swing", "carry", "phone", "pockets", "hold.L", "hold.R", "umbrella", "push.L", "push.R", "ride"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gait:
    """How one person walks, for life: angles in degrees."""

    step: float
    """Swing of a leg to either side."""
    knee: float
    swing: float
    """Swing of an arm."""
    lean: float
    """Forward bend of the back."""
    spread: float
    """How far the arms stand off the body."""
    bend: float
    """How far the elbows are bent."""
    head: float
    """How far the head looks down."""


def draw_gait(rng: Generator) -> Gait:
    """One person's way of walking."""
    return Gait(
        step=rng.uniform(17, 29),
        knee=rng.uniform(35, 60),
        swing=rng.uniform(8, 32),
        lean=rng.normal(3, 4),
        spread=abs(rng.normal(2, 4)),
        bend=rng.uniform(0, 14),
        head=rng.normal(4, 7),
    )


def pose(gait: Gait, *, phase: float, pace: float, arms: Arms, glance: float) -> Rotations:
    """Rotations at the joints.

    Args:
        gait: Whose.
        phase: In the cycle of two steps, in radians.
        pace: 0 stands, 1 walks.
        arms: What they do.
        glance: Degrees to the left that the head is turned.
    """
    swing = float(np.sin(phase)) * pace
    rotations: dict[str, Angles] = {
        "upperleg01.L": (gait.step * swing - 4 * pace, 3.5, 0.0),
        "upperleg01.R": (-gait.step * swing - 4 * pace, -3.5, 0.0),
        "lowerleg01.L": (_knee(gait, phase) * pace, 0.0, 0.0),
        "lowerleg01.R": (_knee(gait, phase + np.pi) * pace, 0.0, 0.0),
        "foot.L": (12 * np.sin(phase + 0.6) * pace, 0.0, 0.0),
        "foot.R": (-12 * np.sin(phase + 0.6) * pace, 0.0, 0.0),
        "spine05": (gait.lean * 0.5, 0.0, -4 * swing),
        "spine03": (gait.lean * 0.5, 0.0, 0.0),
        "spine01": (0.0, 0.0, 8 * swing),
        "neck01": (-gait.lean * 0.5, 0.0, glance * 0.4),
        "head": (gait.head, 0.0, glance * 0.6 - 4 * swing),
    }
    if arms == "ride":
        rotations |= _riding_legs(phase)
    rotations |= _arms(gait, swing=swing, arms=arms)
    return rotations


def _riding_legs(phase: float) -> dict[str, Angles]:
    turn = float(np.sin(phase))
    return {
        "upperleg01.L": (-62.0 + 20 * turn, 4.0, 0.0),
        "upperleg01.R": (-62.0 - 20 * turn, -4.0, 0.0),
        "lowerleg01.L": (72.0 - 18 * turn, 0.0, 0.0),
        "lowerleg01.R": (72.0 + 18 * turn, 0.0, 0.0),
        "spine05": (14.0, 0.0, 0.0),
    }


def _knee(gait: Gait, phase: float) -> float:
    """Bent while the leg comes forward, that is, while the swing to the back grows less."""
    return 5 + gait.knee * float(max(0.0, -np.cos(phase - 0.35)) ** 1.5)


def _arms(gait: Gait, *, swing: float, arms: Arms) -> dict[str, Angles]:
    down = 40.0 - gait.spread
    rotations: dict[str, Angles] = {
        "upperarm01.L": (-gait.swing * swing, down, 0.0),
        "upperarm01.R": (gait.swing * swing, -down, 0.0),
        "lowerarm01.L": (_STRAIGHT - gait.bend - 0.5 * gait.swing * (1 + swing), 0.0, 0.0),
        "lowerarm01.R": (_STRAIGHT - gait.bend - 0.5 * gait.swing * (1 - swing), 0.0, 0.0),
    }
    if arms in ("hold.L", "hold.R"):
        side, sign = arms[-1], 1.0 if arms == "hold.L" else -1.0
        rotations[f"upperarm01.{side}"] = (-2 * swing, sign * (down + 4), 0.0)
        rotations[f"lowerarm01.{side}"] = (_STRAIGHT - 4, sign * 4, 0.0)
    elif arms in ("carry", "ride"):
        bend = (-22.0, -18.0) if arms == "carry" else (16.0, -44.0)
        for side, sign in (("L", 1.0), ("R", -1.0)):
            rotations[f"upperarm01.{side}"] = (bend[1], sign * down, 0.0)
            rotations[f"lowerarm01.{side}"] = (bend[0], sign * 14, sign * -14)
    elif arms in ("push.L", "push.R"):
        side, sign = arms[-1], 1.0 if arms == "push.L" else -1.0
        rotations[f"upperarm01.{side}"] = (-24.0, sign * (down - 6), 0.0)
        rotations[f"lowerarm01.{side}"] = (10.0, 0.0, 0.0)
    elif arms == "phone":
        rotations["upperarm01.R"] = (-34.0, -down, 0.0)
        rotations["lowerarm01.R"] = (-70.0, 0.0, 26.0)
    elif arms == "umbrella":
        rotations["upperarm01.R"] = (-26.0, -down, 0.0)
        rotations["lowerarm01.R"] = (-56.0, 0.0, 18.0)
    elif arms == "pockets":
        for side, sign in (("L", 1.0), ("R", -1.0)):
            rotations[f"upperarm01.{side}"] = (12.0, sign * (down - 8), 0.0)
            rotations[f"lowerarm01.{side}"] = (0.0, sign * 16, 0.0)
    return rotations
