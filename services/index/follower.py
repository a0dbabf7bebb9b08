"""Embeds new tracklets as they come, and keeps the gallery's snapshot fresh."""

import threading
from contextlib import suppress

import structlog

from reid_app.catalog.catalog import Catalog
from reid_app.errors import CancelledError, LockedError
from reid_app.gallery.gallery import Gallery
from reid_app.pipelines.index import embed_missing, indexing_lock
from reid_app.settings import Settings
from reid_app.tracklets.parts import Encoder

ALIVE_FILE = "index.alive"
"""Touched again and again, for health checks: the service has no port."""

_log = structlog.get_logger(__name__)


class Follower:
    """Follows the catalog's changes until it is stopped; its own Watch, so that a stop is heard between batches."""

    def __init__(
        self, *, settings: Settings, catalog: Catalog, encoder: Encoder, gallery: Gallery, stopping: threading.Event
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._encoder = encoder
        self._gallery = gallery
        self._stopping = stopping
        self._alive_path = settings.locks_dir / ALIVE_FILE
        self._seen = -1
        self._reported: frozenset[str] = frozenset()

    def follow(self) -> None:
        """Look for changes again and again, until it is stopped; then write a last snapshot."""
        while not self._stopping.wait(self._settings.index.follow_s):
            self._say_alive()
            try:
                self.catch_up()
            except LockedError as error:
                _log.info("waiting", reason=str(error))
            except CancelledError:
                break
        with suppress(LockedError):
            self._gallery.save()

    def catch_up(self) -> None:
        """Embed what has no embedding yet, if anything changed since the last time.

        Raises:
            LockedError: Another process is indexing.
            CancelledError: The service is stopping; what is embedded is kept.
        """
        last_number = self._catalog.changes.last_number()
        if last_number == self._seen:
            return
        with indexing_lock(self._settings, encoder=self._encoder):
            added, failed = embed_missing(
                encoder=self._encoder, settings=self._settings, catalog=self._catalog, watch=self
            )
            self._gallery.refresh()
            if self._gallery.is_snapshot_due:
                self._gallery.save()
        self._seen = last_number
        for failure in sorted(set(failed) - self._reported):
            _log.error("tracklet_failed", reason=failure)
        self._reported = frozenset(failed)
        if added:
            _log.info("indexed", added=added, rows=len(self._gallery), version=self._gallery.version)

    def progress(self, done: int, total: int, unit: str) -> None:
        """Between two batches."""
        self._say_alive()

    def check_cancelled(self) -> None:
        """Stop between two batches.

        Raises:
            CancelledError: The service is stopping.
        """
        if self._stopping.is_set():
            raise CancelledError("the index service is stopping")

    def _say_alive(self) -> None:
        self._alive_path.parent.mkdir(parents=True, exist_ok=True)
        self._alive_path.touch()
