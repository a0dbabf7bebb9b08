"""The name of a video: the checksum of its bytes."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from reid_app.errors import VideoError

_CHUNK_BYTES = 1 << 20


def content_sha256(path: Path, *, progress: Callable[[int], None] | None = None) -> str:
    """Checksum of a file's content as 64 hex digits, in constant memory.

    Args:
        path: The file.
        progress: Called with the number of bytes read so far, at least once.

    Raises:
        VideoError: The file cannot be read.
    """
    digest = hashlib.sha256()
    num_bytes = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                num_bytes += len(chunk)
                if progress is not None:
                    progress(num_bytes)
    except OSError as error:
        raise VideoError(f"cannot read {path}: {error.strerror}") from error
    if progress is not None and num_bytes == 0:
        progress(0)
    return digest.hexdigest()
