"""Market-1501: single pictures of people, the image-based companion of MARS.

Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015. Below the root, which the archive calls
``Market-1501-v15.09.15``, lie ``bounding_box_train``, ``bounding_box_test`` and ``query``. The queries, cut by hand,
are not in the gallery.
"""

import re
from pathlib import Path

from reid_app.data.figures import Figures
from reid_app.data.folders import pictures_in, require
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError

PUBLISHED = {
    "train": Figures(identities=751, cameras=6, pictures=12_936, distractors=0, junk=0),
    "query": Figures(identities=750, cameras=6, pictures=3_368, distractors=0, junk=0),
    # The authors count 2,793 distractors by another rule than the name 0000.
    "gallery": Figures(identities=750, cameras=6, pictures=19_732, junk=3_819),
}

_NAME = re.compile(r"(-1|\d{4})_c([1-6])s\d+_\d+_\d+\.jpg", re.ASCII)
"""Identity (-1 is junk, 0000 distractors), camera; then sequence, frame and box."""


def read_market1501(root: Path) -> ReidDataset:
    """Data set of the three folders; each picture is a tracklet of its own.

    Raises:
        InputError: A folder is missing or empty, a name does not fit, or train or query hold junk or distractors.
    """
    require(root, "bounding_box_train", "bounding_box_test", "query")
    train = _pictures(root / "bounding_box_train")
    query = _pictures(root / "query")
    for picture in (*train, *query):
        if not picture.is_person:
            raise InputError(f"{picture.frame_paths[0]} is no person: only the gallery may hold junk and distractors")
    return ReidDataset(name="market1501", train=train, query=query, gallery=_pictures(root / "bounding_box_test"))


def _pictures(folder: Path) -> tuple[LabelledTracklet, ...]:
    return tuple(_picture(path) for path in pictures_in(folder))


def _picture(path: Path) -> LabelledTracklet:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise InputError(f"{path} does not fit Market-1501's names, such as 0002_c1s1_000451_03.jpg")
    return LabelledTracklet(
        name=f"{path.parent.name}/{path.stem}",
        pid=int(match[1]),
        camid=int(match[2]) - 1,
        frame_paths=(path,),
    )
