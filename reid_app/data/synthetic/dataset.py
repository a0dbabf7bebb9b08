"""A data set of synthetic people on disk: ``identity/camera/tracklet/*.jpg``, true attributes and masks, a manifest.

Beside a tracklet's pictures `MASKS` says what of each shows the person: uint8 ``(frames, height / 2, width / 2)``.

An identity is made beside its place and moved there when it is whole: work that was killed goes on with those that are
not there, and gives the same bytes.
"""

import json
import os
import shutil
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.studio import Studio
from reid_app.errors import ConflictError, DamagedError
from reid_app.tracklets.files import write_atomically

FORMAT = 5
"""Raised when the same seed and config give other files."""
MANIFEST = "manifest.json"
ATTRIBUTES = "attributes.json"
MASKS = "masks.npy"
_MAKING = ".making-"
_JPEG_QUALITY = 93


def folder_of(root: Path, *, identity: int) -> Path:
    """Where an identity lies."""
    return root / f"{identity:05d}"


def is_finished(root: Path, *, identity: int) -> bool:
    """Whether an identity is there; if so, it is whole."""
    return folder_of(root, identity=identity).is_dir()


def cameras_of(identity: int, *, seed: int, config: SyntheticConfig) -> list[int]:
    """Cameras that see an identity, in order."""
    count = min(config.cameras_per_identity, config.num_cameras)
    drawn = generator_of(seed, "cameras", identity).choice(config.num_cameras, size=count, replace=False)
    return sorted(int(number) for number in drawn)


def write_identity(root: Path, *, identity: int, seed: int, config: SyntheticConfig, studio: Studio) -> None:
    """Make one identity. Where another process has made it meanwhile, that one stays: it is the same."""
    folder = making_folder(root, number=identity)
    cameras: dict[str, Any] = {}
    for camera in cameras_of(identity, seed=seed, config=config):
        for tracklet in range(config.tracklets_per_camera):
            outfit, shots = studio.tracklet(identity=identity, camera=camera, tracklet=tracklet)
            place = folder / f"c{camera:03d}" / f"t{tracklet:02d}"
            place.mkdir(parents=True)
            for frame, shot in enumerate(shots):
                (place / f"{frame:03d}.jpg").write_bytes(_jpeg(shot.crop_HW3))
            np.save(place / MASKS, np.stack([shot.mask_HW for shot in shots]))
            cameras[f"c{camera:03d}"] = asdict(outfit) | {"place": studio.camera(camera).place}
    attributes = {"identity": identity, "person": asdict(studio.person(identity)), "cameras": cameras}
    (folder / ATTRIBUTES).write_bytes(json_bytes(attributes))
    try:
        folder.rename(folder_of(root, identity=identity))
    except OSError:
        if not is_finished(root, identity=identity):
            raise
        shutil.rmtree(folder)


def making_folder(root: Path, *, number: int) -> Path:
    """Where this process makes a thing before it is moved to its place: a new folder, not there yet."""
    folder = root / f"{_MAKING}{number}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def sweep(root: Path) -> None:
    """Remove what processes that are no more left half made."""
    for folder in root.glob(f"{_MAKING}*"):
        process = int(folder.name.rpartition("-")[2])
        if not Path(f"/proc/{process}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def manifest_of(*, seed: int, config: BaseModel, renderer: str) -> dict[str, Any]:
    """What shapes a data set, and so has to be the same to go on with it."""
    return {
        "format": FORMAT,
        "seed": seed,
        "config": config.model_dump(),
        "renderer": renderer,
        "versions": {name: _version(name) for name in ("anny", "moderngl", "numpy", "opencv-python")},
    }


def open_data_set(root: Path, *, manifest: dict[str, Any]) -> None:
    """Write the manifest, or check that the one that is there is of the same data set.

    Raises:
        ConflictError: The folder holds something else, or a data set of another manifest.
        DamagedError: The manifest cannot be read.
    """
    content = json_bytes(manifest)
    path = root / MANIFEST
    if not path.is_file():
        if any(not entry.name.startswith(".") for entry in root.iterdir()):
            raise ConflictError(f"{root} is not empty and has no {MANIFEST}: give another folder")
        write_atomically(path, content)
        return
    try:
        present = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path} cannot be read ({error}): give another folder, or remove this one") from error
    wanted = json.loads(content)
    differing = [name for name in wanted if present.get(name) != wanted[name]]
    if differing:
        raise ConflictError(
            f"{root} holds synthetic people of another {', '.join(differing)}: give another folder, or remove this one"
        )


def _jpeg(crop: NDArray[np.uint8]) -> bytes:
    encoded = cv2.imencode(".jpg", crop[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return encoded.tobytes()


def json_bytes(content: dict[str, Any]) -> bytes:
    """A document for people to read."""
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
