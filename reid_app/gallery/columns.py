"""What filters and snapshots need to know about each row of an index, as arrays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

NO_CODE = -1
"""Code of a row without a name, such as a tracklet that nobody has identified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """One tracklet on its way into an index."""

    tracklet_id: str
    camera_id: str
    start_at: datetime | None
    """Nothing without a recording start: then no time filter finds it."""
    identity_id: str | None


class Codes:
    """Small integers for names; only ever grows, so readers need no lock."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._codes: dict[str, int] = {}
        for name in names:
            self.add(name)

    def add(self, name: str | None) -> int:
        """Code of a name, a new one when it has none yet; `NO_CODE` for no name."""
        return NO_CODE if name is None else self._codes.setdefault(name, len(self._codes))

    def known(self, names: Iterable[str]) -> list[int]:
        """Codes of those names that have one."""
        return [self._codes[name] for name in names if name in self._codes]

    @property
    def names(self) -> tuple[str, ...]:
        """All names; the position is the code."""
        return tuple(self._codes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Arrays of equal length ``(N,)``, one entry a row; never changed in place."""

    tracklet_ids: NDArray[np.bytes_]
    """UTF-8."""
    cameras: NDArray[np.int32]
    """Codes."""
    starts: NDArray[np.float64]
    """Seconds since 1970 of the first observation, NaN when unknown."""
    identities: NDArray[np.int32]
    """Codes, `NO_CODE` for none."""

    def __post_init__(self) -> None:
        n = len(self.tracklet_ids)
        for name, column, kind in (
            ("tracklet_ids", self.tracklet_ids, "S"),
            ("cameras", self.cameras, "i"),
            ("starts", self.starts, "f"),
            ("identities", self.identities, "i"),
        ):
            if column.shape != (n,) or column.dtype.kind != kind:
                raise ValueError(f"column {name} must be ({n},) of kind {kind}, got {column.dtype} {column.shape}")

    def __len__(self) -> int:
        return len(self.tracklet_ids)

    def take(self, rows: NDArray[np.int64]) -> "Columns":
        """The given rows, in the given order."""
        return Columns(
            tracklet_ids=self.tracklet_ids[rows],
            cameras=self.cameras[rows],
            starts=self.starts[rows],
            identities=self.identities[rows],
        )

    def with_identities(self, codes: Mapping[int, int]) -> "Columns":
        """The same rows, some of them with another identity: code by row."""
        identities = self.identities.copy()
        identities[list(codes)] = list(codes.values())
        return replace(self, identities=identities)

    def ids(self) -> list[str]:
        """Tracklet ids as text."""
        return [encoded.decode() for encoded in self.tracklet_ids.tolist()]


def join_columns(parts: Sequence[Columns]) -> Columns:
    """All rows of several parts, at least one, one after the other."""
    return Columns(
        tracklet_ids=np.concatenate([part.tracklet_ids for part in parts]),
        cameras=np.concatenate([part.cameras for part in parts]),
        starts=np.concatenate([part.starts for part in parts]),
        identities=np.concatenate([part.identities for part in parts]),
    )


def encode_rows(rows: Sequence[IndexRow], *, cameras: Codes, identities: Codes) -> Columns:
    """Columns of new rows; names that are new get a code."""
    return Columns(
        # Without rows NumPy would guess a number type.
        tracklet_ids=np.array([row.tracklet_id.encode() for row in rows], dtype=np.bytes_),
        cameras=np.array([cameras.add(row.camera_id) for row in rows], np.int32),
        starts=np.array([np.nan if row.start_at is None else row.start_at.timestamp() for row in rows], np.float64),
        identities=np.array([identities.add(row.identity_id) for row in rows], np.int32),
    )
