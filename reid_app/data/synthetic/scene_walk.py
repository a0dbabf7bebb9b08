"""One person's way through a camera's view: in at one side, straight on, in a bend or back, out at a side."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from reid_app.data.synthetic.mesh import Floats
from reid_app.data.synthetic.motion import Gait
from reid_app.data.synthetic.scene_stage import Stage
from reid_app.data.synthetic.walk import Moment

_BEYOND = 5.0
"""Metres beside the view at which walks begin and end: nobody's shadow falls into it from there."""
_STRAIGHT = 0.5
"""Metres beside the view from which on they go for its inside, or straight away from it."""
_TURN = 1.6
"""Radians a second that people turn at most."""
_REACHED = 0.7
"""Metres from a place at which people go for the next one."""
_CADENCE = (0.82, 1.02)
"""Cycles of two steps a second."""
_COMES_BACK = 0.2
"""Share of people who turn round and leave where they came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A way through a view, frame by frame, with the frames of it in which the person is in the view."""

    moments: list[Moment]
    enters: int
    leaves: int


def draw_scene_walk(rng: Generator, *, stage: Stage, gait: Gait, leg: float, fps: int) -> Walk:
    """A walk at the speed of the person's steps.

    Args:
        rng: Draws way, pace and glances.
        stage: Where people walk.
        gait: How the person walks.
        leg: Metres from hip to ankle; with the gait they make the length of a step, so that feet do not slide.
        fps: Frames a second.
    """
    places_P2 = _draw_places(rng, stage=stage)
    cycle = 4 * leg * float(np.sin(np.radians(gait.step)))
    cadence = float(rng.uniform(*_CADENCE))
    speed = cadence * cycle
    way_N3 = _walked(places_P2, speed=speed, fps=fps)
    phase = float(rng.uniform(-np.pi, np.pi))
    glances = 30 * np.sin(np.cumsum(rng.normal(0, 0.6 / np.sqrt(fps), len(way_N3))))
    moments = [
        Moment(
            across=float(across),
            away=float(away),
            heading=float(heading),
            phase=phase + 2 * np.pi * cadence * frame / fps,
            pace=1.0,
            speed=speed,
            glance=float(glance),
        )
        for frame, ((across, away, heading), glance) in enumerate(zip(way_N3, glances, strict=True))
    ]
    inside = [frame for frame, (across, away, _) in enumerate(way_N3) if abs(across) < stage.half_width(away) + 0.3]
    return Walk(moments=moments, enters=inside[0], leaves=inside[-1])


def _draw_places(rng: Generator, *, stage: Stage) -> Floats:
    """Places (P, 2), across and away in metres, from beyond one side of the view to beyond a side of it."""
    side = float(rng.choice([-1, 1]))
    comes_back = bool(rng.random() < _COMES_BACK)
    leaves_at = side if comes_back else -side
    first, middle, last = (float(away) for away in rng.uniform(stage.near, stage.far, 3))
    turn = float(rng.uniform(-0.1, 0.5)) * -side if comes_back else float(rng.uniform(-0.5, 0.5))
    entry, exit_ = side * stage.half_width(first), leaves_at * stage.half_width(last)
    return np.array(
        [
            [entry + side * _BEYOND, first],
            [entry + side * _STRAIGHT, first],
            [turn * stage.half_width(middle), middle],
            [exit_ + leaves_at * _STRAIGHT, last],
            [exit_ + leaves_at * _BEYOND, last],
        ],
        dtype=np.float32,
    )


def _walked(places_P2: Floats, *, speed: float, fps: int) -> Floats:
    """Across, away and heading (N, 3) at every frame, from place to place without sharp turns."""
    at = places_P2[0].astype(np.float64)
    heading = 0.0 if places_P2[1, 0] > at[0] else float(np.pi)
    way = []
    for place in places_P2[1:]:
        for _ in range(int(60 * fps)):
            to = place - at
            if float(np.hypot(*to)) < max(_REACHED, speed / fps):
                break
            wanted = float(np.arctan2(to[1], to[0]))
            difference = (wanted - heading + np.pi) % (2 * np.pi) - np.pi
            heading += float(np.clip(difference, -_TURN / fps, _TURN / fps))
            at = at + np.array([np.cos(heading), np.sin(heading)]) * speed / fps
            way.append((*at, heading))
    return np.array(way, dtype=np.float32)
