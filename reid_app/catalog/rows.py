"""What the catalog hands out: frozen values, never a live database object.

All times with a date are aware, UTC. Times in seconds (`_s`) are presentation times of the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.catalog.cursors import encode_cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRow:
    """Where videos come from."""

    camera_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRow:
    """A file (by its content) that one camera recorded, with its recording start if that is known."""

    video_id: str
    """Derived from the three things that make a video: content, camera, start."""
    sha256: str
    camera_id: str
    start_at: datetime | None
    """When the first frame was recorded."""
    name: str
    """Name of the file when it was first seen, without its folder."""
    width: int
    height: int
    fps: float
    num_frames: int
    duration_s: float
    start_s: float
    """Presentation time of the first frame; many files do not start at 0."""
    created_at: datetime

    @property
    def cursor(self) -> str:
        """Where the next page of `Videos.list` starts."""
        return encode_cursor(self.created_at, self.video_id)


class RunState(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    """Also when nobody works on it any more: it goes on from its checkpoint."""
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCarriedOver:
    """A name given by people for which a new run has no tracklet."""

    label_id: str
    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A video and everything that shapes its tracklets."""

    run_id: str
    video_id: str
    settings: Mapping[str, Any]
    state: RunState
    is_visible: bool
    """Whether readers see its tracklets."""
    checkpoint: Mapping[str, Any] | None
    """As the last `Runs.checkpoint` wrote it; nothing before the first one."""
    report: Mapping[str, Any] | None
    """As `Runs.finish` wrote it."""
    not_carried_over: tuple[NotCarriedOver, ...]
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """What finishing a run did."""

    run: RunRow
    removed_paths: tuple[str, ...]
    """Files of tracklets that have no row any more; the caller unlinks them."""
    not_carried_over: tuple[NotCarriedOver, ...]
    """Kept all the same: the next run of the video tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTracklet:
    """A tracklet whose file is on disk, about to get its row."""

    tracklet_id: str
    ordinal: int
    """Position in its run, from 0."""
    start_s: float
    end_s: float
    num_observations: int
    num_crops: int
    quality: float
    """In [0, 1]."""
    path: str
    """As the crop store returned it."""
    sha256: str
    num_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackletRow:
    """A stored tracklet."""

    tracklet_id: str
    run_id: str
    ordinal: int
    video_id: str
    camera_id: str
    identity_id: str | None
    """Nothing while nobody has named it: then it is an identity of its own."""
    start_s: float
    end_s: float
    start_at: datetime | None
    """The video's `start_at` + (`start_s` - the video's `start_s`); nothing without a recording start."""
    end_at: datetime | None
    listed_at: datetime
    """Place in lists: `start_at`, or 1970 + `start_s` without a recording start."""
    num_observations: int
    num_crops: int
    quality: float
    path: str
    sha256: str
    num_bytes: int
    created_at: datetime

    @property
    def cursor(self) -> str:
        """Where the next page of `Tracklets.list` starts."""
        return encode_cursor(self.listed_at, self.tracklet_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRow:
    """A person with a name."""

    identity_id: str
    name: str
    created_at: datetime
    num_tracklets: int
    """Visible tracklets that carry the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A model that has, or may have, embeddings."""

    model_id: str
    name: str
    dimension: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbeddingBatch:
    """Embeddings in the order of their tracklet ids."""

    tracklets: tuple[TrackletRow, ...]
    embeddings_BD: NDArray[np.float32]
    """``(B, D)``, L2-normalised, one row a tracklet."""


class ChangeKind(StrEnum):
    """What happened to a tracklet."""

    TRACKLET_ADDED = "tracklet_added"
    """Readers see it from now on; it may carry an identity already."""
    TRACKLET_REMOVED = "tracklet_removed"
    """Its row and its embeddings are gone."""
    EMBEDDING_ADDED = "embedding_added"
    """`detail` has ``model_id``."""
    IDENTITY_CHANGED = "identity_changed"
    """`detail` has ``identity_id``, null when it was cleared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the append-only record that everyone downstream follows."""

    number: int
    """From 1, without gaps, in the order of commits."""
    kind: ChangeKind
    tracklet_id: str
    detail: Mapping[str, Any] | None
    created_at: datetime


class Scope(StrEnum):
    """What a key allows. No scope implies another: a key has exactly those it was made with."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """An API key; its secret is not stored."""

    key_id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made."""

    key: KeyRow
    secret: str
    """Shown once: the catalog keeps only its hash."""

    def __repr__(self) -> str:
        return f"NewKey(key={self.key!r}, secret='***')"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NewProbeTracklet:
    """One person of a probe, embedded."""

    tracklet_id: str
    ordinal: int
    start_s: float
    end_s: float
    num_crops: int
    quality: float
    path: str
    sha256: str
    model_id: str
    embedding_D: NDArray[np.float32]
    """``(D,)``, L2-normalised."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProbeTrackletRow:
    """One person of a stored probe: never in the gallery, gone after a while."""

    tracklet_id: str
    probe_id: str
    ordinal: int
    start_s: float
    end_s: float
    num_crops: int
    quality: float
    path: str
    sha256: str
    model_id: str
    embedding_D: NDArray[np.float32]
    expires_at: datetime
