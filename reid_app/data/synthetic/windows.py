"""The part of a camera's picture that becomes a crop: a person's box, as a detector would draw it."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from reid_app.data.synthetic.mesh import Floats
from reid_app.data.synthetic.view import Window

_ASPECT = 0.5
"""Width over height of a crop."""
_FITS = 0.5
"""Share of tracklets whose boxes fit, as a good detector's do."""
_SLIPS = 0.06
"""Share of frames in which a box that errs is much worse than usual."""
_FAR_TOO_LARGE = 0.1
"""Share of the others whose boxes are 1.3 to 2.6 times the person, as where a detector took a group for one."""
_CUT = 0.2
"""Share of those left whose boxes end above the feet: by the picture's edge, or by what stands in front."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxHabit:
    """How the boxes of one tracklet err, in parts of the person's height or width."""

    across: float
    down: float
    wider: float
    taller: float
    cut_feet: float
    """Part of the height that is missing below."""
    fills: bool
    """Whether a box has the shape of a crop, or fits the person's and is stretched."""
    jitter: float


def draw_habit(rng: Generator, *, errors: bool) -> BoxHabit:
    """How a tracklet's boxes err; without errors all fit, otherwise half."""
    if not errors or rng.random() < _FITS:
        return BoxHabit(across=0, down=0, wider=1.0, taller=1.0, cut_feet=0, fills=True, jitter=0)
    larger = float(rng.uniform(1.3, 2.6)) if rng.random() < _FAR_TOO_LARGE else 1.0
    return BoxHabit(
        across=rng.normal(0, 0.03) + (larger - 1) * rng.uniform(-0.15, 0.15),
        down=rng.normal(0, 0.02) - (larger - 1) * rng.uniform(-0.1, 0.4),
        wider=larger * float(np.exp(rng.normal(0.05, 0.10))),
        taller=larger * float(np.exp(abs(rng.normal(0.02, 0.08)))),
        cut_feet=float(rng.uniform(0.08, 0.55)) if rng.random() < _CUT and larger == 1.0 else 0.0,
        fills=bool(rng.random() < 0.6),
        jitter=rng.gamma(2.0, 0.008),
    )


def true_box(pixels_N2: Floats) -> Window:
    """The smallest box around a person's pixels."""
    (x1, y1), (x2, y2) = pixels_N2.min(axis=0), pixels_N2.max(axis=0)
    return float(x1), float(y1), float(x2), float(y2)


def crop_window(box: Window, *, habit: BoxHabit, rng: Generator) -> Window:
    """The window of the camera's picture that a detector's box gives."""
    x1, y1, x2, y2 = box
    height = y2 - y1
    centre_x, centre_y = (x1 + x2) / 2, (y1 + y2) / 2
    slipped = rng.random() < _SLIPS
    shaken = rng.normal(0, 1, 4) * habit.jitter * (4.0 if slipped else 1.0)
    width = max(x2 - x1, 0.36 * height) * 1.04
    if habit.fills:
        width = max(_ASPECT * height, width * 0.9)
    width *= habit.wider * float(np.exp(shaken[0]))
    window_height = height * 1.04 * habit.taller * float(np.exp(shaken[1]))
    centre_x += (habit.across + shaken[2]) * height
    centre_y += (habit.down + shaken[3]) * height
    bottom = centre_y + window_height / 2 - habit.cut_feet * height
    return centre_x - width / 2, centre_y - window_height / 2, centre_x + width / 2, bottom
