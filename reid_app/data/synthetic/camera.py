"""One camera of a synthetic data set: where it hangs, its light, its scene, and what it does to colours."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.light import Light, draw_light
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.response import Response, draw_response
from reid_app.data.synthetic.scenery import PLACES, Scenery, paint_scenery
from reid_app.data.synthetic.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera and the place that it looks at."""

    number: int
    view: View
    light: Light
    scenery: Scenery
    response: Response
    nearest: float
    """Metres along the ground to the nearest people whose feet it sees."""
    farthest: float
    place: str


def draw_camera(*, seed: int, number: int, config: SyntheticConfig, beside: bool) -> Camera:
    """Camera of a data set; depends on nothing but what is given.

    Args:
        seed: Of the data set.
        number: Of the camera.
        config: What is left out.
        beside: Whether things stand beside the people; otherwise the whole width is theirs to cross.
    """
    rng = generator_of(seed, "camera", number)
    view, nearest = _draw_view(rng)
    farthest = nearest * float(rng.uniform(1.4, 2.2))
    light = draw_light(rng)
    place = str(rng.choice(list(PLACES), p=list(PLACES.values())))
    return Camera(
        number=number,
        view=view,
        light=light,
        scenery=paint_scenery(
            generator_of(seed, "scenery", number),
            view=view,
            place=place,
            farthest=farthest,
            beside=beside,
            plain=not config.backgrounds,
        ),
        response=draw_response(rng, config=config),
        nearest=nearest,
        farthest=farthest,
        place=place,
    )


def _draw_view(rng: Generator) -> tuple[View, float]:
    """Somebody 1.7 m tall is 150 to 400 pixels tall where the camera looks."""
    height = float(rng.choice([1.5, 2.6, 3.6, 5.5], p=[0.12, 0.3, 0.3, 0.28]) * rng.uniform(0.9, 1.15))
    distance = float(rng.uniform(4.0, 11.0)) + height * 0.6
    pitch = float(np.degrees(np.arctan2(height - 0.9, distance)) + rng.normal(0, 2))
    focal = float(rng.uniform(200, 360)) * distance / 1.7
    return View(height=height, pitch=pitch, focal=focal), distance * 0.85
