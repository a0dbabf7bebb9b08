"""A folder of crops in MARS's names without its tables: ``bbox_train/0001/0001C1T0001F001.jpg``.

Crops of one identity, camera and tracklet number are one tracklet. Everything is in every list; the protocol says who
asks and who is searched.
"""

from itertools import groupby
from pathlib import Path

from reid_app.data.folders import pictures_in, require, sub_folders
from reid_app.data.mars_names import parse_tracklet_name, tracklet_name
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError


def read_mars_crops(root: Path) -> ReidDataset:
    """Data set of the crops below ``root/bbox_train``.

    Raises:
        InputError: The folder is missing, or a crop's name does not fit or contradicts its folder.
    """
    require(root, "bbox_train")
    tracklets = tuple(
        tracklet for folder in sub_folders(root / "bbox_train", of="identity") for tracklet in _tracklets_of(folder)
    )
    return ReidDataset(name="mars-crops", train=tracklets, query=tracklets, gallery=tracklets)


def _tracklets_of(folder: Path) -> list[LabelledTracklet]:
    tracklets = []
    for name, paths in groupby(pictures_in(folder), key=lambda path: tracklet_name(path.name, where=folder)):
        labels = parse_tracklet_name(name)
        if not name.startswith(f"{folder.name}C"):
            raise InputError(f"{folder} holds crops of another identity: {name}")
        tracklets.append(LabelledTracklet(name=name, pid=labels.pid, camid=labels.camid, frame_paths=tuple(paths)))
    return tracklets
