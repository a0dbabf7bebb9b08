"""One camera's video of synthetic people, frame by frame, and who is where in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.bodies import BodyLibrary, load_bodies
from reid_app.data.synthetic.camera import Camera, draw_camera
from reid_app.data.synthetic.casting import draw_person
from reid_app.data.synthetic.figure import Posture
from reid_app.data.synthetic.outfit import Outfit, build_actor, draw_outfit
from reid_app.data.synthetic.person import Person
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.rasteriser import Rasteriser
from reid_app.data.synthetic.rendering import Actor, placed, with_shadow
from reid_app.data.synthetic.response import Response, captured, developed
from reid_app.data.synthetic.scene_config import SceneConfig
from reid_app.data.synthetic.scene_layers import FINER, Tile, draw_tile, laid_over, tile_size
from reid_app.data.synthetic.scene_plan import Passage, draw_passages
from reid_app.data.synthetic.view import FRAME_HEIGHT, FRAME_WIDTH, Window
from reid_app.data.synthetic.windows import true_box

_FRAME: Window = (0, 0, FRAME_WIDTH, FRAME_HEIGHT)
_PERSON_ROWS = 220
"""Pixels that somebody is tall in these frames, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One person in one frame."""

    identity: int
    box: Window
    """Around the body and its clothes, cut off at the frame's edges; what hides it is not taken away."""
    visibility: float
    """Share of the person's pixels that are in the frame and not hidden by somebody nearer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneFrame:
    """One frame and the people in it, the farthest first."""

    image: NDArray[np.uint8]
    """(540, 960, 3), RGB."""
    sightings: list[Sighting]


class SceneStudio:
    """Films scenes of one set in one process."""

    def __init__(self, *, seed: int, config: SceneConfig, cache: Path) -> None:
        self._seed = seed
        self._config = config
        self._library: BodyLibrary = load_bodies(cache)

    def camera(self, number: int) -> Camera:
        """A camera of the set."""
        return draw_camera(seed=self._seed, number=number, config=self._config.looks, beside=False)

    def film(self, camera: Camera) -> Iterator[SceneFrame]:
        """The frames of a camera's video, in order."""
        actors = [self.actor(identity, camera=camera) for identity in range(1, self._config.num_identities + 1)]
        passages = draw_passages(
            actors, seed=self._seed, camera=camera, num_frames=self._config.num_frames, fps=self._config.fps
        )
        nearest = min(moment.away for passage in passages for moment in passage.walk.moments)
        size = tile_size(camera.view, nearest=nearest)
        rasteriser = Rasteriser(height=size[0] * FINER, width=size[1] * FINER)
        try:
            for frame in range(self._config.num_frames):
                people = _people_at(frame, passages=passages, actors=actors)
                yield self._shot(people, frame=frame, camera=camera, rasteriser=rasteriser, size=size)
        finally:
            rasteriser.close()

    def actor(self, identity: int, *, camera: Camera) -> Actor:
        """An identity of the set, dressed as in a camera."""
        person = person_of(identity, seed=self._seed, config=self._config)
        outfit = outfit_of(identity, person=person, seed=self._seed, camera=camera.number)
        return build_actor(person, outfit=outfit, library=self._library, config=self._config.looks)

    def _shot(
        self,
        people: "list[_Placed]",
        *,
        frame: int,
        camera: Camera,
        rasteriser: Rasteriser,
        size: tuple[int, int],
    ) -> SceneFrame:
        scene = camera.scenery.light_in(_FRAME, height=FRAME_HEIGHT, width=FRAME_WIDTH)
        for one in people:
            scene = with_shadow(scene, posture=one.posture, view=camera.view, light=camera.light, window=_FRAME)
        boxes = [_box_in_frame(one.posture, camera=camera) for one in people]
        tiles: list[Tile] = []
        sighted: list[tuple[int, Window]] = []
        for one, box in zip(people, boxes, strict=True):
            if box is not None:
                sighted.append((one.identity, box))
                tiles.append(
                    draw_tile(
                        one.posture,
                        actor=one.actor,
                        camera=camera,
                        rasteriser=rasteriser,
                        size=size,
                        fabric_shading=self._config.looks.fabric_shading,
                    )
                )
        light, visibilities = laid_over(scene, tiles=tiles)
        image = captured(
            developed(light, response=camera.response),
            response=_of_frames(camera.response),
            height=FRAME_HEIGHT,
            width=FRAME_WIDTH,
            rows=FRAME_HEIGHT,
            motion=(0.0, 0.0),
            rng=generator_of(self._seed, "scene noise", camera.number, frame),
        )
        sightings = [
            Sighting(identity=identity, box=box, visibility=visibility)
            for (identity, box), visibility in zip(sighted, visibilities, strict=True)
        ]
        return SceneFrame(image=image, sightings=sightings)


def person_of(identity: int, *, seed: int, config: SceneConfig) -> Person:
    """Identity of a set of scenes, the same in all its cameras."""
    return draw_person(seed=seed, identity=identity, config=config.looks)


def outfit_of(identity: int, *, person: Person, seed: int, camera: int) -> Outfit:
    """What an identity wears in a camera."""
    return draw_outfit(generator_of(seed, "outfit", identity, camera), person=person)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    identity: int
    actor: Actor
    posture: Posture


def _people_at(frame: int, *, passages: list[Passage], actors: list[Actor]) -> list[_Placed]:
    """Who is near the view at a frame, the farthest first."""
    moments = [(passage, passage.moment(frame)) for passage in passages]
    near = [(passage, moment) for passage, moment in moments if moment is not None]
    near.sort(key=lambda one: -one[1].away)
    return [
        _Placed(
            identity=passage.identity,
            actor=actors[passage.identity - 1],
            posture=placed(actors[passage.identity - 1], moment=moment),
        )
        for passage, moment in near
    ]


def _box_in_frame(posture: Posture, *, camera: Camera) -> Window | None:
    """The part of a person's box that is in the frame, unless that is less than a pixel."""
    x1, y1, x2, y2 = true_box(camera.view.pixels(posture.points_V3[: posture.num_body])[0])
    x1, y1, x2, y2 = max(x1, 0.0), max(y1, 0.0), min(x2, float(FRAME_WIDTH)), min(y2, float(FRAME_HEIGHT))
    return (x1, y1, x2, y2) if min(x2 - x1, y2 - y1) >= 1 else None


def _of_frames(response: Response) -> Response:
    """A camera's response for whole frames: blurred by the lens alone, compressed by the video's encoder."""
    return replace(
        response,
        lens_blur=response.lens_blur * _PERSON_ROWS / FRAME_HEIGHT,
        rows=FRAME_HEIGHT,
        jpeg_quality=95,
    )
