"""The two files of a snapshot: vectors in FAISS's own format, columns as NumPy arrays without pickle."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from reid_app.gallery.columns import Columns
from reid_app.gallery.flat import Content
from reid_app.gallery.manifest import FileSum

VECTORS_NAME = "vectors.faiss"
COLUMNS_NAME = "rows.npz"


def write_vectors(path: Path, content: Content) -> FileSum:
    """Write the vectors in FAISS's format, through to the disk."""
    import faiss

    digest = hashlib.sha256()
    with path.open("xb") as file:

        def write(part: bytes) -> None:
            file.write(part)
            digest.update(part)

        # FAISS's own file writer leaves the reason of a failed write in a text; this one raises the OSError.
        faiss.write_index(content.vectors, faiss.PyCallbackIOWriter(write))  # type: ignore[attr-defined]
        _flush(file)
        return FileSum(sha256=digest.hexdigest(), num_bytes=file.tell())


def write_columns(path: Path, content: Content) -> FileSum:
    """Write what lies beside the vectors, through to the disk."""
    columns = content.columns
    with path.open("x+b") as file:
        np.savez(
            file,
            tracklet_ids=columns.tracklet_ids,
            cameras=columns.cameras,
            starts=columns.starts,
            identities=columns.identities,
            camera_names=_encode(content.cameras),
            identity_names=_encode(content.identities),
        )
        _flush(file)
        num_bytes = file.tell()
        file.seek(0)
        return FileSum(sha256=hashlib.file_digest(file, "sha256").hexdigest(), num_bytes=num_bytes)


def read_content(folder: Path) -> Content:
    """What the two writers wrote, its vectors mapped from their file. Compare checksums first.

    Raises:
        ValueError: The files hold something else. Other errors of NumPy and FAISS pass through.
    """
    import faiss

    with np.load(folder / COLUMNS_NAME, allow_pickle=False) as stored:
        columns = Columns(
            tracklet_ids=stored["tracklet_ids"],
            cameras=stored["cameras"],
            starts=stored["starts"],
            identities=stored["identities"],
        )
        cameras, identities = _decode(stored["camera_names"]), _decode(stored["identity_names"])
    # Mapped, so that all processes share one copy of the vectors.
    vectors = faiss.read_index(str(folder / VECTORS_NAME), faiss.IO_FLAG_MMAP_IFC)
    if not isinstance(vectors, faiss.IndexFlatIP):
        raise ValueError(f"{VECTORS_NAME} holds a {type(vectors).__name__}, not an IndexFlatIP")
    return Content(vectors=vectors, columns=columns, cameras=cameras, identities=identities)


def _encode(names: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([name.encode() for name in names], dtype=np.bytes_)


def _decode(names: NDArray[np.bytes_]) -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind != "S":
        raise ValueError(f"names must be a list of bytes, got {names.dtype} {names.shape}")
    return tuple(name.decode() for name in names.tolist())


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
