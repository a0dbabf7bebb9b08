"""The gallery of one model: an index that follows the catalog.

The catalog is the truth, the index a copy that lags behind by what `refresh` has not read yet. So every hit is looked
up in the catalog before it is handed out: what was deleted is never shown, however old the index is.
"""

import logging
import re
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import Change
from reid_app.errors import ConflictError, ModelMismatchError
from reid_app.gallery.config import GalleryConfig
from reid_app.gallery.filters import GalleryFilter
from reid_app.gallery.flat import FlatIndex
from reid_app.gallery.following import apply_changes, change_at, fill_index
from reid_app.gallery.manifest import Manifest, change_sha256
from reid_app.gallery.matches import Match, to_matches
from reid_app.gallery.snapshot import SnapshotFolder
from reid_app.gallery.verify import VerifyReport, verify_index
from reid_app.tracklets.locks import file_lock

_CHANGES_AT_A_TIME = 2000
_VERIFY_ATTEMPTS = 5
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_log = logging.getLogger(__name__)


class Gallery:
    """All tracklets with an embedding of one model. Open it with `Gallery.open`.

    Searches run from any thread at any time; refreshing, saving and verifying take turns.
    """

    def __init__(self, folder: Path, *, catalog: Catalog, model_id: str, dimension: int, config: GalleryConfig) -> None:
        self._folder = folder / model_id
        self._snapshots = SnapshotFolder(self._folder, model_id=model_id, dimension=dimension)
        self._catalog = catalog
        self._model_id = model_id
        self._dimension = dimension
        self._config = config
        self._turn = threading.RLock()
        self._index = FlatIndex(dimension, threads=config.threads)
        self._last: Change | None = None
        self._saved_version: int | None = None

    @classmethod
    def open(cls, folder: Path, *, catalog: Catalog, model_id: str, dimension: int, config: GalleryConfig) -> "Gallery":
        """The gallery as the catalog has it now: the newest good snapshot and the changes since, or all anew.

        Args:
            folder: Of all galleries; this one lies in the sub-folder of its model id. Only `save` writes there.
            catalog: The truth; stays the caller's to close.
            model_id: Whose embeddings.
            dimension: D of its embeddings.
            config: Threads and snapshots.

        Raises:
            ModelMismatchError: The catalog knows the model with another dimension.
            ValueError: The model id cannot be the name of a folder.
        """
        if not _MODEL_ID.fullmatch(model_id):
            raise ValueError(f"model_id must be letters, digits, '.', '_' and '-', got {model_id!r}")
        for model in catalog.embeddings.models():
            if model.model_id == model_id and model.dimension != dimension:
                raise ModelMismatchError(
                    f"embeddings of model {model_id} ({model.name}) have {model.dimension} numbers in the catalog, "
                    f"the gallery was opened for {dimension}: check the model file"
                )
        gallery = cls(folder, catalog=catalog, model_id=model_id, dimension=dimension, config=config)
        gallery._load()
        gallery.refresh()
        return gallery

    @property
    def model_id(self) -> str:
        """Whose embeddings it holds."""
        return self._model_id

    @property
    def dimension(self) -> int:
        """D of its embeddings."""
        return self._dimension

    @property
    def version(self) -> int:
        """Number of the last change of the catalog that was applied; 0 before the first."""
        last = self._last
        return 0 if last is None else last.number

    @property
    def saved_version(self) -> int | None:
        """Version of the snapshot on disk that this object loaded or wrote last; nothing when there is none."""
        return self._saved_version

    @property
    def is_snapshot_due(self) -> bool:
        """Whether enough has changed since the last snapshot to write another."""
        return self._saved_version is None or self.version - self._saved_version >= self._config.snapshot_every

    def __len__(self) -> int:
        return len(self._index)

    def search(
        self, queries_QD: NDArray[np.float32], *, model_id: str, k: int, where: GalleryFilter | None
    ) -> list[list[Match]]:
        """The k nearest tracklets of each query, nearest first; equal similarities in the order of tracklet ids.

        Args:
            queries_QD: float32, L2-normalised.
            model_id: Which model made the queries.
            k: At least 1; fewer come back only when fewer fit.
            where: Which tracklets may be returned; nothing lets all pass.

        Raises:
            ModelMismatchError: The queries come from another model.
            ValueError: A query is not finite, not L2-normalised or of another dimension; k is below 1.
        """
        if model_id != self._model_id:
            raise ModelMismatchError(
                f"the query was made by model {model_id}, the gallery by model {self._model_id}: "
                "embed the query with the gallery's model, or index the gallery with the query's"
            )
        index = self._index
        num_asked = k
        while True:
            hits_Q = index.search(queries_QD, k=num_asked, where=where)
            rows = self._catalog.tracklets.get_many({hit.tracklet_id for hits in hits_Q for hit in hits})
            matches_Q = [to_matches(hits, rows=rows, where=where, k=k) for hits in hits_Q]
            # Some hits may have vanished since the index was refreshed: then look deeper, unless there is no more.
            if all(len(m) == k or len(h) < num_asked for m, h in zip(matches_Q, hits_Q, strict=True)):
                return matches_Q
            num_asked *= 4

    def refresh(self) -> int:
        """Apply what the catalog recorded since; searches go on meanwhile.

        When the record no longer contains the last change that was applied (the catalog was restored from a backup,
        or replaced), everything is read anew.

        Returns:
            Number of changes applied.
        """
        num_applied = 0
        with self._turn:
            while True:
                changes = self._changes_since()
                if changes is None:
                    _log.warning("the catalog was replaced or restored: gallery of model %s is rebuilt", self._model_id)
                    self._rebuild()
                elif changes:
                    apply_changes(self._index, changes, catalog=self._catalog, model_id=self._model_id)
                    self._last = changes[-1]
                    num_applied += len(changes)
                else:
                    return num_applied

    def rebuild(self) -> None:
        """Read everything anew from the catalog; the next `save` writes it, whatever lies on disk."""
        with self._turn:
            self._rebuild()

    def save(self) -> Path | None:
        """Refresh, then write a snapshot and remove those that are too old.

        Returns:
            Where it lies; nothing when the snapshot on disk is of this version already.

        Raises:
            LockedError: Another process is writing.
            StorageFullError: The disk is full; the snapshots that are there stay.
        """
        with self._turn, file_lock(self._folder / "writer.lock", what=f"the gallery of model {self._model_id}"):
            self.refresh()
            if self._saved_version == self.version:
                return None
            path = self._snapshots.write(self._index.content(), last_change=self._last)
            self._saved_version = self.version
            self._snapshots.prune(newest=self.version, keep=self._config.keep_snapshots)
            return path

    def verify(self, *, self_search: int) -> VerifyReport:
        """Compare every row with the catalog and search for up to `self_search` of them.

        Raises:
            ConflictError: The catalog keeps changing, so that nothing can be compared.
        """
        with self._turn:
            for _ in range(_VERIFY_ATTEMPTS):
                self.refresh()
                report = verify_index(
                    self._index,
                    catalog=self._catalog,
                    model_id=self._model_id,
                    version=self.version,
                    self_search=self_search,
                )
                if report.is_ok or self._changes_since() == []:
                    return report
        raise ConflictError("the catalog changed during each attempt to verify the gallery: verify it when it is quiet")

    def _load(self) -> None:
        loaded = self._snapshots.load_newest(belongs=self._has_change_of, threads=self._config.threads)
        if loaded is None:
            self._rebuild()
            if len(self):
                _log.warning(
                    "no usable snapshot for model %s: gallery rebuilt from the catalog, %d tracklets",
                    self._model_id,
                    len(self),
                )
            return
        self._index = loaded.index
        self._saved_version = loaded.manifest.last_change
        self._last = change_at(self._catalog, loaded.manifest.last_change)

    def _rebuild(self) -> None:
        index = FlatIndex(self._dimension, threads=self._config.threads)
        last = fill_index(index, catalog=self._catalog, model_id=self._model_id)
        # The old index is left to searches that are under way; its threads end with the last of them.
        self._index, self._last, self._saved_version = index, last, None

    def _has_change_of(self, manifest: Manifest) -> bool:
        change = change_at(self._catalog, manifest.last_change)
        number = 0 if change is None else change.number
        return number == manifest.last_change and change_sha256(change) == manifest.last_change_sha256

    def _changes_since(self) -> list[Change] | None:
        """The next changes; nothing when the record no longer contains the last one."""
        if self._last is None:
            return self._catalog.changes.after(0, limit=_CHANGES_AT_A_TIME)
        changes = self._catalog.changes.after(self._last.number - 1, limit=_CHANGES_AT_A_TIME)
        return changes[1:] if changes and changes[0] == self._last else None
