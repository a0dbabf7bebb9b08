"""A tracklet at a glance: some of its crops side by side."""

from collections.abc import Sequence

import cv2
import numpy as np

from reid_app.tracklets.sampling import sample_evenly
from reid_app.tracklets.store import encode_jpeg
from reid_app.tracklets.types import Image

BACKGROUND = (30, 34, 37)
"""Between the crops; RGB. Dark and neutral, so that it lends the crops no colour on a light or a dark page."""
GAP_PX = 4
JPEG_QUALITY = 88


def film_strip(crops: Sequence[Image], *, height_px: int = 160, max_frames: int = 10) -> Image:
    """Put evenly sampled crops side by side, all of one height, each with its own proportions.

    Args:
        crops: Pictures in time order, RGB uint8 ``(H, W, 3)`` of any sizes.
        height_px: Height of the strip.
        max_frames: Crops shown at most.

    Returns:
        RGB uint8 ``(height_px, W, 3)``.

    Raises:
        ValueError: There are no crops, or a number is below 1.

    Examples:
        >>> film_strip([np.zeros((80, 40, 3), np.uint8)] * 3, height_px=40).shape
        (40, 68, 3)
    """
    if not crops or height_px < 1 or max_frames < 1:
        raise ValueError(
            f"a film strip needs crops, a height and a number of frames of at least 1, "
            f"got {len(crops)} crops, height_px={height_px}, max_frames={max_frames}"
        )
    chosen = sample_evenly(len(crops), num_wanted=max_frames)
    tiles = [_scaled(crops[int(index)], height_px=height_px) for index in chosen]
    width = sum(tile.shape[1] for tile in tiles) + GAP_PX * (len(tiles) - 1)
    strip = np.full((height_px, width, 3), BACKGROUND, np.uint8)
    x = 0
    for tile in tiles:
        strip[:, x : x + tile.shape[1]] = tile
        x += tile.shape[1] + GAP_PX
    return strip


def strip_jpeg(crops: Sequence[Image], *, height_px: int = 160, max_frames: int = 10) -> bytes:
    """`film_strip` as the bytes of a JPEG file.

    Raises:
        ValueError: As `film_strip`.
    """
    return encode_jpeg(film_strip(crops, height_px=height_px, max_frames=max_frames), quality=JPEG_QUALITY)


def _scaled(crop: Image, *, height_px: int) -> Image:
    height, width = crop.shape[:2]
    wanted = (max(1, round(width * height_px / height)), height_px)
    shrinks = height_px < height
    resized: Image = cv2.resize(crop, wanted, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return resized
