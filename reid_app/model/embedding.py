"""From tracklets to embeddings, whatever computes the frame features.

Shape letters: B tracklets, N crops of all of them, T crops of one, D feature size.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import ModelInvalidError
from reid_app.model.config import EncoderConfig
from reid_app.model.pooling import l2_normalise, pool_frames
from reid_app.tracklets.sampling import sample_evenly
from reid_app.tracklets.types import Crop, Image, Tracklet

FrameFeatures = Callable[[Sequence[Image]], NDArray[np.float32]]
"""RGB uint8 pictures to frame features, one row a picture; a row depends on its own picture only."""


def embed_tracklets(
    tracklets: Sequence[Tracklet],
    frame_features: FrameFeatures,
    *,
    config: EncoderConfig,
    dimension: int,
    source: str,
) -> NDArray[np.float32]:
    """Embed tracklets, in batches that reach across their borders.

    Each frame feature is scaled to length one before pooling, so that no frame counts more than another by accident.

    Args:
        tracklets: Any number, none too.
        frame_features: Called with at most ``batch_size`` pictures.
        config: Frames per tracklet, pooling and batch size.
        dimension: D, the width of the frame features.
        source: Named in errors: the model, with its file if it has one.

    Returns:
        L2-normalised float32 ``(B, D)``.

    Raises:
        ModelInvalidError: A frame feature is NaN or infinite, or a tracklet's features cancel out to zero.
    """
    clips = [_sample_crops(tracklet, num_frames=config.num_frames) for tracklet in tracklets]
    crops = [crop for clip in clips for crop in clip]
    features_ND = np.empty((len(crops), dimension), np.float32)
    for start in range(0, len(crops), config.batch_size):
        batch = crops[start : start + config.batch_size]
        features_ND[start : start + len(batch)] = frame_features([crop.image for crop in batch])

    embeddings_BD = np.empty((len(tracklets), dimension), np.float32)
    end = 0
    for row, (tracklet, clip) in enumerate(zip(tracklets, clips, strict=True)):
        start, end = end, end + len(clip)
        features_TD = features_ND[start:end]
        _refuse_nan(features_TD, clip=clip, tracklet_id=tracklet.tracklet_id, source=source)
        quality_T = np.array([crop.quality.overall for crop in clip])
        pooled_D = pool_frames(l2_normalise(features_TD), quality_T, pooling=config.pooling)
        if not pooled_D.any():
            raise ModelInvalidError(
                f"{source} gave a vector of zeros for tracklet {tracklet.tracklet_id}: it cannot be compared with "
                f"others; use another model"
            )
        embeddings_BD[row] = l2_normalise(pooled_D)
    return embeddings_BD


def _sample_crops(tracklet: Tracklet, *, num_frames: int | None) -> list[Crop]:
    if num_frames is None:
        return list(tracklet.crops)
    return [tracklet.crops[index] for index in sample_evenly(len(tracklet.crops), num_wanted=num_frames)]


def _refuse_nan(features_TD: NDArray[np.float32], *, clip: Sequence[Crop], tracklet_id: str, source: str) -> None:
    is_bad_T = ~np.isfinite(features_TD).all(axis=1)
    if is_bad_T.any():
        first = clip[int(np.argmax(is_bad_T))]
        raise ModelInvalidError(
            f"{source} gave NaN or infinity for tracklet {tracklet_id} (frame {first.frame_index}, a crop of "
            f"{first.image.shape[1]}x{first.image.shape[0]} pixels): the model does not fit its preprocess, or is "
            f"broken; use another model"
        )
