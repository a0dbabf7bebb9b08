"""The catalog: the truth about what is stored."""

from types import TracebackType
from typing import Self

from reid_app.catalog.changes import Changes
from reid_app.catalog.database import Database
from reid_app.catalog.embeddings import Embeddings
from reid_app.catalog.identities import Identities
from reid_app.catalog.keys import Keys
from reid_app.catalog.probes import Probes
from reid_app.catalog.runs import Runs
from reid_app.catalog.tracklets import Tracklets
from reid_app.catalog.videos import Videos

_BUSY_TIMEOUT_S = 30.0


class Catalog:
    """Everything that is known about videos, tracklets and people; threads may share one, processes open their own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.videos = Videos(database)
        self.runs = Runs(database)
        self.tracklets = Tracklets(database)
        self.identities = Identities(database)
        self.embeddings = Embeddings(database)
        self.changes = Changes(database)
        self.keys = Keys(database)
        self.probes = Probes(database)

    @classmethod
    def open(cls, url: str, *, migrate: bool = True, busy_timeout_s: float = _BUSY_TIMEOUT_S) -> Self:
        """Open the catalog at an address, making it when it is not there.

        Args:
            url: ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST/DATABASE``.
            migrate: Whether tables may be made or brought up to date. Without, a missing or older catalog is an error.
            busy_timeout_s: Seconds that a writer waits for another writer.

        Raises:
            SettingsError: The address is wrong or does not answer, or the catalog was made by a newer version.
            DamagedError: The file is damaged or is not a database.
            LockedError: Another process holds the database for too long.
            StorageFullError: The disk is full.
        """
        return cls(Database.open(url, migrate=migrate, busy_timeout_s=busy_timeout_s))

    @property
    def shown_url(self) -> str:
        """The address without its password."""
        return self._database.shown

    def close(self) -> None:
        """Let go of all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
