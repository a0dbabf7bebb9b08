"""Keeping a bounded number of good crops, spread over a track whose end is not known yet."""

from typing import NamedTuple

import cv2
import numpy as np

from reid_app.tracking.boxes import clip_box
from reid_app.tracklets.types import Box, Crop, CropQuality, Frame, Image


class _Kept(NamedTuple):
    quality: float
    crop: Crop


class CropKeeper:
    """The best crop of each stretch of a track, online.

    A track is divided into stretches of equally many observations, and the best crop of each is kept. When there are
    more stretches than crops allowed, neighbours are joined and stretches are twice as long from then on. So a long
    track ends with between half and all of the allowed crops, evenly spread, and memory never holds more than one above
    the limit.

    Args:
        limit: Crops kept at most.
        max_long_side_px: Larger crops are shrunk to this, in pixels.
    """

    def __init__(self, *, limit: int, max_long_side_px: int) -> None:
        self._limit = limit
        self._max_long_side_px = max_long_side_px
        self._stretch_length = 1
        self._num_offered = 0
        self._best: list[_Kept] = []

    def offer(self, frame: Frame, *, box: Box, quality: CropQuality) -> None:
        """Take the next observation's crop if it is the best of its stretch; of equals the earlier stays.

        Args:
            frame: The whole frame; only the crop is copied.
            box: The person's; part of it has to lie inside the frame.
            quality: Of this crop.
        """
        stretch = self._num_offered // self._stretch_length
        self._num_offered += 1
        if stretch < len(self._best) and quality.overall <= self._best[stretch].quality:
            return
        crop = Crop(
            image=cut_crop(frame.image, box=box, max_long_side_px=self._max_long_side_px),
            frame_index=frame.index,
            pts_s=frame.pts_s,
            box_xyxy=box,
            quality=quality,
        )
        self._best[stretch:] = [_Kept(quality.overall, crop)]
        if len(self._best) > self._limit:
            self._join_neighbours()

    def crops(self) -> tuple[Crop, ...]:
        """What is kept, in time order."""
        return tuple(kept.crop for kept in self._best)

    def _join_neighbours(self) -> None:
        pairs = [self._best[start : start + 2] for start in range(0, len(self._best), 2)]
        self._best = [max(pair, key=lambda kept: kept.quality) for pair in pairs]
        self._stretch_length *= 2


def cut_crop(image: Image, *, box: Box, max_long_side_px: int) -> Image:
    """Copy of what a box shows of a frame, shrunk to a limit on its long side but never enlarged.

    Args:
        image: The whole frame, RGB uint8 ``(H, W, 3)``.
        box: Clipped to the frame; part of it has to lie inside.
        max_long_side_px: Limit in pixels.
    """
    x1, y1, x2, y2 = clip_box(box, width=image.shape[1], height=image.shape[0])
    crop = image[y1:y2, x1:x2]
    height, width = crop.shape[:2]
    if max(height, width) <= max_long_side_px:
        return crop.copy()
    scale = max_long_side_px / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
