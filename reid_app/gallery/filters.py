"""Which tracklets a search may return."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from reid_app.catalog.rows import TrackletRow
from reid_app.gallery.columns import Codes, Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryFilter:
    """A tracklet passes when it fits every part that is set; an empty set of names lets nothing pass."""

    cameras: frozenset[str] | None = None
    exclude_cameras: frozenset[str] = frozenset()
    start_from: datetime | None = None
    """Its first observation lies at this moment or after it."""
    start_to: datetime | None = None
    """Its first observation lies before this moment. A tracklet without a recording start passes no time filter."""
    identities: frozenset[str] | None = None
    """Identity ids."""
    exclude_tracklets: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, moment in (("start_from", self.start_from), ("start_to", self.start_to)):
            if moment is not None and moment.utcoffset() is None:
                raise ValueError(f"{name} must be an aware datetime, got the naive {moment.isoformat()}")

    def passes(self, row: TrackletRow) -> bool:
        """Whether one catalog row fits."""
        return (
            (self.cameras is None or row.camera_id in self.cameras)
            and row.camera_id not in self.exclude_cameras
            and (self.start_from is None or (row.start_at is not None and row.start_at >= self.start_from))
            and (self.start_to is None or (row.start_at is not None and row.start_at < self.start_to))
            and (self.identities is None or row.identity_id in self.identities)
            and row.tracklet_id not in self.exclude_tracklets
        )

    def mask(self, columns: Columns, *, cameras: Codes, identities: Codes) -> NDArray[np.bool_] | None:
        """Which rows fit all parts but `exclude_tracklets`, bool ``(N,)``; nothing when every row does.

        Excluded tracklets are few and known by id: a search asks for that many more hits and drops them, which
        spares comparing every id.
        """
        parts: list[NDArray[np.bool_]] = []
        if self.cameras is not None:
            parts.append(_is_one_of(columns.cameras, cameras.known(self.cameras)))
        if self.exclude_cameras:
            parts.append(~_is_one_of(columns.cameras, cameras.known(self.exclude_cameras)))
        # NaN compares false, so an unknown time never fits.
        if self.start_from is not None:
            parts.append(columns.starts >= self.start_from.timestamp())
        if self.start_to is not None:
            parts.append(columns.starts < self.start_to.timestamp())
        if self.identities is not None:
            parts.append(_is_one_of(columns.identities, identities.known(self.identities)))
        if not parts:
            return None
        fits = parts[0]
        for part in parts[1:]:
            np.logical_and(fits, part, out=fits)
        return fits


def _is_one_of(column: NDArray[np.int32], codes: list[int]) -> NDArray[np.bool_]:
    if len(codes) == 1:
        is_equal: NDArray[np.bool_] = column == codes[0]
        return is_equal
    return np.isin(column, codes)
