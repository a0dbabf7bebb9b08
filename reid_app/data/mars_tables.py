"""MARS's tables of tracklets, which can be read without any picture.

Shape letters: N tracklets of a part, Q queries.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_app.data.mat_files import read_mat, whole_numbers
from reid_app.errors import InputError
from reid_app.evaluation.labels import DISTRACTOR_PID, JUNK_PID, Labels

_NUM_CAMERAS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackTable:
    """Tracklets as runs of lines in a list of crop names."""

    start_N: NDArray[np.int64]
    """First line of each tracklet, from 0; the file counts from 1."""
    stop_N: NDArray[np.int64]
    """Line behind the last of each tracklet."""
    labels: Labels
    """Identities, distractors and junk included, and cameras from 0."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarsTables:
    """Who was filmed where, and who asks."""

    train: TrackTable
    test: TrackTable
    """The gallery: it holds the queries too."""
    query_rows_Q: NDArray[np.int64]
    """Rows of the test table, from 0."""


def read_mars_tables(info: Path) -> MarsTables:
    """Tables of the folder ``info``: ``tracks_train_info.mat``, ``tracks_test_info.mat`` and ``query_IDX.mat``.

    Raises:
        InputError: A file is missing or damaged, a value is out of range, or the parts share a person.
    """
    train = _read_tracks(info / "tracks_train_info.mat", variable="track_train_info")
    test = _read_tracks(info / "tracks_test_info.mat", variable="track_test_info")
    if (train.labels.pids <= DISTRACTOR_PID).any():
        raise InputError(f"{info / 'tracks_train_info.mat'} should hold people only, neither distractors nor junk")
    shared = np.intersect1d(train.labels.pids, test.labels.pids)
    if len(shared):
        raise InputError(f"the tables of {info} share people, such as identity {shared[0]}: train and test may not")
    return MarsTables(train=train, test=test, query_rows_Q=_read_queries(info / "query_IDX.mat", test=test))


def _read_tracks(path: Path, *, variable: str) -> TrackTable:
    table = whole_numbers(read_mat(path, variable=variable), path=path)
    if table.ndim != 2 or table.shape[1] != 4 or not len(table):
        raise InputError(f"{path}: {variable} should have the columns first, last, identity, camera, got {table.shape}")
    first, last, pids, cameras = (np.ascontiguousarray(column) for column in table.T)
    for name, wrong in {
        "last line is before its first": last < first,
        "identity is below -1": pids < JUNK_PID,
        f"camera is not 1 to {_NUM_CAMERAS}": (cameras < 1) | (cameras > _NUM_CAMERAS),
        "first line does not follow the last of the row above": first != np.append(1, last[:-1] + 1),
    }.items():
        if wrong.any():
            row = int(wrong.argmax())
            raise InputError(f"{path}: the {name} in row {row + 1}, {table[row].tolist()}: unpack it again")
    return TrackTable(start_N=first - 1, stop_N=last, labels=Labels(pids=pids, camids=cameras - 1))


def _read_queries(path: Path, *, test: TrackTable) -> NDArray[np.int64]:
    rows = whole_numbers(read_mat(path, variable="query_IDX"), path=path).ravel() - 1
    if not len(rows) or rows.min() < 0 or rows.max() >= len(test):
        raise InputError(f"{path} should name rows 1 to {len(test)} of the test table: unpack it again")
    if len(np.unique(rows)) != len(rows):
        raise InputError(f"{path} names a row twice: unpack it again")
    if (test.labels.pids[rows] <= DISTRACTOR_PID).any():
        raise InputError(f"{path} names rows that are no person: it belongs to another test table")
    return rows
