"""Temporal pooling: the frame features of one tracklet become one vector.

Shape letters: T frames of a clip, D feature size.
"""

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from reid_app.model.config import Pooling
from reid_app.model.head import Head

QUALITY_FLOOR = 0.05
"""Added to each quality, so that a tracklet of bad crops only still has an embedding."""

GEM_FLOOR = 1e-6
"""The least value that the generalised mean sees: its powers need positive numbers."""


def pool_frames(
    frame_features_TD: NDArray[np.float32], quality_T: NDArray[np.float64], *, pooling: Pooling, head: Head
) -> NDArray[np.float32]:
    """Pool the frames of one tracklet; their order does not matter.

    Args:
        frame_features_TD: At least one frame.
        quality_T: Quality of each frame in [0, 1]; read by ``quality`` only.
        pooling: ``mean``; ``max`` of each feature; ``quality``: the mean weighted by quality plus a small floor;
            ``gem``: the generalised mean, between mean and max by its exponent; ``attention``: the mean weighted by
            the softmax of learned logits.
        head: Holds what ``gem`` and ``attention`` have learned.

    Returns:
        Float32 ``(D,)``, not normalised.

    Raises:
        ValueError: There is no frame, the shapes do not fit, or a quality lies outside [0, 1].

    Examples:
        >>> features = np.array([[1.0, 0.0], [0.0, 3.0]], np.float32)
        >>> pool_frames(features, np.array([1.0, 1.0]), pooling="max", head=Head())
        array([1., 3.], dtype=float32)
    """
    if frame_features_TD.ndim != 2 or len(frame_features_TD) == 0 or quality_T.shape != frame_features_TD.shape[:1]:
        raise ValueError(
            f"pooling needs features (T, D) of at least one frame and qualities (T,), "
            f"got {frame_features_TD.shape} and {quality_T.shape}"
        )
    if not np.all((quality_T >= 0.0) & (quality_T <= 1.0)):
        raise ValueError(f"quality_T must lie in [0, 1], got {quality_T}")
    wide_TD = frame_features_TD.astype(np.float64)
    match pooling:
        case "mean":
            pooled_D = wide_TD.mean(axis=0)
        case "max":
            pooled_D = wide_TD.max(axis=0)
        case "quality":
            pooled_D = np.average(wide_TD, axis=0, weights=quality_T + QUALITY_FLOOR)
        case "gem":
            pooled_D = _generalised_mean(wide_TD, exponent=head.gem_exponent)
        case "attention":
            pooled_D = np.average(wide_TD, axis=0, weights=_attention(wide_TD, vector=head.attention))
        case _:
            assert_never(pooling)
    return np.asarray(pooled_D, np.float32)


def _generalised_mean(wide_TD: NDArray[np.float64], *, exponent: float | None) -> NDArray[np.float64]:
    if exponent is None:
        raise ValueError("the pooling gem needs a head with its exponent")
    powers_TD = np.maximum(wide_TD, GEM_FLOOR) ** exponent
    return np.asarray(powers_TD.mean(axis=0) ** (1.0 / exponent))


def _attention(wide_TD: NDArray[np.float64], *, vector: tuple[float, ...] | None) -> NDArray[np.float64]:
    """Weights of the frames, up to a factor."""
    if vector is None:
        raise ValueError("the pooling attention needs a head with its vector")
    logits_T = wide_TD @ np.array(vector)
    return np.asarray(np.exp(logits_T - logits_T.max()))


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
