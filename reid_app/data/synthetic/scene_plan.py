"""Who walks through a camera's view when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from reid_app.data.synthetic.camera import Camera
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.rendering import Actor
from reid_app.data.synthetic.scene_stage import stage_of
from reid_app.data.synthetic.scene_walk import Walk, draw_scene_walk
from reid_app.data.synthetic.walk import Moment

_ROOM = 0.9
"""Metres that people keep from each other, where there is room."""
_TRIES = 30
_EMPTY = 1.0
"""Seconds before anybody comes, so that the place itself can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One identity's walk through one video."""

    identity: int
    walk: Walk
    starts: int
    """Frame of the video at which the walk begins; may be before the first."""

    def moment(self, frame: int) -> Moment | None:
        """Where the person is at a frame of the video, if near the view."""
        index = frame - self.starts
        return self.walk.moments[index] if 0 <= index < len(self.walk.moments) else None


def draw_passages(actors: Sequence[Actor], *, seed: int, camera: Camera, num_frames: int, fps: int) -> list[Passage]:
    """Everybody's passage, in the order of identities: spread over the video, in an order of this camera's own.

    Args:
        actors: Identity 1 first.
        seed: Of everything.
        camera: Whose view.
        num_frames: Of the video. Where it is too short for everybody, they walk at the same time.
        fps: Frames a second.
    """
    turns = generator_of(seed, "turns", camera.number).permutation(len(actors))
    passages: list[Passage] = []
    for identity, actor in enumerate(actors, start=1):
        share = float(turns[identity - 1] / max(len(actors) - 1, 1))
        drafts = _drafts(
            actor, identity=identity, share=share, seed=seed, camera=camera, num_frames=num_frames, fps=fps
        )
        passages.append(_roomiest(drafts, others=passages))
    return passages


def _drafts(
    actor: Actor, *, identity: int, share: float, seed: int, camera: Camera, num_frames: int, fps: int
) -> Iterator[Passage]:
    """Ways in which somebody might pass, all at their turn: 0 soon after the start, 1 so that they can still leave."""
    stage, first = stage_of(camera), round(min(_EMPTY * fps, 0.2 * num_frames))
    for attempt in range(_TRIES):
        rng = generator_of(seed, "passage", camera.number, identity, attempt)
        walk = draw_scene_walk(rng, stage=stage, gait=actor.gait, leg=actor.figure.leg_length, fps=fps)
        last = max(num_frames - (walk.leaves - walk.enters) - 2, first)
        yield Passage(identity=identity, walk=walk, starts=round(first + share * (last - first)) - walk.enters)


def _roomiest(drafts: Iterator[Passage], *, others: Sequence[Passage]) -> Passage:
    """The first draft that keeps its distance from the others, or else the one that keeps most."""
    best, most = next(drafts), -1.0
    for passage in chain((best,), drafts):
        room = min((_room(passage, other) for other in others), default=np.inf)
        if room > most:
            best, most = passage, room
        if room >= _ROOM:
            break
    return best


def _room(one: Passage, other: Passage) -> float:
    """Least distance in metres between two people while both are in view."""
    first = max(passage.starts + passage.walk.enters for passage in (one, other))
    last = min(passage.starts + passage.walk.leaves for passage in (one, other))
    both = [(one.moment(frame), other.moment(frame)) for frame in range(first, last + 1)]
    return min((float(np.hypot(a.across - b.across, a.away - b.away)) for a, b in both if a and b), default=np.inf)
