"""Connected foreground, and whether it has the shape of a person.

Boxes are ``x1, y1, x2, y2`` in whole pixels of the working picture, x2 and y2 exclusive; masks are bool ``(H, W)``.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_CLOSE_WIDTH, _CLOSE_HEIGHT = 3, 9
"""Gaps that are closed, in pixels: larger upright, for belts and table edges cut people across."""

_SLIMMEST, _STOUTEST = 5.0, 1.2
"""Height over width of people seen by a camera, walking or standing; wider things are groups, pets, cars, shadows."""
_LEAST_FILL = 0.3
"""Share of the box that the person's own pixels fill at least."""

_MERGE_OVERLAP = 0.6
_MERGE_GAP = 0.12
"""Pieces above each other belong together when they share this much of the narrower one's width, with no more than this
share of their common height between them."""
_MERGE_INSIDE = 0.5
"""Pieces belong together when more than this share of the smaller one's box lies inside the larger one's."""

_THIN = 0.12
"""Rows and columns at the ends of a blob with less than this share of its fullest are shadows, not people."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blob:
    """A connected piece of foreground, or several that belong together."""

    box: tuple[int, int, int, int]
    """Without the thin ends."""
    mask: NDArray[np.bool_]
    """Of the whole picture."""
    fill: float
    """Share of the box that is foreground, in (0, 1]."""

    @property
    def height(self) -> int:
        """In pixels of the working picture."""
        return self.box[3] - self.box[1]

    @property
    def is_like_person(self) -> bool:
        """Whether it is upright and solid, as one person is."""
        upright = self.height / (self.box[2] - self.box[0])
        return _STOUTEST <= upright <= _SLIMMEST and self.fill >= _LEAST_FILL


def find_blobs(foreground: NDArray[np.bool_], *, min_height: float) -> list[Blob]:
    """Blobs of at least some height, largest first.

    Args:
        foreground: As the background model sees it.
        min_height: In pixels of the working picture.
    """
    clean = cv2.medianBlur(foreground.astype(np.uint8), 5)
    closed = cv2.morphologyEx(clean, cv2.MORPH_CLOSE, np.ones((_CLOSE_HEIGHT, _CLOSE_WIDTH), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    smallest_area = 0.05 * min_height * min_height
    wanted = [label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= smallest_area]
    wanted.sort(key=lambda label: (-int(stats[label, cv2.CC_STAT_AREA]), label))
    blobs = _merge([_to_blob(labels == label) for label in wanted])
    return [blob for blob in blobs if blob.height >= min_height]


def _to_blob(mask: NDArray[np.bool_]) -> Blob:
    y1, y2 = _extent(mask.sum(axis=1))
    x1, x2 = _extent(mask[y1:y2].sum(axis=0))
    return Blob(box=(x1, y1, x2, y2), mask=mask, fill=float(mask[y1:y2, x1:x2].mean()))


def _extent(profile: NDArray[np.int64]) -> tuple[int, int]:
    full = np.flatnonzero(profile >= max(1.0, _THIN * profile.max()))
    return int(full[0]), int(full[-1]) + 1


def _merge(blobs: list[Blob]) -> list[Blob]:
    """Join pieces of one person until none fit together; largest first."""
    merged: list[Blob] = []
    for blob in blobs:
        for place, other in enumerate(merged):
            if _belong_together(other.box, blob.box):
                joined = _to_blob(other.mask | blob.mask)
                if joined.is_like_person or not other.is_like_person:
                    merged[place] = joined
                    break
        else:
            merged.append(blob)
    return merged


def _belong_together(first: tuple[int, int, int, int], second: tuple[int, int, int, int]) -> bool:
    shared_width = min(first[2], second[2]) - max(first[0], second[0])
    shared_height = min(first[3], second[3]) - max(first[1], second[1])
    narrower = min(first[2] - first[0], second[2] - second[0])
    common_height = max(first[3], second[3]) - min(first[1], second[1])
    if shared_width > 0 and shared_height > 0:
        smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
        if shared_width * shared_height > _MERGE_INSIDE * smaller:
            return True
    return shared_width >= _MERGE_OVERLAP * narrower and -shared_height <= _MERGE_GAP * common_height
