"""Whose outline a blob has: somebody's who is there, somebody's who has left, or a shadow's.

A real thing brings its own edges into the picture; where somebody who was taken for background has left, the edges are
in the background; a shadow or a patch of light has hardly any, its border is soft.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_app.tracking.detectors.background import strongest

_RING = 2
"""Pixels on both sides of a blob's border that belong to its outline."""


class Outline(NamedTuple):
    """What the border of a blob tells."""

    sharpness: float
    """Steepness of the border over the contrast of the blob, per pixel: about 0.3 where crisp, 0.1 where soft."""
    ownership: float
    """Share of the border's steepness that comes from the picture: about 1 for somebody who is there, 0 for a ghost."""


class Gradients:
    """Steepness of a picture and its background, measured once for all blobs.

    Args:
        exposed: Picture at the background's exposure, RGB float32 ``(H, W, 3)``.
        background: RGB float32 ``(H, W, 3)``.
    """

    def __init__(self, exposed: NDArray[np.float32], background: NDArray[np.float32]) -> None:
        picture_x, picture_y = _gradient(exposed)
        background_x, background_y = _gradient(background)
        change_x, change_y = picture_x - background_x, picture_y - background_y
        self._energy = change_x**2 + change_y**2
        self._own = change_x * picture_x + change_y * picture_y
        self._contrast = strongest(cv2.absdiff(exposed, background))

    def outline(self, mask: NDArray[np.bool_]) -> Outline:
        """Outline of a blob, given as a bool mask ``(H, W)`` with at least one pixel."""
        filled = mask.astype(np.uint8)
        kernel = np.ones((2 * _RING + 1, 2 * _RING + 1), np.uint8)
        ring = (cv2.dilate(filled, kernel) > 0) & (cv2.erode(filled, kernel) == 0)
        energy = float(self._energy[ring].sum()) + 1e-6
        contrast = float(self._contrast[mask].mean()) + 1e-6
        return Outline(
            sharpness=float(np.sqrt(self._energy[ring]).mean()) / contrast,
            ownership=float(self._own[ring].sum()) / energy,
        )


def _gradient(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
