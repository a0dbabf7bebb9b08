"""An encoder that needs no weights: what colours a person wears, from head to foot."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_app.model.config import EncoderConfig
from reid_app.model.embedding import embed_tracklets
from reid_app.model.fingerprint import model_id
from reid_app.model.head import Head
from reid_app.model.preprocess import resize_crop
from reid_app.tracklets.types import Image, Tracklet

NAME = "colour"
_VERSION = "colour-1"
_HEAD = Head()
_HEIGHT, _WIDTH, _STRIPES = 96, 48, 6
_HUES, _SATURATIONS, _VALUES = 8, 4, 4
_BINS = _HUES * _SATURATIONS * _VALUES
_STRIPE_OF_PIXEL = np.repeat(np.arange(_STRIPES, dtype=np.intp), _HEIGHT // _STRIPES * _WIDTH).reshape(_HEIGHT, _WIDTH)


class ColourEncoder:
    """Histogram of hue, saturation and value (8 x 4 x 4) in six horizontal stripes, square root, pooled, L2.

    With the square root, the inner product of two histograms is their Bhattacharyya coefficient, so a few large
    areas of one colour do not drown the rest. It tells people apart by clothing under one light; across cameras it is
    the baseline that a trained model must beat.
    """

    def __init__(self, config: EncoderConfig) -> None:
        self._config = config
        self._model_id = model_id(
            f"{_VERSION} hsv={_HUES}x{_SATURATIONS}x{_VALUES} stripes={_STRIPES}",
            preprocess={"height": _HEIGHT, "width": _WIDTH},
            head=_HEAD,
            config=config,
        )

    @property
    def model_id(self) -> str:
        """Fingerprint of bins, stripes, size and pooling."""
        return self._model_id

    @property
    def name(self) -> str:
        """``colour``."""
        return NAME

    @property
    def dimension(self) -> int:
        """768: 128 colours in each of six stripes."""
        return _STRIPES * _BINS

    @property
    def pooling(self) -> str:
        """The temporal pooling in use: the one asked for, or the model's own."""
        return _HEAD.pooling(self._config)

    def encode(self, tracklets: Sequence[Tracklet]) -> NDArray[np.float32]:
        """L2-normalised embeddings ``(B, 768)``, one row a tracklet."""
        return embed_tracklets(
            tracklets,
            colour_features,
            head=_HEAD,
            config=self._config,
            dimension=self.dimension,
            source=f"model {NAME}",
        )


def colour_features(images: Sequence[Image]) -> NDArray[np.float32]:
    """Square roots of the colour histograms of pictures, float32 ``(B, 768)``; each stripe's squares sum to one.

    The columns are stripe by stripe from the top; inside a stripe hue, saturation, value with value fastest.
    """
    return np.stack([_stripe_histograms(image) for image in images])


def _stripe_histograms(image: Image) -> NDArray[np.float32]:
    hsv = cv2.cvtColor(resize_crop(image, height=_HEIGHT, width=_WIDTH), cv2.COLOR_RGB2HSV_FULL).astype(np.intp)
    colour = (hsv[..., 0] * _HUES // 256 * _SATURATIONS + hsv[..., 1] * _SATURATIONS // 256) * _VALUES
    colour += hsv[..., 2] * _VALUES // 256
    counts = np.bincount((_STRIPE_OF_PIXEL * _BINS + colour).ravel(), minlength=_STRIPES * _BINS)
    return np.sqrt(counts / (_HEIGHT // _STRIPES * _WIDTH)).astype(np.float32)
