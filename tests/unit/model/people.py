"""Tracklets for the model tests."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_app.model.config import Preprocess
from reid_app.model.known import KnownModel
from reid_app.model.places import ModelFile
from reid_app.tracklets.types import Crop, CropQuality, Image, Tracklet

RAW = Preprocess(height=16, width=8, channel_order="rgb", scale=1.0, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def plain(colour: tuple[int, int, int], *, size: tuple[int, int] = (16, 8)) -> Image:
    return np.full((*size, 3), colour, np.uint8)


def noise(seed: int, *, size: tuple[int, int] = (40, 20)) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def tracklet(name: str, images: Sequence[Image], *, sharpness: Sequence[float] | None = None) -> Tracklet:
    """One crop a frame, frames 10, 11, ..."""
    count = len(images)
    sharp = [1.0] * count if sharpness is None else sharpness
    frames: NDArray[np.int64] = np.arange(10, 10 + count)
    crops = tuple(
        Crop(
            image=image,
            frame_index=int(frame),
            pts_s=frame / 10,
            box_xyxy=(0.0, 0.0, float(image.shape[1]), float(image.shape[0])),
            quality=CropQuality(height_px=128.0, sharpness=value, visible=1.0, unoccluded=1.0),
        )
        for frame, image, value in zip(frames, images, sharp, strict=True)
    )
    boxes = np.array([crop.box_xyxy for crop in crops], np.float32)
    return Tracklet(
        tracklet_id=name, camera_id="cam1", frame_indices=frames, pts_s=frames / 10, boxes_xyxy=boxes, crops=crops
    )


def entry(content: bytes, *, name: str = "tiny", url: str | None = None, preprocess: Preprocess = RAW) -> KnownModel:
    """An entry of an embedding model with that content."""
    return KnownModel(
        name=name,
        task="embedding",
        filename=f"{name}.onnx",
        url=url,
        sha256=hashlib.sha256(content).hexdigest(),
        num_bytes=len(content),
        licence="CC0-1.0",
        note="For tests.",
        preprocess=preprocess,
    )


def stored(folder: Path, content: bytes, *, name: str = "tiny", preprocess: Preprocess = RAW) -> ModelFile:
    """A model file on disk, with its entry."""
    known = entry(content, name=name, preprocess=preprocess)
    path = folder / known.filename
    path.write_bytes(content)
    return ModelFile(path=path, sha256=known.sha256, known=known)
