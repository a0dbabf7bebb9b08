"""Transactions with the same promises on SQLite and PostgreSQL.

A read is a snapshot. There is one write at a time: the second waits for the first to commit, on SQLite because it
begins with the write lock, on PostgreSQL because it begins by locking the counter row of the changes. So a write sees
everything that was committed before it, changes are numbered in the order of commits, and no two writes can deadlock.
Writes are short; nothing slow (decoding, reading files) belongs inside one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from reid_app.catalog import schema
from reid_app.catalog.engines import (
    IS_WRITE,
    make_sqlite_file,
    postgresql_engine,
    sqlite_engine,
    use_write_ahead_log,
)
from reid_app.catalog.failures import named_failures
from reid_app.catalog.tables import CHANGES_COUNTER, counters
from reid_app.catalog.urls import parse_url, shown_url, sqlite_path

_COUNTER_LOCK = sa.select(counters.c.value).where(counters.c.name == CHANGES_COUNTER).with_for_update()
# Any number will do that nobody else uses in this database.
_SCHEMA_LOCK = sa.select(sa.func.pg_advisory_xact_lock(7_310_579_236_482_113))


class Database:
    """A catalog's database; safe to share between threads, to be opened anew in each process."""

    def __init__(self, engine: sa.Engine, *, shown: str, busy_timeout_s: float) -> None:
        self._engine = engine
        self._shown = shown
        self._busy_timeout_s = busy_timeout_s

    @classmethod
    def open(cls, text: str, *, migrate: bool, busy_timeout_s: float) -> "Database":
        """Connect, make the tables when there are none, bring older ones up to date.

        Args:
            text: Address; see `parse_url`.
            migrate: Whether tables may be made or changed. Without, an older schema is an error.
            busy_timeout_s: How long a writer waits for another.

        Raises:
            SettingsError: The address is wrong or does not answer, or the schema is newer than this code.
            DamagedError: The file is damaged or is something else.
            LockedError: Another process holds the database for too long.
            StorageFullError: The disk is full.
        """
        url = parse_url(text)
        shown = shown_url(url)
        path = sqlite_path(url)
        if path is None:
            engine = postgresql_engine(url)
        else:
            make_sqlite_file(path, is_allowed=migrate, shown=shown)
            engine = sqlite_engine(url, busy_timeout_s=busy_timeout_s)
        database = cls(engine, shown=shown, busy_timeout_s=busy_timeout_s)
        try:
            if path is not None:
                with named_failures(shown):
                    use_write_ahead_log(path, busy_timeout_s=busy_timeout_s, shown=shown)
            database._prepare_schema(migrate=migrate)
        except BaseException:
            engine.dispose()
            raise
        return database

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self._shown

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A snapshot: what is committed while the block runs is not seen."""
        with named_failures(self._shown), self._engine.connect() as connection:
            if not self._is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """The one write transaction of this moment: all of it or nothing is stored."""
        with self._exclusive(_COUNTER_LOCK) as connection:
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    @property
    def _is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def _exclusive(self, lock: sa.Select[tuple[int]]) -> Iterator[sa.Connection]:
        with named_failures(self._shown), self._engine.connect() as connection:
            if self._is_sqlite:
                connection.execution_options(**{IS_WRITE: True})
                with connection.begin():
                    yield connection
                return
            # Each statement must see what was committed while the lock was waited for.
            connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                timeout = f"{self._busy_timeout_s:.3f}s"
                connection.execute(sa.select(sa.func.set_config("lock_timeout", timeout, True)))
                connection.execute(lock)
                yield connection

    def _prepare_schema(self, *, migrate: bool) -> None:
        with self.read() as connection:
            is_current = schema.is_current(connection, may_migrate=migrate, shown=self._shown)
        if is_current:
            return
        with self._exclusive(_SCHEMA_LOCK) as connection:
            # Another process may have been first.
            if not schema.is_current(connection, may_migrate=migrate, shown=self._shown):
                schema.migrate(connection)
