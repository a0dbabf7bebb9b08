"""Downloading a known model: the right file or none."""

import hashlib
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from reid_app.errors import ModelInvalidError, ModelMissingError, SettingsError
from reid_app.model.known import KnownModel
from reid_app.model.places import verify_model
from reid_app.tracklets.files import full_disk_is_named, sync_folder
from reid_app.tracklets.locks import file_lock

Progress = Callable[[int, int], None]
"""Told the bytes done and the bytes in all."""

_TIMEOUT_S = 30.0
_CHUNK_BYTES = 1 << 16


def pull_model(known: KnownModel, *, destination: Path, progress: Progress) -> Path:
    """Download a model's file and check it; a right one that is there already is kept, a wrong one is replaced.

    The file appears under its name only when its size and checksum are right. What a killed download left is removed
    by the next one of the same model.

    Args:
        known: Says address, size and checksum.
        destination: The folder; made when missing.
        progress: Called with (bytes done, bytes in all). What it raises ends the download and leaves nothing behind.

    Returns:
        The file's path.

    Raises:
        ModelMissingError: The model has no address, or the download failed.
        ModelInvalidError: What is at the address has another size or checksum.
        StorageFullError: The disk is full.
        SettingsError: The folder cannot be written.
        LockedError: Another process is pulling this model.
    """
    path = destination / known.filename
    part = destination / f".{known.filename}.part"
    with ExitStack() as stack:
        with _disk_problems_named(destination):
            lock = file_lock(destination / f".{known.filename}.lock", what=f"the download of {known.name}")
            stack.enter_context(lock)
            part.unlink(missing_ok=True)
        if _is_right(known, path):
            progress(known.num_bytes, known.num_bytes)
            return path
        if known.url is None:
            raise ModelMissingError(
                f"model {known.name} has no download address: copy {known.filename} "
                f"(sha256 {known.sha256}) to {destination} yourself. {known.note}"
            )
        try:
            _download(known, known.url, part=part, progress=progress)
            with _disk_problems_named(destination):
                part.replace(path)
                sync_folder(destination)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return path


def _is_right(known: KnownModel, path: Path) -> bool:
    if not path.exists():
        return False
    try:
        verify_model(known, path)
    except ModelInvalidError:
        return False
    return True


def _download(known: KnownModel, url: str, *, part: Path, progress: Progress) -> None:
    digest = hashlib.sha256()
    done = 0
    with _disk_problems_named(part):
        file = part.open("wb")
    with file, closing(_fetch(known, url)) as chunks:
        for chunk in chunks:
            done += len(chunk)
            if done > known.num_bytes:
                raise ModelInvalidError(
                    f"{url} gives more than the {known.num_bytes} bytes of {known.name}: nothing was stored; "
                    f"check the address in models.yaml"
                )
            digest.update(chunk)
            with _disk_problems_named(part):
                file.write(chunk)
            progress(done, known.num_bytes)
        with _disk_problems_named(part):
            file.flush()
            os.fsync(file.fileno())
    if done != known.num_bytes:
        raise ModelInvalidError(
            f"{url} gave {done} bytes, {known.name} has {known.num_bytes}: nothing was stored; try again, "
            f"or check the address in models.yaml"
        )
    if digest.hexdigest() != known.sha256:
        raise ModelInvalidError(
            f"{url} gave a file with sha256 {digest.hexdigest()}, {known.name} has {known.sha256}: nothing was "
            f"stored; it was changed at its source or on the way"
        )


def _fetch(known: KnownModel, url: str) -> Generator[bytes, None, None]:
    import httpx  # 0.2 s

    try:
        # Raw bytes, uncompressed: a checksum of what was sent, and no small answer that unpacks into a large one.
        with httpx.stream(
            "GET", url, follow_redirects=True, timeout=_TIMEOUT_S, headers={"Accept-Encoding": "identity"}
        ) as response:
            if response.status_code != httpx.codes.OK:
                raise ModelMissingError(
                    f"{response.url} answered {response.status_code} {response.reason_phrase}: {known.name} was not "
                    f"downloaded; check the address in models.yaml, or try again later"
                )
            yield from response.iter_raw(_CHUNK_BYTES)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModelMissingError(
            f"the download of {known.name} from {url} failed ({type(error).__name__}: {error}): nothing was stored; "
            f"check the network and try again, or copy the file by hand"
        ) from error


@contextmanager
def _disk_problems_named(path: Path) -> Iterator[None]:
    try:
        with full_disk_is_named(f"no space left to write {path}: free some disk space and pull again"):
            yield
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written ({error.strerror}): set REID_DATA_DIR to a folder that can"
        ) from error
