"""Names of MARS's crops: ``0001C1T0001F001.jpg`` is identity 1, camera 1, tracklet 1, frame 1; ``00-1`` is junk."""

import re
from pathlib import Path
from typing import NamedTuple

from reid_app.errors import InputError

_TRACKLET_LENGTH = len("0001C1T0001")
_TRACKLET = re.compile(r"(\d{4}|00-1)C([1-6])T\d{4}", re.ASCII)
_CROP = re.compile(rf"({_TRACKLET.pattern})F\d{{3,}}\.jpg", re.ASCII)


class MarsLabels(NamedTuple):
    """What a name says."""

    pid: int
    """Identity from 1; 0 for distractors, -1 for junk."""
    camid: int
    """Camera from 0."""


def tracklet_name(crop_name: str, *, where: Path) -> str:
    """The part of a crop's name that its tracklet's crops share.

    Args:
        crop_name: File name of the crop.
        where: The folder or list that it is from, for the message.

    Raises:
        InputError: The name does not fit.

    Examples:
        >>> tracklet_name("0003C4T0002F017.jpg", where=Path("bbox_train"))
        '0003C4T0002'
    """
    if _CROP.fullmatch(crop_name) is None:
        raise InputError(f"{where} names {crop_name!r}, which is not a crop of MARS, such as 0001C1T0001F001.jpg")
    return crop_name[:_TRACKLET_LENGTH]


def parse_tracklet_name(name: str) -> MarsLabels:
    """Labels of a name that `tracklet_name` gave.

    Examples:
        >>> parse_tracklet_name("0003C4T0002")
        MarsLabels(pid=3, camid=3)
        >>> parse_tracklet_name("00-1C1T0001")
        MarsLabels(pid=-1, camid=0)
    """
    identity, camera = name[:4], name[5]
    return MarsLabels(pid=-1 if identity == "00-1" else int(identity), camid=int(camera) - 1)
