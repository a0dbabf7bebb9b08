"""What CUB-200-2011 and CARS196 share: half of the classes train, each picture of the others asks the rest of them.

Song et al., "Deep Metric Learning via Lifted Structured Feature Embedding", CVPR 2016. A class is an identity, a
picture is a tracklet, and all pictures are of camera 0.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError
from reid_app.tracklets.types import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPicture:
    """One labelled picture."""

    path: str
    """Relative to the folder of pictures, with forward slashes."""
    label: int
    """Class, from 1."""
    box_xyxy: Box
    """Where the thing is, in pixels."""


def divide_classes(
    pictures: Sequence[ClassPicture], *, name: str, labels_path: Path, folder: Path, is_cropped: bool
) -> ReidDataset:
    """Data set of labelled pictures.

    Args:
        pictures: All of them.
        name: Of the data set.
        labels_path: The file that labels them, for messages.
        folder: Where the pictures lie; one listing of each of its folders is compared with them.
        is_cropped: Whether only the box of each picture counts.

    Raises:
        InputError: A picture is missing or named twice, a box is empty, or a class has no picture.
    """
    num_classes = max(picture.label for picture in pictures)
    missing = set(range(1, num_classes + 1)) - {picture.label for picture in pictures}
    if missing:
        raise InputError(f"{labels_path} has no picture of class {min(missing)} of {num_classes}: unpack it again")
    _check_paths(pictures, labels_path=labels_path, folder=folder)
    for picture in pictures:
        x1, y1, x2, y2 = picture.box_xyxy
        if not (x1 < x2 and y1 < y2):
            raise InputError(f"the box {picture.box_xyxy} of {picture.path} is empty: unpack its file again")
    tracklets = [
        LabelledTracklet(
            name=picture.path.rpartition(".")[0],
            pid=picture.label,
            camid=0,
            frame_paths=(folder / picture.path,),
            box_xyxy=picture.box_xyxy if is_cropped else None,
        )
        for picture in pictures
    ]
    train = tuple(tracklet for tracklet in tracklets if tracklet.pid <= num_classes // 2)
    test = tuple(tracklet for tracklet in tracklets if tracklet.pid > num_classes // 2)
    return ReidDataset(name=name, train=train, query=test, gallery=test)


def _check_paths(pictures: Sequence[ClassPicture], *, labels_path: Path, folder: Path) -> None:
    listed: dict[str, set[str]] = {}
    seen: set[str] = set()
    for picture in pictures:
        parent, _, name = picture.path.rpartition("/")
        if parent not in listed:
            listed[parent] = set(os.listdir(folder / parent)) if (folder / parent).is_dir() else set()
        if name not in listed[parent]:
            raise InputError(f"{labels_path} names {picture.path}, which is not in {folder}: unpack the pictures again")
        if picture.path in seen:
            raise InputError(f"{labels_path} names {picture.path} twice: unpack it again")
        seen.add(picture.path)
