"""MARS: the complete data set, tables, name lists and crops.

Zheng et al., "MARS: A Video Benchmark for Large-Scale Person Re-identification", ECCV 2016. Below the root lie
``bbox_train``, ``bbox_test`` and ``info`` (from the authors' repository MARS-evaluation). The gallery is the whole test
part: it holds the queries, junk and distractors.

Checked: the tables, every crop's name against its row, and that every named crop is in its folder, by one listing of
each folder. Not checked: that the crops can be decoded; crops that no list names are passed over.
"""

import os
from collections import Counter
from pathlib import Path

from reid_app.data.figures import Figures
from reid_app.data.folders import require
from reid_app.data.mars_names import parse_tracklet_name, tracklet_name
from reid_app.data.mars_tables import TrackTable, read_mars_tables
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError

PUBLISHED = {
    "train": Figures(identities=625, tracklets=8_298, cameras=6, pictures=509_914, distractors=0, junk=0),
    "query": Figures(identities=626, tracklets=1_980, cameras=6, distractors=0, junk=0),
    "gallery": Figures(identities=634, tracklets=12_180, cameras=6, pictures=681_089, distractors=3_248, junk=870),
}


def read_mars(root: Path) -> ReidDataset:
    """The complete data set.

    Raises:
        InputError: A file, folder or crop is missing, a count or a name does not fit.
    """
    require(root, "info", "bbox_train", "bbox_test")
    info = root / "info"
    require(info, "train_name.txt", "test_name.txt")
    tables = read_mars_tables(info)
    train = _tracklets(tables.train, names_path=info / "train_name.txt", crops=root / "bbox_train")
    gallery = _tracklets(tables.test, names_path=info / "test_name.txt", crops=root / "bbox_test")
    query = tuple(gallery[row] for row in tables.query_rows_Q)
    return ReidDataset(name="mars", train=train, query=query, gallery=gallery)


def _tracklets(table: TrackTable, *, names_path: Path, crops: Path) -> tuple[LabelledTracklet, ...]:
    names = _read_names(names_path)
    if table.stop_N[-1] != len(names):
        raise InputError(
            f"{names_path} has {len(names)} names, the table of tracklets ends at {table.stop_N[-1]}: "
            "they belong to different versions, unpack both again"
        )
    _check_listed(names, crops=crops)
    rows = zip(table.start_N.tolist(), table.stop_N.tolist(), strict=True)
    labels = zip(table.labels.pids.tolist(), table.labels.camids.tolist(), strict=True)
    return tuple(
        _tracklet(names[start:stop], pid=pid, camid=camid, names_path=names_path, crops=crops)
        for (start, stop), (pid, camid) in zip(rows, labels, strict=True)
    )


def _tracklet(names: list[str], *, pid: int, camid: int, names_path: Path, crops: Path) -> LabelledTracklet:
    for shared in sorted({tracklet_name(name, where=names_path) for name in names}):
        said = parse_tracklet_name(shared)
        if said != (pid, camid):
            raise InputError(
                f"{names_path} names {shared} in a tracklet to which the table gives identity {pid} and "
                f"camera {camid + 1}: they belong to different versions, unpack both again"
            )
    folder = crops / names[0][:4]
    return LabelledTracklet(
        name=names[0].removesuffix(".jpg"), pid=pid, camid=camid, frame_paths=tuple(folder / name for name in names)
    )


def _read_names(path: Path) -> list[str]:
    names = path.read_text(encoding="ascii", errors="replace").split()
    if len(set(names)) != len(names):
        name, count = Counter(names).most_common(1)[0]
        raise InputError(f"{path} names {name} {count} times: unpack it again")
    return names


def _check_listed(names: list[str], *, crops: Path) -> None:
    listed: dict[str, set[str]] = {}
    for name in names:
        folder = name[:4]
        if folder not in listed:
            listed[folder] = set(os.listdir(crops / folder)) if (crops / folder).is_dir() else set()
        if name not in listed[folder]:
            raise InputError(f"the crop {crops / folder / name} is missing: unpack {crops.name} again")
