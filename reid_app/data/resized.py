"""Pictures at a network's size: read and resized once, and kept as long as there is room."""

import threading
from pathlib import Path
from typing import NamedTuple

from reid_app.data.pictures import read_picture
from reid_app.model.config import Preprocess
from reid_app.model.preprocess import resize_crop
from reid_app.tracking.quality import sharpness
from reid_app.tracklets.types import Box, CropQuality, Image


class ResizedPicture(NamedTuple):
    """What the network needs of one picture."""

    image: Image
    """RGB uint8 ``(height, width, 3)`` of the preprocess. Shared: not to be written to."""
    quality: float
    """`CropQuality.overall` of the picture as it lies on disk, in [0, 1]; 1 where it was not asked for."""


class ResizedPictures:
    """Reads pictures as serving does, `resize_crop` included; may be called from several threads.

    Pictures stay in memory until it is full; after that new ones are read each time. Nothing is thrown out for them,
    because every epoch wants every picture about equally often: then no choice hits more often than any fixed one, and
    throwing out the oldest would miss nearly always.

    Args:
        preprocess: Of the network.
        with_quality: Whether to measure quality, for the pooling that needs it; it costs half as much as decoding.
        memory_mib: Room for kept pictures in MiB; 0 keeps none.
    """

    def __init__(self, preprocess: Preprocess, *, with_quality: bool, memory_mib: int) -> None:
        self.preprocess = preprocess
        self.with_quality = with_quality
        self._kept: dict[tuple[Path, Box | None], ResizedPicture] = {}
        self._room_bytes = memory_mib * 2**20
        self._lock = threading.Lock()

    def read(self, path: Path, *, box_xyxy: Box | None) -> ResizedPicture:
        """One picture, or the part of it in a box.

        Raises:
            InputError: There is no such picture, or the box lies outside of it.
            DamagedError: The file is not a picture.
        """
        key = (path, box_xyxy)
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        image = read_picture(path, box_xyxy=box_xyxy)
        picture = ResizedPicture(
            image=resize_crop(image, height=self.preprocess.height, width=self.preprocess.width),
            quality=_quality(image) if self.with_quality else 1.0,
        )
        with self._lock:
            if key not in self._kept and picture.image.nbytes <= self._room_bytes:
                self._room_bytes -= picture.image.nbytes
                self._kept[key] = picture
        return picture


def _quality(image: Image) -> float:
    """Of a crop without its frame: whole and uncovered, as far as anybody knows."""
    return CropQuality(height_px=float(image.shape[0]), sharpness=sharpness(image), visible=1.0, unoccluded=1.0).overall
