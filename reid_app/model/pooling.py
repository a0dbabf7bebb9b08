"""Temporal pooling: the frame features of one tracklet become one vector.

Shape letters: T frames of a clip, D feature size.
"""

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from reid_app.model.config import Pooling

QUALITY_FLOOR = 0.05
"""Added to each quality, so that a tracklet of bad crops only still has an embedding."""


def pool_frames(
    frame_features_TD: NDArray[np.float32], quality_T: NDArray[np.float64], *, pooling: Pooling
) -> NDArray[np.float32]:
    """Pool the frames of one tracklet; their order does not matter.

    Args:
        frame_features_TD: At least one frame.
        quality_T: Quality of each frame in [0, 1]; read by ``quality`` only.
        pooling: ``mean``, ``max`` (of each feature), or ``quality``: the mean weighted by quality plus a small floor.

    Returns:
        Float32 ``(D,)``, not normalised.

    Raises:
        ValueError: There is no frame, the shapes do not fit, or a quality lies outside [0, 1].

    Examples:
        >>> features = np.array([[1.0, 0.0], [0.0, 3.0]], np.float32)
        >>> pool_frames(features, np.array([1.0, 1.0]), pooling="max")
        array([1., 3.], dtype=float32)
    """
    if frame_features_TD.ndim != 2 or len(frame_features_TD) == 0 or quality_T.shape != frame_features_TD.shape[:1]:
        raise ValueError(
            f"pooling needs features (T, D) of at least one frame and qualities (T,), "
            f"got {frame_features_TD.shape} and {quality_T.shape}"
        )
    if not np.all((quality_T >= 0.0) & (quality_T <= 1.0)):
        raise ValueError(f"quality_T must lie in [0, 1], got {quality_T}")
    match pooling:
        case "mean":
            pooled_D = frame_features_TD.mean(axis=0, dtype=np.float64)
        case "max":
            pooled_D = frame_features_TD.max(axis=0)
        case "quality":
            pooled_D = np.average(frame_features_TD.astype(np.float64), axis=0, weights=quality_T + QUALITY_FLOOR)
        case _:
            assert_never(pooling)
    return np.asarray(pooled_D, np.float32)


def l2_normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale the last axis to length one; a vector of zeros stays as it is.

    Lengths are taken in float64, so no finite float32 vector overflows or vanishes.

    Examples:
        >>> l2_normalise(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32))
        array([[0.6, 0.8],
               [0. , 0. ]], dtype=float32)
    """
    wide = vectors.astype(np.float64)
    length = np.linalg.norm(wide, axis=-1, keepdims=True)
    return np.asarray(wide / np.where(length > 0.0, length, 1.0), np.float32)
