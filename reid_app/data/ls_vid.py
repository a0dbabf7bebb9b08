"""LS-VID: 3,772 people, 15 cameras.

Li et al., "Global-Local Temporal Representations for Video Person Re-Identification", ICCV 2019. Below the root lie
``list_sequence/list_seq_train.txt`` and ``list_seq_test.txt`` (a line a tracklet: path prefix, identity), and
``test/data/info_test.mat`` (MATLAB 7.3) whose ``query`` holds rows of the test list, counted from 1; some copies keep
both in ``info/list_sequence`` and ``info/data``. A tracklet's pictures are those whose names go on behind its prefix
with ``_``; the third field between ``_`` is the camera.

The gallery is what the test list holds besides the queries, as the published counts have it; the authors' validation
part (200 people) is not read. Long tracklets stay whole; cutting them is the loader's business.
"""

import os
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reid_app.data.figures import Figures
from reid_app.data.folders import is_picture, natural_sorted, require
from reid_app.data.mat_files import whole_numbers
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError

PUBLISHED = {
    "train": Figures(identities=842, tracklets=2_831),
    "query": Figures(tracklets=3_504),
    "gallery": Figures(tracklets=7_829),
}

_NUM_CAMERAS = 15
_BEHIND_UNDERSCORE = chr(ord("_") + 1)


class _Line(NamedTuple):
    prefix: str
    identity: int


def read_ls_vid(root: Path) -> ReidDataset:
    """Data set of the lists; identities are numbered anew, those of the test list behind those of the training list.

    Raises:
        InputError: A file is missing or damaged, a tracklet has no picture, or pictures of two cameras.
    """
    lists, data = ("info/list_sequence", "info/data") if (root / "info").is_dir() else ("list_sequence", "test/data")
    require(root, f"{lists}/list_seq_train.txt", f"{lists}/list_seq_test.txt", f"{data}/info_test.mat")
    train_lines = _read_list(root / lists / "list_seq_train.txt")
    test_lines = _read_list(root / lists / "list_seq_test.txt")
    rows = _read_query_rows(root / data / "info_test.mat", num_tracklets=len(test_lines))
    folders = {(root / line.prefix).parent for line in (*train_lines, *test_lines)}
    names = {folder: _picture_names(folder) for folder in sorted(folders)}
    train = _tracklets(train_lines, first_pid=1, root=root, names=names)
    test = _tracklets(test_lines, first_pid=len({line.identity for line in train_lines}) + 1, root=root, names=names)
    queries = set(rows.tolist())
    return ReidDataset(
        name="ls-vid",
        train=train,
        query=tuple(test[row] for row in rows),
        gallery=tuple(tracklet for row, tracklet in enumerate(test) if row not in queries),
    )


def _read_list(path: Path) -> list[_Line]:
    lines = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        prefix, _, identity = text.rpartition(" ")
        if not prefix or not (identity.isascii() and identity.isdecimal()):
            raise InputError(f"{path}: {text!r} is not a path and an identity: unpack it again")
        lines.append(_Line(prefix=prefix, identity=int(identity)))
    if len({line.prefix for line in lines}) != len(lines) or not lines:
        raise InputError(f"{path} is empty or names a tracklet twice: unpack it again")
    return lines


def _read_query_rows(path: Path, *, num_tracklets: int) -> NDArray[np.int64]:
    import h5py

    try:
        with h5py.File(str(path), "r") as file:
            table = np.asarray(file["query"])
    except (OSError, KeyError) as error:
        raise InputError(f"{path} is not a MATLAB 7.3 file with the variable query: unpack it again") from error
    rows = whole_numbers(table, path=path).ravel() - 1
    if not len(rows) or rows.min() < 0 or rows.max() >= num_tracklets or len(np.unique(rows)) != len(rows):
        raise InputError(f"{path}: query should hold different rows from 1 to {num_tracklets}: unpack it again")
    return rows


def _picture_names(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}: unpack its part of the data set")
    return sorted(name for name in os.listdir(folder) if is_picture(name))


def _tracklets(
    lines: Sequence[_Line], *, first_pid: int, root: Path, names: Mapping[Path, Sequence[str]]
) -> tuple[LabelledTracklet, ...]:
    identities = sorted({line.identity for line in lines})
    pids = {identity: pid for pid, identity in enumerate(identities, start=first_pid)}
    return tuple(_tracklet(line.prefix, pid=pids[line.identity], root=root, names=names) for line in lines)


def _tracklet(prefix: str, *, pid: int, root: Path, names: Mapping[Path, Sequence[str]]) -> LabelledTracklet:
    folder, start = (root / prefix).parent, (root / prefix).name
    listed = names[folder]
    own = listed[bisect_left(listed, f"{start}_") : bisect_left(listed, f"{start}{_BEHIND_UNDERSCORE}")]
    if not own:
        raise InputError(f"{folder} has no picture {start}_*: unpack its part of the data set again")
    cameras = {_camera(name) for name in own}
    if len(cameras) != 1 or not 1 <= min(cameras) <= _NUM_CAMERAS:
        raise InputError(
            f"the pictures {folder / start}_* should be of one camera from 1 to {_NUM_CAMERAS} and named like "
            f"TRACKLET_FRAME_CAMERA_NUMBER.jpg, such as {own[0]}: unpack them again"
        )
    return LabelledTracklet(
        name=prefix,
        pid=pid,
        camid=cameras.pop() - 1,
        frame_paths=tuple(folder / name for name in natural_sorted(own)),
    )


def _camera(name: str) -> int:
    """Camera of a picture's name, 0 where the name has none."""
    fields = name.split("_")
    return int(fields[2]) if len(fields) > 3 and fields[2].isascii() and fields[2].isdecimal() else 0
