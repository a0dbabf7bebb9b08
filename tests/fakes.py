"""Small true implementations of the pipeline's parts, for tests that are about something else."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reid_app.tracklets.types import Crop, CropQuality, Detection, Image, Tracklet


def make_crop(colour: tuple[int, int, int] = (200, 30, 30), *, frame_index: int = 0, pts_s: float = 0.0) -> Crop:
    image = np.empty((64, 32, 3), np.uint8)
    image[:] = colour
    quality = CropQuality(height_px=64, sharpness=0.5, visible=1.0, unoccluded=1.0)
    return Crop(image=image, frame_index=frame_index, pts_s=pts_s, box_xyxy=(10, 10, 42, 74), quality=quality)


def make_tracklet(
    tracklet_id: str = "t1", *, camera_id: str = "cam1", length: int = 3, colour: tuple[int, int, int] = (200, 30, 30)
) -> Tracklet:
    crops = tuple(make_crop(colour, frame_index=2 * i, pts_s=0.2 * i) for i in range(length))
    return Tracklet(
        tracklet_id=tracklet_id,
        camera_id=camera_id,
        frame_indices=np.arange(0, 2 * length, 2, dtype=np.int64),
        pts_s=np.arange(length) * 0.2,
        boxes_xyxy=np.tile(np.float32([10, 10, 42, 74]), (length, 1)),
        crops=crops,
    )


class FakeDetector:
    """Finds what it is told to, whatever the picture."""

    fingerprint = "fake"
    is_stateful = False

    def __init__(self, detections: Sequence[Detection]) -> None:
        self._detections = list(detections)

    def detect(self, image: Image) -> list[Detection]:
        return self._detections

    def reset(self) -> None:
        pass


class HashEncoder:
    """A deterministic embedding of a tracklet's first crop."""

    name = "hash"
    pooling = "first"

    def __init__(self, *, model_id: str = "hash-1", dimension: int = 16) -> None:
        self.model_id = model_id
        self.dimension = dimension

    def encode(self, tracklets: Sequence[Tracklet]) -> NDArray[np.float32]:
        rows = []
        for tracklet in tracklets:
            digest = hashlib.sha256(tracklet.crops[0].image.tobytes()).digest()
            generator = np.random.default_rng(int.from_bytes(digest[:8]))
            row = generator.standard_normal(self.dimension).astype(np.float32)
            rows.append(row / np.linalg.norm(row))
        return np.stack(rows) if rows else np.empty((0, self.dimension), np.float32)
