"""Where tracklets are made: bodies, cameras and the rasteriser of one process."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reid_app.data.synthetic.bodies import BodyLibrary, load_bodies
from reid_app.data.synthetic.camera import Camera, draw_camera
from reid_app.data.synthetic.casting import draw_person
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.figure import Posture
from reid_app.data.synthetic.mesh import Floats
from reid_app.data.synthetic.occluders import Occluder, draw_occluder, in_front
from reid_app.data.synthetic.outfit import Outfit, build_actor, draw_outfit
from reid_app.data.synthetic.person import Person
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.rasteriser import Rasteriser
from reid_app.data.synthetic.rendering import Actor, Layer, over, placed, rendered, with_shadow
from reid_app.data.synthetic.response import captured, developed
from reid_app.data.synthetic.scenery import Scenery
from reid_app.data.synthetic.view import Window
from reid_app.data.synthetic.walk import Moment, beside, draw_walk
from reid_app.data.synthetic.windows import crop_window, draw_habit, true_box

_FINER = 1.5
"""People are drawn so much finer than their crops, which are averages of that."""
_STRANGERS = 1_000_000
"""Passers-by have numbers from here on: nobody in the data set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture of a tracklet, and the truth about it."""

    crop_HW3: NDArray[np.uint8]
    """RGB."""
    mask_HW: NDArray[np.uint8]
    """Share of each pixel that shows the person and nothing in front of them, 0 to 255; half the crop's size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Somebody else in the picture."""

    actor: Actor
    across: float
    away: float
    turn: float
    phase: float

    def moment(self, main: Moment) -> Moment:
        """Where they are while the main person is somewhere."""
        return beside(main, across=self.across, away=self.away, turn=self.turn, phase=self.phase)


class Studio:
    """Makes the tracklets of one data set; use it in the process that made it."""

    def __init__(self, *, seed: int, config: SyntheticConfig, cache: Path) -> None:
        self._seed = seed
        self._config = config
        self._library: BodyLibrary = load_bodies(cache)
        self._cameras: dict[int, Camera] = {}
        self._rasteriser = Rasteriser(
            height=round(config.crop_height * _FINER), width=round(config.crop_width * _FINER)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rasteriser.close()

    def camera(self, number: int) -> Camera:
        """Camera of the data set."""
        if number not in self._cameras:
            self._cameras[number] = draw_camera(seed=self._seed, number=number, config=self._config, beside=True)
        return self._cameras[number]

    def person(self, identity: int) -> Person:
        """Identity of the data set."""
        return draw_person(seed=self._seed, identity=identity, config=self._config)

    def tracklet(self, *, identity: int, camera: int, tracklet: int) -> tuple[Outfit, list[Shot]]:
        """What the person wears in this camera, and what it delivers of them."""

        def own(kind: str) -> Generator:
            return generator_of(self._seed, kind, identity, camera, tracklet)

        place = self.camera(camera)
        person = self.person(identity)
        outfit = draw_outfit(generator_of(self._seed, "outfit", identity, camera), person=person)
        actor = self._actor(person, outfit=outfit)
        walk = draw_walk(own("walk"), camera=place, num_frames=self._config.frames_per_tracklet)
        company = self._draw_company(own("company"))
        occluder = self._draw_occluder(own("occluder"))
        habit = draw_habit(own("habit"), errors=self._config.crop_errors)
        places = self._draw_places(own("places"), camera=place)
        shots, boxes, noise = [], own("boxes"), own("noise")
        for frame, moment in enumerate(walk):
            posture = placed(actor, moment=moment)
            box = true_box(place.view.pixels(posture.points_V3[: posture.num_body])[0])
            window = crop_window(box, habit=habit, rng=boxes)
            layers = [(posture, actor)]
            if company is not None:
                layers.append((placed(company.actor, moment=company.moment(moment)), company.actor))
            scene, mask = self._scene(layers, camera=place, scenery=places[frame % len(places)], window=window)
            if occluder is not None:
                scene, hidden = in_front(scene, occluder=occluder, frame=frame)
                mask = mask * (1 - hidden)
            crop = self._captured(scene, camera=place, window=window, moment=moment, rng=noise)
            shots.append(Shot(crop_HW3=crop, mask_HW=_stored_mask(mask, crop_HW3=crop)))
        return outfit, shots

    def _actor(self, person: Person, *, outfit: Outfit) -> Actor:
        return build_actor(person, outfit=outfit, library=self._library, config=self._config)

    def _draw_places(self, rng: Generator, *, camera: Camera) -> list[Scenery]:
        count = self._config.places_per_tracklet
        if count == 1:
            return [camera.scenery]
        return [self.camera(int(number)).scenery for number in rng.integers(self._config.num_cameras, size=count)]

    def _draw_occluder(self, rng: Generator) -> Occluder | None:
        return draw_occluder(rng) if self._config.occlusions and rng.random() < 0.12 else None

    def _draw_company(self, rng: Generator) -> Company | None:
        if not self._config.occlusions or rng.random() > 0.28:
            return None
        person = draw_person(seed=self._seed, identity=_STRANGERS + int(rng.integers(_STRANGERS)), config=self._config)
        is_together = rng.random() < 0.5
        return Company(
            actor=self._actor(person, outfit=draw_outfit(rng, person=person)),
            across=float(rng.choice([-1, 1]) * rng.uniform(0.35, 0.9)),
            away=float(rng.normal(0.6, 1.4)),
            turn=0.0 if is_together else float(rng.uniform(-np.pi, np.pi)),
            phase=float(rng.uniform(0, 6)),
        )

    def _scene(
        self, layers: list[tuple[Posture, Actor]], *, camera: Camera, scenery: Scenery, window: Window
    ) -> tuple[Floats, Floats]:
        """Linear light, and the share of each pixel that shows the first of the people."""
        height, width = round(self._config.crop_height * _FINER), round(self._config.crop_width * _FINER)
        scene = scenery.light_in(window, height=height, width=width)
        drawn: list[Layer] = []
        for posture, actor in layers:
            scene = with_shadow(scene, posture=posture, view=camera.view, light=camera.light, window=window)
            drawn.append(
                rendered(
                    posture,
                    actor=actor,
                    camera=camera,
                    window=window,
                    rasteriser=self._rasteriser,
                    fabric_shading=self._config.fabric_shading,
                )
            )
        main = drawn[0]
        if len(drawn) == 1:
            return over(scene, layer=main), main.mask_HW
        first_HW = _nearest(drawn)
        return over(scene, layer=_merged(drawn, first_HW=first_HW)), main.mask_HW * (first_HW == 0)

    def _captured(
        self, scene: Floats, *, camera: Camera, window: Window, moment: Moment, rng: Generator
    ) -> NDArray[np.uint8]:
        height = self._config.crop_height
        rows = window[3] - window[1]
        pixels_per_metre = camera.view.focal / max(moment.away, 1.0) / rows * height
        moved = moment.speed * camera.response.motion_blur * pixels_per_metre
        return captured(
            developed(scene, response=camera.response),
            response=camera.response,
            height=height,
            width=self._config.crop_width,
            rows=rows,
            motion=(moved * float(np.cos(moment.heading)), 0.0),
            rng=rng,
        )


def _nearest(layers: list[Layer]) -> NDArray[np.int64]:
    """Which of several layers is nearest to the camera, for each pixel (height, width)."""
    depths = np.stack([np.where(layer.mask_HW > 0, layer.depth_HW, np.inf) for layer in layers])
    return np.asarray(depths.argmin(axis=0), dtype=np.int64)


def _merged(layers: list[Layer], *, first_HW: NDArray[np.int64]) -> Layer:
    """Of several layers the one that is chosen for each pixel."""
    colour_HW3, mask_HW, depth_HW = layers[0].colour_HW3, layers[0].mask_HW, layers[0].depth_HW
    for index, layer in enumerate(layers[1:], start=1):
        wins_HW = first_HW == index
        colour_HW3 = np.where(wins_HW[..., None], layer.colour_HW3, colour_HW3)
        mask_HW, depth_HW = np.where(wins_HW, layer.mask_HW, mask_HW), np.where(wins_HW, layer.depth_HW, depth_HW)
    return Layer(colour_HW3=colour_HW3, mask_HW=mask_HW, depth_HW=depth_HW)


def _stored_mask(mask_HW: Floats, *, crop_HW3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = crop_HW3.shape[0] // 2, crop_HW3.shape[1] // 2
    small_HW = cv2.resize(mask_HW, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small_HW * 255 + 0.5, 0, 255), dtype=np.uint8)
