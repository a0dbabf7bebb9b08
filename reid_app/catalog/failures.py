"""What the database's own errors mean to an operator."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from reid_app.errors import DamagedError, InputError, LockedError, ReidError, SettingsError, StorageFullError

# PostgreSQL's codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
_PG_FULL = ("53100",)
_PG_BUSY = ("55P03", "40001", "40P01", "53300")
_PG_DAMAGED = ("XX001", "XX002", "58030")
_PG_SETTINGS = ("08", "28", "3D", "42501", "57P", "25006")
_IOERR_FULL = (sqlite3.SQLITE_IOERR_SHMSIZE,)


@contextmanager
def named_failures(shown: str) -> Iterator[None]:
    """Turn the database's errors inside a block into ours.

    Args:
        shown: The catalog's address without its password.

    Raises:
        LockedError: Another writer did not commit in time.
        StorageFullError: The disk is full; the transaction left nothing.
        DamagedError: The file is not a database, or a damaged one.
        SettingsError: The catalog cannot be reached.
        InputError: A text has a character that no database takes: a zero, or half of a pair.
    """
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise LockedError(f"all connections to the catalog {shown} are in use: try again") from error
    except UnicodeEncodeError as error:
        raise _unstorable() from error
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        named = _named(error, shown)
        if named is None:
            raise
        raise named from error


def named_os_error(error: OSError, shown: str) -> ReidError:
    """What a failure to make the catalog's file means: a full disk or a wrong path."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full(shown)
    return SettingsError(f"the catalog {shown} cannot be opened ({error.strerror}): check the path and its permissions")


def _named(error: sa.exc.DBAPIError | sqlite3.Error, shown: str) -> ReidError | None:
    original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return _named_sqlite(original, shown)
    state = getattr(original, "sqlstate", None)
    if state is None and isinstance(error, sa.exc.DataError):
        return _unstorable()
    if state is None:
        return _unreachable(shown, original) if isinstance(error, sa.exc.OperationalError) else None
    if state in _PG_FULL:
        return _full(shown)
    if state in _PG_BUSY:
        return _busy(shown)
    if state in _PG_DAMAGED:
        return _damaged(shown, original)
    return _unreachable(shown, original) if str(state).startswith(_PG_SETTINGS) else None


def _named_sqlite(original: sqlite3.Error, shown: str) -> ReidError | None:
    # Errors of Python's own making (a closed connection, a wrong argument) carry no code.
    code = getattr(original, "sqlite_errorcode", None)
    if code is None:
        return None
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return _busy(shown)
        case sqlite3.SQLITE_FULL:
            return _full(shown)
        case sqlite3.SQLITE_IOERR:
            return _full(shown) if code in _IOERR_FULL else _damaged(shown, original)
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return _damaged(shown, original)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return _unreachable(shown, original)
        case _:
            return None


def _unstorable() -> InputError:
    return InputError("an id or a name has a character that cannot be stored: use printable text")


def _busy(shown: str) -> LockedError:
    return LockedError(f"another process has been writing to the catalog {shown} for too long: try again later")


def _full(shown: str) -> StorageFullError:
    return StorageFullError(
        f"no space left for the catalog {shown}: free some disk space and run the same command again; nothing was lost"
    )


def _damaged(shown: str, cause: object) -> DamagedError:
    return DamagedError(f"the catalog {shown} is damaged or is not a catalog ({_one_line(cause)}): restore it")


def _unreachable(shown: str, cause: object) -> SettingsError:
    return SettingsError(
        f"the catalog {shown} cannot be used ({_one_line(cause)}): check its address, and that it is there and allowed"
    )


def _one_line(cause: object) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__
