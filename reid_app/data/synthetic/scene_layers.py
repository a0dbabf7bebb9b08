"""People of a whole frame: each drawn finer in a tile of it, then laid over the scene, the farthest first."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.camera import Camera
from reid_app.data.synthetic.figure import Posture
from reid_app.data.synthetic.mesh import Floats
from reid_app.data.synthetic.rasteriser import Rasteriser
from reid_app.data.synthetic.rendering import Actor, rendered
from reid_app.data.synthetic.view import FRAME_HEIGHT, FRAME_WIDTH, View

FINER = 2
"""People are drawn so much finer than the frame, which shows averages of that."""
_TALL, _WIDE = 2.4, 2.2
"""Metres that a tile covers: somebody with an umbrella, a bicycle from the side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One person, drawn in a rectangle of the frame that may reach outside of it."""

    left: int
    top: int
    colour_HW3: Floats
    """Linear light, times the mask."""
    mask_HW: Floats
    """Share of a pixel that shows the person, 0 to 1."""

    def in_frame(self) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Rows and columns of the frame that the tile covers, and the tile's own for them."""
        height, width = self.mask_HW.shape
        top, bottom = max(self.top, 0), max(min(self.top + height, FRAME_HEIGHT), 0)
        left, right = max(self.left, 0), max(min(self.left + width, FRAME_WIDTH), 0)
        of_tile = slice(top - self.top, bottom - self.top), slice(left - self.left, right - self.left)
        return (slice(top, bottom), slice(left, right)), of_tile


def tile_size(view: View, *, nearest: float) -> tuple[int, int]:
    """Height and width in pixels of a tile for people not nearer than ``nearest`` metres."""
    corners_N3 = np.array([[0, nearest, 0], [0, nearest, _TALL], [_WIDE, nearest, 1]], dtype=np.float32)
    (_, low), (_, high), (right, _) = view.pixels(corners_N3)[0]
    return int(np.ceil(low - high)), int(np.ceil(right - FRAME_WIDTH / 2))


def draw_tile(
    posture: Posture,
    *,
    actor: Actor,
    camera: Camera,
    rasteriser: Rasteriser,
    size: tuple[int, int],
    fabric_shading: bool,
) -> Tile:
    """Draw a placed actor in a tile around them; the rasteriser is `FINER` times the size."""
    height, width = size
    pixels_N2 = camera.view.pixels(posture.points_V3)[0]
    middle_2 = (pixels_N2.min(axis=0) + pixels_N2.max(axis=0)) / 2
    left, top = round(float(middle_2[0]) - width / 2), round(float(middle_2[1]) - height / 2)
    layer = rendered(
        posture,
        actor=actor,
        camera=camera,
        window=(left, top, left + width, top + height),
        rasteriser=rasteriser,
        fabric_shading=fabric_shading,
    )
    return Tile(
        left=left,
        top=top,
        colour_HW3=cv2.resize(layer.colour_HW3, (width, height), interpolation=cv2.INTER_AREA),
        mask_HW=cv2.resize(layer.mask_HW, (width, height), interpolation=cv2.INTER_AREA),
    )


def laid_over(scene_HW3: Floats, *, tiles: Sequence[Tile]) -> tuple[Floats, list[float]]:
    """The frame's scene with people over it, the farthest first, and how much can be seen of each.

    Returns:
        Linear light, and of every tile the share of the person's own pixels that are in the frame and not hidden.
    """
    shown_HW3 = scene_HW3.copy()
    nearest_HW: NDArray[np.int64] = np.full(shown_HW3.shape[:2], -1, dtype=np.int64)
    for number, tile in enumerate(tiles):
        of_frame, of_tile = tile.in_frame()
        mask_HW = tile.mask_HW[of_tile]
        shown_HW3[of_frame] = shown_HW3[of_frame] * (1 - mask_HW[..., None]) + tile.colour_HW3[of_tile]
        nearest_HW[of_frame][mask_HW > 0.5] = number
    own = [int((tile.mask_HW > 0.5).sum()) for tile in tiles]
    return shown_HW3, [int((nearest_HW == number).sum()) / max(count, 1) for number, count in enumerate(own)]
