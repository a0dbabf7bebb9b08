"""From tracklets to embeddings, whatever computes the frame features.

Shape letters: B tracklets, N pictures of all of them, T crops of one, V views of a crop, D feature size.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import ModelInvalidError
from reid_app.model.config import EncoderConfig
from reid_app.model.head import Head, Neck
from reid_app.model.pooling import l2_normalise, pool_frames
from reid_app.tracklets.sampling import cut_densely, sample_evenly
from reid_app.tracklets.types import Crop, Image, Tracklet

FrameFeatures = Callable[[Sequence[Image]], NDArray[np.float32]]
"""RGB uint8 pictures to frame features, one row a picture; a row depends on its own picture only."""


def embed_tracklets(
    tracklets: Sequence[Tracklet],
    frame_features: FrameFeatures,
    *,
    head: Head,
    config: EncoderConfig,
    dimension: int,
    source: str,
) -> NDArray[np.float32]:
    """Embed tracklets, in batches that reach across their borders.

    Where the head says so, each frame feature is scaled to length one before pooling, so that no frame counts more than
    another by accident; a network of our own is pooled as it was trained.

    Args:
        tracklets: Any number, none too.
        frame_features: Called with at most ``batch_size`` pictures.
        head: What comes after the frame features.
        config: Frames and clips, flip, pooling and batch size.
        dimension: D, the width of the frame features.
        source: Named in errors: the model, with its file if it has one.

    Returns:
        L2-normalised float32 ``(B, D)``.

    Raises:
        ModelInvalidError: A frame feature is NaN or infinite, or a tracklet's features cancel out to zero.
        SettingsError: The config asks for a pooling that the head does not have.
    """
    kept = [_kept_crops(tracklet, config=config) for tracklet in tracklets]
    images = [image for crops in kept for crop in crops for image in _views(crop, config=config)]
    features_ND = np.empty((len(images), dimension), np.float32)
    for start in range(0, len(images), config.batch_size):
        batch = images[start : start + config.batch_size]
        features_ND[start : start + len(batch)] = frame_features(batch)

    embeddings_BD = np.empty((len(tracklets), dimension), np.float32)
    views_per_crop = 2 if config.flip else 1
    end = 0
    for row, (tracklet, crops) in enumerate(zip(tracklets, kept, strict=True)):
        start, end = end, end + len(crops) * views_per_crop
        features_TVD = features_ND[start:end].reshape(len(crops), views_per_crop, dimension)
        _refuse_nan(features_TVD, crops=crops, tracklet_id=tracklet.tracklet_id, source=source)
        quality_T = np.array([crop.quality.overall for crop in crops])
        pooled_D = _apply_neck(_pool(features_TVD, quality_T, head=head, config=config), head.neck)
        if not pooled_D.any():
            raise ModelInvalidError(
                f"{source} gave a vector of zeros for tracklet {tracklet.tracklet_id}: it cannot be compared with "
                f"others; use another model"
            )
        embeddings_BD[row] = l2_normalise(pooled_D)
    return embeddings_BD


def _kept_crops(tracklet: Tracklet, *, config: EncoderConfig) -> list[Crop]:
    if config.num_crops is None:
        return list(tracklet.crops)
    return [tracklet.crops[index] for index in sample_evenly(len(tracklet.crops), num_wanted=config.num_crops)]


def _views(crop: Crop, *, config: EncoderConfig) -> list[Image]:
    return [crop.image, np.ascontiguousarray(crop.image[:, ::-1])] if config.flip else [crop.image]


def _pool(
    features_TVD: NDArray[np.float32], quality_T: NDArray[np.float64], *, head: Head, config: EncoderConfig
) -> NDArray[np.float32]:
    """One vector of a tracklet: each clip is pooled over its crops and their views, then the mean of the clips."""
    num_crops, num_views, dimension = features_TVD.shape
    if head.normalise_frames:
        features_TVD = l2_normalise(features_TVD)
    longest = config.num_frames if config.clips == "dense" and config.num_frames else num_crops
    pooled = [
        pool_frames(
            features_TVD[clip].reshape(-1, dimension),
            np.repeat(quality_T[clip], num_views),
            pooling=head.pooling(config),
            head=head,
        )
        for clip in cut_densely(num_crops, longest=longest)
    ]
    return np.asarray(np.mean(pooled, axis=0), np.float32)


def _apply_neck(pooled_D: NDArray[np.float32], neck: Neck | None) -> NDArray[np.float32]:
    """The neck is a scale and an offset, so the mean of clips may be taken before it."""
    return pooled_D if neck is None else np.asarray(pooled_D * np.array(neck.scale) + neck.offset, np.float32)


def _refuse_nan(features_TVD: NDArray[np.float32], *, crops: Sequence[Crop], tracklet_id: str, source: str) -> None:
    is_bad_T = ~np.isfinite(features_TVD).all(axis=(1, 2))
    if is_bad_T.any():
        first = crops[int(np.argmax(is_bad_T))]
        raise ModelInvalidError(
            f"{source} gave NaN or infinity for tracklet {tracklet_id} (frame {first.frame_index}, a crop of "
            f"{first.image.shape[1]}x{first.image.shape[0]} pixels): the model does not fit its preprocess, or is "
            f"broken; use another model"
        )
