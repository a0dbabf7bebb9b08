"""Embeddings of a data set's tracklets, kept on disk by model."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from reid_app.data.pictures import read_picture
from reid_app.data.types import LabelledTracklet
from reid_app.errors import InputError
from reid_app.model.config import EncoderConfig
from reid_app.tracking.quality import sharpness
from reid_app.tracklets.files import write_atomically
from reid_app.tracklets.parts import Encoder
from reid_app.tracklets.sampling import sample_evenly
from reid_app.tracklets.types import Crop, CropQuality, Image, Tracklet
from reid_app.tracklets.watch import Watch

_PORTION = 256
"""Pictures (or one tracklet) embedded and kept at a time: so much is lost when the work is stopped."""

_TENSOR = "embeddings_ND"


def embed_labelled(
    tracklets: Sequence[LabelledTracklet],
    *,
    encoder: Encoder,
    config: EncoderConfig,
    cache_dir: Path | None,
    watch: Watch,
) -> NDArray[np.float32]:
    """Embed a data set's tracklets; what is in the cache is not computed again.

    Args:
        tracklets: Whose pictures lie on disk.
        encoder: Made from ``config``.
        config: Says how many pictures of each are needed.
        cache_dir: Holds a folder for each model id; a portion is found again while names, sizes and times of its
            pictures' files stay the same. None keeps nothing.
        watch: Sees the progress in tracklets, may cancel; the portions done until then are kept.

    Returns:
        L2-normalised float32 ``(N, D)``, row by row.

    Raises:
        InputError: A picture is missing.
        DamagedError: A picture cannot be read.
        ModelInvalidError: The encoder yields NaN.
        CancelledError: ``watch`` asked for it.
    """
    embeddings_ND = np.empty((len(tracklets), encoder.dimension), np.float32)
    done = 0
    for portion in _portions([_with_chosen_paths(tracklet, config=config) for tracklet in tracklets]):
        watch.check_cancelled()
        rows = slice(done, done + len(portion))
        place = cache_dir / encoder.model_id / f"{_fingerprint(portion)}.safetensors" if cache_dir else None
        kept = _read_kept(place, shape=embeddings_ND[rows].shape) if place else None
        if kept is None:
            kept = encoder.encode([_read(tracklet) for tracklet in portion])
            if place:
                write_atomically(place, save({_TENSOR: kept}))
        embeddings_ND[rows] = kept
        done = rows.stop
        watch.progress(done, len(tracklets), "tracklets")
    return embeddings_ND


def _portions(tracklets: Sequence[LabelledTracklet]) -> Iterator[list[LabelledTracklet]]:
    portion: list[LabelledTracklet] = []
    num_pictures = 0
    for tracklet in tracklets:
        if portion and num_pictures + len(tracklet.frame_paths) > _PORTION:
            yield portion
            portion, num_pictures = [], 0
        portion.append(tracklet)
        num_pictures += len(tracklet.frame_paths)
    if portion:
        yield portion


def _with_chosen_paths(tracklet: LabelledTracklet, *, config: EncoderConfig) -> LabelledTracklet:
    """With the pictures only that the encoder will use, so that the others need not be read."""
    if config.num_crops is None:
        return tracklet
    chosen = sample_evenly(len(tracklet.frame_paths), num_wanted=config.num_crops)
    return replace(tracklet, frame_paths=tuple(tracklet.frame_paths[index] for index in chosen))


def _fingerprint(portion: Sequence[LabelledTracklet]) -> str:
    states = [
        (tracklet.name, tracklet.box_xyxy, [_state(path) for path in tracklet.frame_paths]) for tracklet in portion
    ]
    return hashlib.sha256(repr(states).encode()).hexdigest()[:32]


def _state(path: Path) -> tuple[str, int, int]:
    file = path.parent if path.parent.suffix == ".zip" else path
    try:
        found = file.stat()
    except OSError as error:
        raise InputError(f"picture {path} cannot be read ({error.strerror}): is the data set complete?") from error
    return str(path.absolute()), found.st_size, found.st_mtime_ns


def _read_kept(place: Path, *, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """What is kept there, or None: a damaged file is computed again and replaced."""
    try:
        kept = load(place.read_bytes()).get(_TENSOR)
    except (OSError, SafetensorError):
        return None
    if kept is None or kept.shape != shape or kept.dtype != np.float32 or not np.isfinite(kept).all():
        return None
    return kept


def _read(labelled: LabelledTracklet) -> Tracklet:
    """A tracklet of a data set. Data sets give no times: a picture's position stands for its frame and its second."""
    crops = tuple(
        _crop(read_picture(path, box_xyxy=labelled.box_xyxy), position=position)
        for position, path in enumerate(labelled.frame_paths)
    )
    return Tracklet(
        tracklet_id=labelled.name,
        camera_id=str(labelled.camid),
        frame_indices=np.arange(len(crops), dtype=np.int64),
        pts_s=np.arange(len(crops), dtype=np.float64),
        boxes_xyxy=np.array([crop.box_xyxy for crop in crops], np.float32),
        crops=crops,
    )


def _crop(image: Image, *, position: int) -> Crop:
    height, width = image.shape[:2]
    return Crop(
        image=image,
        frame_index=position,
        pts_s=float(position),
        box_xyxy=(0.0, 0.0, float(width), float(height)),
        quality=CropQuality(height_px=float(height), sharpness=sharpness(image), visible=1.0, unoccluded=1.0),
    )
