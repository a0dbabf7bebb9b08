"""What iLIDS-VID and PRID2011 share: one folder of pictures for each person and camera, and lists of persons."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from reid_app.data.folders import pictures_in
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError

_PERSON = re.compile(r"person_?(\d+)", re.ASCII)


def divide_persons(
    cameras: tuple[Path, Path], *, name: str, train: Sequence[str], test: Sequence[str], split_path: Path
) -> ReidDataset:
    """Data set of two cameras: test persons are searched for from the first camera in the second.

    Args:
        cameras: Folders of the two cameras, with a folder for each person in each.
        name: Of the data set.
        train: Persons' folders.
        test: Persons' folders.
        split_path: The file that divides them, for messages.

    Raises:
        InputError: A person's folder is missing, empty or not named by a number, or a person is listed twice.
    """
    person, count = Counter([*train, *test]).most_common(1)[0]
    if count > 1:
        raise InputError(f"{split_path} lists {person} {count} times in one split: unpack it again")
    return ReidDataset(
        name=name,
        train=tuple(_tracklet(cameras, camid, person=person) for person in train for camid in (0, 1)),
        query=tuple(_tracklet(cameras, 0, person=person) for person in test),
        gallery=tuple(_tracklet(cameras, 1, person=person) for person in test),
    )


def _tracklet(cameras: tuple[Path, Path], camid: int, *, person: str) -> LabelledTracklet:
    match = _PERSON.fullmatch(person)
    if match is None or int(match[1]) < 1:
        raise InputError(f"{cameras[camid] / person} is not named by a person's number, such as person001")
    return LabelledTracklet(
        name=f"{cameras[camid].name}/{person}",
        pid=int(match[1]),
        camid=camid,
        frame_paths=pictures_in(cameras[camid] / person),
    )
