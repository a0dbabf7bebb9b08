"""Writing files so that a crash leaves the old one or the new one, never half of one."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reid_app.errors import StorageFullError


@contextmanager
def full_disk_is_named(message: str) -> Iterator[None]:
    """Turn the system's error for a full disk or quota into one that says what to do.

    Args:
        message: What could not be written, and the remedy.

    Raises:
        StorageFullError: The block ran out of space.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFullError(message) from error
        raise


def sync_folder(folder: Path) -> None:
    """Make renames and unlinks in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, fsync, rename, fsync the folder.

    Raises:
        StorageFullError: The disk is full; the previous file, if any, is untouched.
    """
    with full_disk_is_named(f"no space left to write {path}: free some disk space and run the same command again"):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
