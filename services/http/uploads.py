"""Uploads: multipart forms, streamed to disk and hashed as they arrive, gone again unless somebody keeps them."""

import errno
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from anyio import to_thread
from fastapi import HTTPException, Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from reid_app.errors import InputError, LimitError
from reid_app.tracklets.files import full_disk_is_named, sync_folder
from services.http.limits import LimitsConfig, raise_body_limit

_BLOCK_BYTES = 1 << 18
_MAX_FIELDS = 64
_MAX_FIELD_BYTES = 1 << 16
_MAX_NAME_CHARS = 255
_PARTIAL = ".part"
_NO_SPACE = "no space left for uploads: nothing was stored, try again later"


class Upload:
    """One uploaded file. It is removed when the request ends, unless it is kept."""

    def __init__(self, folder: Path, *, field: str, name: str) -> None:
        self.field = field
        """Name of the form's field that it was sent in."""
        self.name = name
        """What the client calls it, without folders: a label, never a path."""
        self.num_bytes = 0
        self._path = folder / f"{uuid.uuid4().hex}{_PARTIAL}"
        self._file = self._path.open("xb")
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of its content, hexadecimal."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Append to it."""
        self._file.write(data)
        self._hash.update(data)
        self.num_bytes += len(data)

    def finish(self) -> None:
        """Bring it to the disk and close it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def keep(self) -> Path:
        """Let it stay, under its final name in the same folder.

        Returns:
            Its path; the name is random and has no suffix.
        """
        kept = self._path.with_suffix("")
        self._path.rename(kept)
        sync_folder(kept.parent)
        return kept

    def discard(self) -> None:
        """Remove it, unless it was kept."""
        self._path.unlink(missing_ok=True)
        with suppress(OSError):  # closing writes what is left in the buffer, and the disk may be full
            self._file.close()


class UploadedForm:
    """A multipart form while and after it arrives."""

    def __init__(self, boundary: bytes, *, folder: Path, config: LimitsConfig) -> None:
        self.fields: dict[str, str] = {}
        self.files: list[Upload] = []
        self._folder, self._config = folder, config
        self._header_name, self._header_value, self._disposition = b"", b"", b""
        self._field_name = ""
        self._field: bytearray | None = None
        self._is_complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body.

        Raises:
            InputError: They are not a multipart form.
            LimitError: Too many files or fields, or a field is too long.
            StorageFullError: The disk is full, or would be.
        """
        with full_disk_is_named(_NO_SPACE):
            if shutil.disk_usage(self._folder).free - len(data) < self._config.min_free_bytes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            try:
                self._parser.write(data)
            except FormParserError as error:
                raise InputError(f"the multipart form is malformed: {error}") from error

    def finish(self) -> None:
        """Say that the body is at its end.

        Raises:
            InputError: It ends in the middle of the form.
            StorageFullError: The disk is full.
        """
        if not self._is_complete:
            raise InputError("the multipart form ends in the middle: send the closing boundary")
        with full_disk_is_named(_NO_SPACE):
            for upload in self.files:
                upload.finish()

    def discard(self) -> None:
        """Remove every file that was not kept."""
        for upload in self.files:
            upload.discard()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name, self._header_value = b"", b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._disposition = b""
        self._field_name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            if len(self.files) >= self._config.max_upload_files:
                raise LimitError(f"an upload holds at most {self._config.max_upload_files} files: send more uploads")
            self.files.append(Upload(self._folder, field=self._field_name, name=_label(options[b"filename"])))
            self._field = None
            return
        if len(self.fields) >= _MAX_FIELDS:
            raise LimitError(f"a form holds at most {_MAX_FIELDS} fields")
        self._field = bytearray()

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self.files[-1].write(data[start:end])
            return
        if len(self._field) + end - start > _MAX_FIELD_BYTES:
            raise LimitError(f"the field {self._field_name!r} is longer than {_MAX_FIELD_BYTES} bytes")
        self._field += data[start:end]

    def _on_part_end(self) -> None:
        if self._field is not None:
            self.fields[self._field_name] = self._field.decode("utf-8", "replace")

    def _on_end(self) -> None:
        self._is_complete = True


@asynccontextmanager
async def received_form(request: Request, *, folder: Path, config: LimitsConfig) -> AsyncIterator[UploadedForm]:
    """Receive a multipart form; its files lie in a folder, and those that are not kept are removed at the end.

    Whatever ends the request (an error, a full disk, a client that hangs up) leaves nothing behind. The route must
    take the bare request: FastAPI's own `UploadFile` would spool the whole body elsewhere first.

    Raises:
        HTTPException: 413 for a body larger than `max_upload_bytes`, 415 for one that is no multipart form.
        InputError: The form is malformed.
        LimitError: Too many files or fields, or a field is too long.
        StorageFullError: The disk is full, or would be.
    """
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if media_type != b"multipart/form-data" or not 0 < len(boundary) <= 70:
        raise HTTPException(415, "Send multipart/form-data with a boundary of at most 70 characters.")
    raise_body_limit(request, max_bytes=config.max_upload_bytes)
    folder.mkdir(parents=True, exist_ok=True)
    form = UploadedForm(boundary, folder=folder, config=config)
    try:
        block = bytearray()
        async for data in request.stream():
            block += data
            if len(block) >= _BLOCK_BYTES:
                await to_thread.run_sync(form.feed, bytes(block))
                block.clear()
        await to_thread.run_sync(form.feed, bytes(block))
        await to_thread.run_sync(form.finish)
        yield form
    finally:
        form.discard()


def renamed(error: InputError, *, stored: Path, shown: str) -> InputError:
    """The same error, speaking of a file by its client's name instead of the name under which it was stored."""
    return type(error)(str(error).replace(str(stored), shown).replace(stored.name, shown))


def sweep_uploads(folder: Path, *, older_than_s: float = 3600.0, kept_for_s: float = 7 * 86400.0) -> int:
    """Remove what killed processes left half-received, and kept files that no job has used. Call it at start-up.

    Args:
        folder: Where uploads are received.
        older_than_s: An upload that grew within this time may belong to a living process and stays.
        kept_for_s: A kept file is left this long for its job, or for a retry of it.

    Returns:
        How many files were removed.
    """
    now = time.time()
    patience_s = {True: older_than_s, False: kept_for_s}
    files = [path for path in folder.glob("*") if path.is_file()]
    stale = [path for path in files if path.stat().st_mtime < now - patience_s[path.suffix == _PARTIAL]]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _label(filename: bytes) -> str:
    name = filename.decode("utf-8", "replace").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable())[:_MAX_NAME_CHARS]
