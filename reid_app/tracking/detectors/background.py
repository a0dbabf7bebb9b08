"""A background for fixed cameras that forgets slowly, and never where somebody stands.

The model is one colour and one noise level for each pixel. A changed exposure of the whole picture (cameras darken and
brighten as people in white or black come in) is measured and taken out first. Cast shadows and patches of light keep
the colour and are smooth; they are no foreground unless they are enclosed by it, as plain clothes are.

Arrays: ``small`` pictures are RGB float32 ``(H, W, 3)`` in [0, 255], masks are bool ``(H, W)``.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Small = NDArray[np.float32]
Mask = NDArray[np.bool_]

_LEAST_DIFFERENCE = 12.0
"""Grey levels by which foreground differs at least."""
_RELATIVE_DIFFERENCE = 0.05
"""Share of the brightness by which foreground differs beyond that: exposure is not taken out exactly."""
_NOISE_FACTOR = 3.0
"""Mean deviations of a pixel's own noise (leaves, screens) by which foreground differs at least."""

_LARGEST_NOISE = 20.0
"""Larger differences in grey levels are no noise, but things that have not been learned yet."""

_DARKEST, _BRIGHTEST = 0.5, 1.35
"""Shadow and light change the brightness by a factor between these."""
_TINT = 0.10
"""They change the colours by factors that differ by no more than this."""
_ROUGHNESS = 0.025
"""Deviation of the factor from its surroundings, slopes aside: light is smooth, cloth has folds and knots."""
_ENCLOSED = 0.5
"""A patch like shadow or light belongs to the foreground when more than this share of its outline lies inside it, or
when more than this share of it has foreground above and below, as a shirt has hair and trousers."""

_LARGEST_GAIN = 2.0
_OFFSET = 4.0
"""Added to both sides of a ratio, in grey levels: dark pixels have no reliable colour."""


class Background:
    """What the scene looks like without people.

    Args:
        learning_rate: Share of a new picture in the background; about one over the frames that it remembers.
    """

    def __init__(self, first: list[Small], *, learning_rate: float) -> None:
        self._rate = learning_rate
        self._colour: Small = np.median(np.stack(first), axis=0).astype(np.float32)
        self._noise = np.full(first[0].shape[:2], 2.0, np.float32)

    @property
    def colour(self) -> Small:
        """The background picture at the exposure of the first frames."""
        return self._colour

    def expose(self, small: Small) -> Small:
        """The picture at the background's exposure; at most half of it may be people."""
        ratios = (small[::3, ::3] + _OFFSET) / (self._colour[::3, ::3] + _OFFSET)
        gain = np.clip(np.median(ratios.reshape(-1, 3), axis=0), 1 / _LARGEST_GAIN, _LARGEST_GAIN)
        return np.asarray(small / gain, np.float32)

    def foreground(self, exposed: Small) -> Mask:
        """Where the picture differs from the background by more than noise, light and exposure."""
        difference = strongest(cv2.absdiff(exposed, self._colour))
        limit = _LEAST_DIFFERENCE + _RELATIVE_DIFFERENCE * strongest(self._colour)
        changed = difference > np.maximum(limit, _NOISE_FACTOR * self._noise)
        lit = changed & self._is_like_light(exposed)
        return _with_enclosed(changed & ~lit, lit)

    def learn(self, exposed: Small, *, where: Mask) -> None:
        """Blend a picture into the background where nobody is."""
        mask = where.astype(np.uint8)
        noise = np.minimum(strongest(cv2.absdiff(exposed, self._colour)), np.float32(_LARGEST_NOISE))
        cv2.accumulateWeighted(noise, self._noise, self._rate, mask)
        cv2.accumulateWeighted(exposed, self._colour, self._rate, mask)

    def absorb(self, exposed: Small, *, where: Mask) -> None:
        """Take a picture over as background at once."""
        self._colour[where] = exposed[where]

    def _is_like_light(self, exposed: Small) -> Mask:
        ratios = (exposed + _OFFSET) / (self._colour + _OFFSET)
        red, green, blue = cv2.split(ratios)
        factor = (red + green + blue) / 3.0
        tint = cv2.max(cv2.max(red, green), blue) - cv2.min(cv2.min(red, green), blue)
        rough = factor - cv2.blur(factor, (5, 5))
        is_even = (tint < _TINT) & (cv2.blur(rough * rough, (5, 5)) < _ROUGHNESS**2)
        return np.asarray((factor > _DARKEST) & (factor < _BRIGHTEST) & is_even, np.bool_)


def strongest(picture: Small) -> Small:
    """Largest of the three channels of each pixel, float32 ``(H, W)``."""
    red, green, blue = cv2.split(picture)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.float32)


def _with_enclosed(foreground: Mask, patches: Mask) -> Mask:
    """Foreground with those patches that it encloses; the picture's border counts as outside."""
    count, labels = cv2.connectedComponents(patches.astype(np.uint8), connectivity=4)
    solid = cv2.medianBlur(foreground.astype(np.uint8), 5) > 0
    between = np.logical_or.accumulate(solid, axis=0) & np.logical_or.accumulate(solid[::-1], axis=0)[::-1]
    size = np.bincount(labels.ravel(), minlength=count)
    between_size = np.bincount(labels[between], minlength=count)
    around = cv2.copyMakeBorder(labels, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    solid_around = np.pad(solid, 1)
    beside, beside_solid = np.zeros(count), np.zeros(count)
    for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
        neighbours = np.roll(around, shift, axis=axis)
        outline = (neighbours > 0) & (around == 0)
        beside += np.bincount(neighbours[outline], minlength=count)
        beside_solid += np.bincount(neighbours[outline & solid_around], minlength=count)
    enclosed = (beside_solid > _ENCLOSED * beside) | (between_size > _ENCLOSED * size)
    enclosed[0] = False
    return np.asarray(foreground | enclosed[labels], np.bool_)
