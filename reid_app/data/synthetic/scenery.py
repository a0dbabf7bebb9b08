"""What a camera sees behind people: ground, walls, plants, shelves, cars. Painted once for each camera."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reid_app.data.synthetic.ground import GROUNDS, ground_texture
from reid_app.data.synthetic.mesh import Floats
from reid_app.data.synthetic.props import paint_props
from reid_app.data.synthetic.view import FRAME_HEIGHT, FRAME_WIDTH, View, Window
from reid_app.data.synthetic.walls import paint_wall

PLACES = {"street": 0.28, "park": 0.26, "yard": 0.18, "hall": 0.12, "corridor": 0.1, "shop": 0.06}
"""And how often cameras look at them."""
_OUTDOORS = ("street", "park", "yard")
_TO_LINEAR = ((np.arange(256) / 255) ** 2.2).astype(np.float32)
_GROUNDS_OF_PLACES: dict[str, tuple[str, ...]] = {
    "street": ("asphalt", "slabs", "bricks"),
    "park": ("grass", "leaves", "gravel", "asphalt"),
    "yard": ("slabs", "bricks", "gravel", "asphalt"),
    "hall": ("floor", "slabs", "stone"),
    "shop": ("floor", "stone"),
    "corridor": ("floor", "carpet", "stone"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """A camera's picture (540, 960, 3) without people, sRGB."""

    picture: NDArray[np.uint8]

    def light_in(self, window: Window, *, height: int, width: int) -> Floats:
        """Linear light (height, width, 3) in a window of the picture; outside, its edge goes on."""
        x1, y1, x2, y2 = window
        matrix = np.array([[(x2 - x1) / width, 0, x1], [0, (y2 - y1) / height, y1]], dtype=np.float64)
        part = cv2.warpAffine(
            self.picture,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        return np.asarray(_TO_LINEAR[part], dtype=np.float32)


def paint_scenery(rng: Generator, *, view: View, place: str, farthest: float, beside: bool, plain: bool) -> Scenery:
    """The picture of a place, or one grey if it is to be plain.

    Nothing but people, and what may stand ``beside`` them, is nearer than ``farthest`` metres.
    """
    if plain:
        return Scenery(picture=np.full((FRAME_HEIGHT, FRAME_WIDTH, 3), 128, dtype=np.uint8))
    rows, columns = np.meshgrid(np.arange(FRAME_HEIGHT), np.arange(FRAME_WIDTH), indexing="ij")
    ground_N2 = view.ground_at(np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64))
    kind = str(rng.choice(_GROUNDS_OF_PLACES[place]))
    if kind not in GROUNDS:
        raise ValueError(f"no ground is called {kind!r}: {', '.join(GROUNDS)}")
    outdoors = place in _OUTDOORS
    ground_N3 = ground_texture(rng, kind=kind, outdoors=outdoors, ground_N2=ground_N2)
    picture = ground_N3.reshape(FRAME_HEIGHT, FRAME_WIDTH, 3)
    room = rng.uniform(2, 25) if outdoors else rng.uniform(1, 8)
    wall_at = farthest + float(room)
    picture = paint_wall(rng, picture=picture, view=view, place=place, distance=wall_at)
    picture = paint_props(
        rng, picture=picture, view=view, place=place, farthest=wall_at, people_until=farthest, beside=beside
    )
    blurred = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 0.9)))
    patchy = _patches(rng)
    return Scenery(picture=np.clip(blurred * patchy * 255, 0, 255).astype(np.uint8))


def _patches(rng: Generator) -> Floats:
    """Uneven light (H, W, 1): large shadows of what is not in the picture."""
    coarse = rng.normal(0, 1, (6, 10)).astype(np.float32)
    smooth = cv2.resize(coarse, (FRAME_WIDTH, FRAME_HEIGHT), interpolation=cv2.INTER_CUBIC)
    shadow = np.tanh(smooth * rng.uniform(1, 4)) if rng.random() < 0.4 else smooth * 0.5
    return np.asarray(1 + rng.uniform(0.05, 0.2) * shadow, dtype=np.float32)[..., None]
