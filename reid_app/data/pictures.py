"""Reading the pictures of a labelled tracklet, from files and from stored tracklets."""

import math
import zipfile
from pathlib import Path

import numpy as np

from reid_app.errors import DamagedError, InputError
from reid_app.tracklets.store import decode_picture
from reid_app.tracklets.types import Box, Image


def read_picture(path: Path, *, box_xyxy: Box | None = None) -> Image:
    """One picture, or the part of it in a box; a box that reaches beyond the picture is clipped.

    Args:
        path: A JPEG or PNG file, or a crop of a stored tracklet: ``run/tracklet.zip/000.jpg``.
        box_xyxy: Part to return, in pixels; every pixel that it touches belongs to it.

    Raises:
        InputError: There is no such picture, or the box lies outside of it.
        DamagedError: The file is not a picture, or the stored tracklet is not whole.
    """
    image = decode_picture(_content(path), name=str(path))
    return image if box_xyxy is None else _cut(image, box_xyxy=box_xyxy, name=str(path))


def _content(path: Path) -> bytes:
    archive = path.parent
    if archive.suffix == ".zip" and archive.is_file():
        return _member(archive, path.name)
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError(f"there is no picture {path}") from error


def _member(archive: Path, name: str) -> bytes:
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.read(name)
    except KeyError as error:
        raise InputError(f"the stored tracklet {archive} holds no picture {name}") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DamagedError(f"the stored tracklet {archive} is damaged ({error})") from error


def _cut(image: Image, *, box_xyxy: Box, name: str) -> Image:
    height, width = image.shape[:2]
    x1, y1 = max(math.floor(box_xyxy[0]), 0), max(math.floor(box_xyxy[1]), 0)
    x2, y2 = min(math.ceil(box_xyxy[2]), width), min(math.ceil(box_xyxy[3]), height)
    if x2 <= x1 or y2 <= y1:
        raise InputError(f"the box {box_xyxy} of {name} lies outside of its {width} x {height} pixels")
    return np.ascontiguousarray(image[y1:y2, x1:x2])
