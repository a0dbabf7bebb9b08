"""How to talk to SQLite and to PostgreSQL so that both behave alike."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from reid_app.catalog.failures import named_os_error
from reid_app.catalog.ids import canonical_json
from reid_app.errors import LockedError, SettingsError

IS_WRITE = "reid_is_write"
"""Execution option of a connection whose transaction will write."""

# An HTTP server answers from 40 threads; each holds a connection only while a transaction runs.
_POOL_SIZE = 8
_POOL_OVERFLOW = 40
_CONNECT_TIMEOUT_S = 10


def make_sqlite_file(path: Path, *, is_allowed: bool, shown: str) -> None:
    """Make an empty file, readable by its owner only, and its folder, where there is none.

    Raises:
        SettingsError: The file cannot be made, or is missing and may not be made.
        StorageFullError: The disk is full.
    """
    try:
        if path.exists():
            return
        if not is_allowed:
            raise SettingsError(f"there is no catalog at {shown}: check the address, or ingest a video first")
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives its log beside the file the same permissions.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise named_os_error(error, shown) from error


def sqlite_engine(url: sa.URL, *, busy_timeout_s: float) -> sa.Engine:
    """Connections to a file: foreign keys hold, commits are on disk, writers queue."""
    engine = sa.create_engine(
        url,
        connect_args={"timeout": busy_timeout_s},
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        hide_parameters=True,
        json_serializer=canonical_json,
    )

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # Python's driver would begin transactions by itself, and only before the first change.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        is_write = connection.get_execution_options().get(IS_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine


def use_write_ahead_log(path: Path, *, busy_timeout_s: float, shown: str) -> None:
    """Let readers go on while somebody writes; the file remembers it.

    Raises:
        LockedError: Another process uses the file in the old mode for too long.
        SettingsError: The file system cannot share memory between processes.
    """
    deadline = time.monotonic() + busy_timeout_s
    with closing(sqlite3.connect(path, timeout=busy_timeout_s)) as connection:
        while True:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
                break
            except sqlite3.OperationalError as error:
                # SQLite does not always wait here by itself.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                if time.monotonic() > deadline:
                    raise LockedError(f"another process holds the catalog {shown}: try again later") from error
                time.sleep(0.02)
    if mode != "wal":
        raise SettingsError(
            f"the catalog {shown} cannot use a write-ahead log (mode {mode!r}): SQLite needs a local disk, "
            "use PostgreSQL on a network one"
        )


def postgresql_engine(url: sa.URL) -> sa.Engine:
    """Connections to a server; one that broke while it was idle is replaced unnoticed."""
    return sa.create_engine(
        url,
        connect_args={"connect_timeout": _CONNECT_TIMEOUT_S},
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=canonical_json,
    )
