"""The crop store: one file per tracklet, a stored ZIP of JPEG crops and a JSON of boxes and times.

One file per tracklet makes a million tracklets a million files, and erasing one a single unlink. A file exists
before its catalog row does; what has no row is swept, under the lock of the run that wrote it.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reid_app.errors import DamagedError, SettingsError
from reid_app.tracklets.files import sync_folder, write_atomically
from reid_app.tracklets.sampling import sample_evenly
from reid_app.tracklets.types import Crop, CropQuality, Image, Tracklet

FORMAT = 1
_META = "tracklet.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """Where a tracklet lies, and how to know that it is whole."""

    path: str
    """Relative to the store's root, with forward slashes."""
    sha256: str
    num_bytes: int


def encode_jpeg(image: Image, *, quality: int) -> bytes:
    """JPEG bytes of an RGB picture; ``quality`` is libjpeg's, in [1, 100]."""
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"could not encode a picture of shape {image.shape} as JPEG")
    return encoded.tobytes()


def encode_picture(image: Image, *, suffix: str) -> bytes:
    """Bytes of an RGB picture as a file with the ending ``.png``, ``.jpg`` or ``.jpeg`` has them.

    Raises:
        SettingsError: The ending is another.
    """
    if suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise SettingsError(f"a picture's name ends in .png or .jpg, not {suffix or 'without an ending'}")
    if suffix.lower() != ".png":
        return encode_jpeg(image, quality=90)
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()


def decode_picture(content: bytes, *, name: str) -> Image:
    """RGB picture from the bytes of a JPEG or PNG file.

    Raises:
        DamagedError: The bytes are not a picture; the message says ``name``.
    """
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if decoded is None:
        raise DamagedError(f"{name} is not a readable picture ({len(content)} bytes)")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


class CropStore:
    """Tracklets on disk below one folder."""

    def __init__(self, root: Path, *, jpeg_quality: int = 92) -> None:
        self._root = root
        self._jpeg_quality = jpeg_quality

    def write(self, tracklet: Tracklet, *, folder: str) -> StoredFile:
        """Store a tracklet durably; writing the same tracklet again gives the same bytes.

        Args:
            tracklet: What to store.
            folder: Name of the sub-folder, one for each run.

        Raises:
            StorageFullError: The disk is full; nothing half-written stays.
        """
        content = _to_zip(tracklet, jpeg_quality=self._jpeg_quality)
        path = f"{folder}/{tracklet.tracklet_id}.zip"
        write_atomically(self._root / path, content)
        return StoredFile(path=path, sha256=hashlib.sha256(content).hexdigest(), num_bytes=len(content))

    def read(self, path: str, *, sha256: str | None = None, num_crops: int | None = None) -> Tracklet:
        """Read a tracklet back; its crops are as JPEG kept them.

        Args:
            path: As `write` returned it.
            sha256: Checked when given.
            num_crops: Decode so many crops only, taken as `sample_evenly` does; None decodes all.

        Raises:
            DamagedError: The file is missing, is not a tracklet, or has another checksum.
        """
        content = self._content(path, sha256=sha256)
        with _damage_is_named(path):
            return _from_zip(content, name=path, num_crops=num_crops)

    def read_jpegs(self, path: str, *, sha256: str | None = None) -> dict[str, bytes]:
        """The pictures of a tracklet as they are stored, by their names in the file, in time order.

        Args:
            path: As `write` returned it.
            sha256: Checked when given.

        Raises:
            DamagedError: The file is missing, is not a tracklet, or has another checksum.
        """
        content = self._content(path, sha256=sha256)
        with _damage_is_named(path), zipfile.ZipFile(io.BytesIO(content)) as archive:
            crops = json.loads(archive.read(_META))["crops"]
            return {crop["file"]: archive.read(crop["file"]) for crop in crops}

    def _content(self, path: str, *, sha256: str | None) -> bytes:
        try:
            content = (self._root / path).read_bytes()
        except FileNotFoundError as error:
            raise DamagedError(f"the tracklet file {path} is missing from the crop store") from error
        if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedError(f"the tracklet file {path} does not fit its checksum: ingest its video again")
        return content

    def delete(self, path: str) -> None:
        """Remove a tracklet's file; a missing one is fine."""
        (self._root / path).unlink(missing_ok=True)

    def folders(self, parent: str) -> list[str]:
        """Sub-folders of a folder, as `write` takes them, in the order of their names."""
        directory = self._root / parent
        if not directory.is_dir():
            return []
        return sorted(f"{parent}/{entry.name}" for entry in directory.iterdir() if entry.is_dir())

    def sweep(self, folder: str, *, keep: Collection[str]) -> int:
        """Remove every file of a run's folder that has no row; call it under the run's lock only.

        Args:
            folder: The run's sub-folder.
            keep: Paths with a catalog row, as `write` returned them.

        Returns:
            Number of files removed. An emptied folder goes too.
        """
        directory = self._root / folder
        if not directory.is_dir():
            return 0
        kept = {Path(path).name for path in keep}
        orphans = [file for file in directory.iterdir() if file.name not in kept]
        for orphan in orphans:
            orphan.unlink(missing_ok=True)
        if orphans:
            sync_folder(directory)
        if not kept:
            directory.rmdir()
        return len(orphans)


@contextmanager
def _damage_is_named(path: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise DamagedError(f"the tracklet file {path} is damaged ({error})") from error


def _to_zip(tracklet: Tracklet, *, jpeg_quality: int) -> bytes:
    meta: dict[str, Any] = {
        "format": FORMAT,
        "tracklet_id": tracklet.tracklet_id,
        "camera_id": tracklet.camera_id,
        "frame_indices": tracklet.frame_indices.tolist(),
        "pts_s": tracklet.pts_s.tolist(),
        "boxes_xyxy": np.round(tracklet.boxes_xyxy.astype(np.float64), 2).tolist(),
        "crops": [
            {
                "file": f"{position:03d}.jpg",
                "frame_index": crop.frame_index,
                "pts_s": crop.pts_s,
                "box_xyxy": crop.box_xyxy,
                "quality": asdict(crop.quality),
            }
            for position, crop in enumerate(tracklet.crops)
        ],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_META, _EPOCH), json.dumps(meta, separators=(",", ":")))
        for position, crop in enumerate(tracklet.crops):
            jpeg = encode_jpeg(crop.image, quality=jpeg_quality)
            archive.writestr(zipfile.ZipInfo(f"{position:03d}.jpg", _EPOCH), jpeg)
    return buffer.getvalue()


def _from_zip(content: bytes, *, name: str, num_crops: int | None) -> Tracklet:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        meta = json.loads(archive.read(_META))
        if meta["format"] != FORMAT:
            raise ValueError(f"format {meta['format']}, this version reads {FORMAT}")
        stored = meta["crops"]
        chosen = sample_evenly(len(stored), num_wanted=num_crops or len(stored))
        crops = tuple(
            Crop(
                image=decode_picture(archive.read(row["file"]), name=f"{name}/{row['file']}"),
                frame_index=row["frame_index"],
                pts_s=row["pts_s"],
                box_xyxy=tuple(row["box_xyxy"]),
                quality=CropQuality(**row["quality"]),
            )
            for row in (stored[index] for index in chosen)
        )
    return Tracklet(
        tracklet_id=meta["tracklet_id"],
        camera_id=meta["camera_id"],
        frame_indices=np.asarray(meta["frame_indices"], np.int64),
        pts_s=np.asarray(meta["pts_s"], np.float64),
        boxes_xyxy=np.asarray(meta["boxes_xyxy"], np.float32).reshape(-1, 4),
        crops=crops,
    )
