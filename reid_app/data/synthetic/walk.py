"""Ways through a camera's view: where a person is and how they move, frame by frame."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from reid_app.data.synthetic.camera import Camera
from reid_app.data.synthetic.view import FRAME_WIDTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One frame of a walk."""

    across: float
    """Metres to the right of the camera."""
    away: float
    """Metres along the ground from the camera."""
    heading: float
    """Radians: 0 walks to the camera's right, pi / 2 away from it."""
    phase: float
    """Of the steps."""
    pace: float
    """0 stands, 1 walks."""
    speed: float
    """Metres a second."""
    glance: float
    """Degrees to the left that the head is turned."""


def draw_walk(rng: Generator, *, camera: Camera, num_frames: int) -> list[Moment]:
    """A walk that stays where the camera sees people: straight, in a bend, stopping, turning round."""
    apart = float(rng.choice([0.12, 0.25, 0.5]))
    speed = float(rng.uniform(0.7, 1.6))
    bend = float(rng.normal(0, 0.25))
    stands = rng.random() < 0.12
    turns_at = int(rng.integers(num_frames)) if rng.random() < 0.15 else -1
    away = float(rng.uniform(camera.nearest, camera.farthest))
    across = float(rng.uniform(-0.6, 0.6)) * _half_width(camera, away)
    heading, phase, glance = (float(rng.uniform(-np.pi, np.pi)) for _ in range(3))
    moments = []
    for frame in range(num_frames):
        if frame == turns_at:
            heading += float(rng.choice([-1, 1]) * rng.uniform(1.2, 3.1))
        heading += bend * apart + (float(rng.normal(0, 0.25)) if stands else 0.0)
        pace = float(rng.uniform(0, 0.12)) if stands else 1.0
        phase += 2 * np.pi * (0.55 + 0.28 * speed) * apart * (0.3 if stands else 1.0)
        heading = _kept_in(camera, across=across, away=away, heading=heading)
        across += np.cos(heading) * speed * pace * apart
        away += np.sin(heading) * speed * pace * apart
        glance += float(rng.normal(0, 0.2))
        moments.append(
            Moment(
                across=across,
                away=away,
                heading=heading,
                phase=phase,
                pace=pace,
                speed=speed * pace,
                glance=35 * float(np.sin(glance)),
            )
        )
    return moments


def beside(moment: Moment, *, across: float, away: float, turn: float, phase: float) -> Moment:
    """Somebody else's moment, a little way off."""
    return Moment(
        across=moment.across + across,
        away=moment.away + away,
        heading=moment.heading + turn,
        phase=moment.phase + phase,
        pace=moment.pace,
        speed=moment.speed,
        glance=-moment.glance,
    )


def _half_width(camera: Camera, away: float) -> float:
    return away * FRAME_WIDTH / 2 / camera.view.focal


def _kept_in(camera: Camera, *, across: float, away: float, heading: float) -> float:
    """Turn round at the edges of what the camera sees."""
    cos, sin = np.cos(heading), np.sin(heading)
    if abs(across) > 0.8 * _half_width(camera, away) and across * cos > 0:
        cos = -cos
    if (away < camera.nearest and sin < 0) or (away > camera.farthest and sin > 0):
        sin = -sin
    return float(np.arctan2(sin, cos))
