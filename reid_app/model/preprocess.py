"""The one way from a crop to a network's input, for every model and in training and serving alike.

Shape letters: B batch, H height, W width. Channels are in the order that the preprocess names.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_app.model.config import Preprocess
from reid_app.tracklets.types import Image


def resize_crop(image: Image, *, height: int, width: int) -> Image:
    """Resize a picture without regard to its aspect ratio, as re-identification networks are trained.

    Bilinear, except along a side that shrinks to half or less: there all pixels are averaged first, because bilinear
    reads two neighbours only and would pick up noise from what lies between.

    Args:
        image: Picture ``(H, W, 3)`` of any size from one pixel on.
        height: Wanted height in pixels.
        width: Wanted width in pixels.
    """
    rows, columns = image.shape[:2]
    averaged = (width if columns >= 2 * width else columns, height if rows >= 2 * height else rows)
    if averaged != (columns, rows):
        image = np.asarray(cv2.resize(image, averaged, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def preprocess_crops(images: Sequence[Image], *, preprocess: Preprocess) -> NDArray[np.float32]:
    """A network's input from pictures of any sizes.

    Args:
        images: RGB uint8 pictures ``(H, W, 3)``.
        preprocess: Size, channel order and normalisation.

    Returns:
        Float32 ``(B, 3, H, W)``, contiguous.
    """
    std = np.asarray(preprocess.std)
    gain = (preprocess.scale / std).astype(np.float32).reshape(3, 1, 1)
    offset = (-np.asarray(preprocess.mean) / std).astype(np.float32).reshape(3, 1, 1)
    batch_B3HW = np.empty((len(images), 3, preprocess.height, preprocess.width), np.float32)
    for picture_3HW, image in zip(batch_B3HW, images, strict=True):
        resized_3HW = resize_crop(image, height=preprocess.height, width=preprocess.width).transpose(2, 0, 1)
        if preprocess.channel_order == "bgr":
            resized_3HW = resized_3HW[::-1]
        np.multiply(resized_3HW, gain, out=picture_3HW, dtype=np.float32)
        picture_3HW += offset
    return batch_B3HW
