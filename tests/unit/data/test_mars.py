"""MARS: its tables alone, on the real ones too, and the complete data set."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from reid_app.data.mars import PUBLISHED, read_mars
from reid_app.data.mars_tables import read_mars_tables
from reid_app.errors import InputError
from tests.unit.data.trees import (
    MARS_QUERIES,
    MARS_TEST,
    MARS_TRAIN,
    mars_names,
    write_mars,
    write_mars_queries,
    write_mars_table,
    write_picture,
)

Break = Callable[[Path], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_mars(tmp_path / "mars")


def test_tables_count_from_zero(root: Path) -> None:
    tables = read_mars_tables(root / "info")
    assert tables.train.start_N.tolist() == [0, 3, 5]
    assert tables.train.stop_N.tolist() == [3, 5, 7]
    assert tables.train.labels.pids.tolist() == [1, 1, 3]
    assert tables.test.labels.pids.tolist() == [-1, 0, 0, 2, 2, 4, 4]
    assert tables.test.labels.camids.tolist() == [0, 5, 2, 0, 1, 0, 3]
    assert tables.query_rows_Q.tolist() == [3, 4, 6]


def test_the_complete_data_set(root: Path) -> None:
    dataset = read_mars(root)
    for listed, table, part in ((dataset.train, MARS_TRAIN, "train"), (dataset.gallery, MARS_TEST, "test")):
        names = mars_names(table)
        assert len(listed) == len(table)
        for tracklet, (first, last, pid, camera) in zip(listed, table, strict=True):
            assert (tracklet.pid, tracklet.camid) == (pid, camera - 1)
            assert [path.name for path in tracklet.frame_paths] == names[first - 1 : last]
            assert all(path.is_file() and path.parent.parent.name == f"bbox_{part}" for path in tracklet.frame_paths)
    assert dataset.query == tuple(dataset.gallery[row - 1] for row in MARS_QUERIES)
    assert dataset.gallery[0].name == "00-1C1T0001F001"


def test_crops_that_no_list_names_are_passed_over(root: Path) -> None:
    expected = read_mars(root)
    write_picture(root / "bbox_test" / "0002" / "0002C1T0009F001.jpg")
    (root / "bbox_test" / "0002" / "Thumbs.db").touch()
    assert read_mars(root) == expected


def change_row(part: str, row: int, column: int, value: float) -> Break:
    rows = [list(each) for each in (MARS_TRAIN if part == "train" else MARS_TEST)]
    rows[row][column] = value
    return lambda root: write_mars_table(root, part, [tuple(each) for each in rows])


def change_name(part: str, line: int, name: str) -> Break:
    def change(root: Path) -> None:
        path = root / "info" / f"{part}_name.txt"
        names = path.read_text().split()
        names[line] = name
        write_picture(root / f"bbox_{part}" / name[:4] / name)
        path.write_text("\n".join(names))

    return change


BROKEN_TABLES: list[tuple[Break, str]] = [
    (lambda root: (root / "info" / "query_IDX.mat").unlink(), r"no file .*query_IDX\.mat"),
    (lambda root: (root / "info" / "query_IDX.mat").write_bytes(b"text"), r"query_IDX\.mat is not a readable MATLAB"),
    (lambda root: savemat(root / "info" / "query_IDX.mat", {"other": 1}), r"query_IDX\.mat holds no variable query_ID"),
    (lambda root: write_mars_table(root, "test", [(1, 2, 1)]), r"tracks_test_info\.mat: .*columns.*\(1, 3\)"),
    (change_row("test", 1, 1, 2), r"tracks_test_info\.mat: the last line is before its first in row 2, \[3, 2, 0, 6\]"),
    (change_row("test", 1, 0, 2), "first line does not follow the last of the row above in row 2"),
    (change_row("test", 0, 0, 0), "first line does not follow .* in row 1"),
    (change_row("test", 2, 2, -2), "identity is below -1 in row 3"),
    (change_row("test", 2, 3, 7), "camera is not 1 to 6 in row 3"),
    (change_row("test", 2, 3, 0), "camera is not 1 to 6 in row 3"),
    (change_row("test", 2, 3, 1.5), r"tracks_test_info\.mat should hold whole numbers"),
    (change_row("test", 2, 3, np.nan), "whole numbers"),
    (change_row("train", 1, 2, 0), r"tracks_train_info\.mat should hold people only"),
    (change_row("train", 1, 2, 4), "share people, such as identity 4"),
    (lambda root: write_mars_queries(root, [4, 8]), r"query_IDX\.mat should name rows 1 to 7"),
    (lambda root: write_mars_queries(root, [0, 4]), "should name rows 1 to 7"),
    (lambda root: write_mars_queries(root, [4, 5, 4]), "names a row twice"),
    (lambda root: write_mars_queries(root, [1]), "rows that are no person"),
]


@pytest.mark.parametrize(("break_it", "message"), BROKEN_TABLES)
def test_broken_tables_are_named(root: Path, break_it: Break, message: str) -> None:
    break_it(root)
    with pytest.raises(InputError, match=message):
        read_mars_tables(root / "info")


BROKEN_SETS: list[tuple[Break, str]] = [
    (lambda root: shutil.rmtree(root / "bbox_test"), "mars holds no bbox_test: give the folder that holds info"),
    (lambda root: (root / "info" / "test_name.txt").unlink(), r"info holds no test_name\.txt"),
    (lambda root: shutil.rmtree(root / "bbox_test" / "0002"), r"crop .*0002C1T0001F001\.jpg is missing.*bbox_test"),
    (
        lambda root: (root / "bbox_train" / "0003" / "0003C1T0001F002.jpg").unlink(),
        r"crop .*0003C1T0001F002\.jpg is missing: unpack bbox_train again",
    ),
    (change_row("test", 6, 1, 15), r"test_name\.txt has 14 names, the table of tracklets ends at 15"),
    (change_row("test", 6, 1, 13), r"test_name\.txt has 14 names, the table of tracklets ends at 13"),
    (change_name("test", 5, "0002C1T0001F002.jpg"), r"names 0002C1T0001F002\.jpg 2 times"),
    (change_name("test", 6, "0004C1T0001F009.jpg"), "names 0004C1T0001 in a tracklet .* identity 2 and camera 1"),
    (change_name("test", 6, "0002C3T0001F009.jpg"), "names 0002C3T0001 in a tracklet .* identity 2 and camera 1"),
    (change_name("test", 6, "0002C1T0001X009.jpg"), "'0002C1T0001X009.jpg', which is not a crop of MARS"),
    (change_name("test", 6, "0002C1T0001F001.png"), "'0002C1T0001F001.png', which is not a crop of MARS"),
]


@pytest.mark.parametrize(("break_it", "message"), BROKEN_SETS)
def test_a_broken_data_set_is_named(root: Path, break_it: Break, message: str) -> None:
    break_it(root)
    with pytest.raises(InputError, match=message):
        read_mars(root)


def test_the_real_tables(test_data_dir: Path) -> None:
    info = test_data_dir / "mars_info"
    tables = read_mars_tables(info)
    assert (len(tables.train), len(tables.test), len(tables.query_rows_Q)) == (8298, 12180, 1980)

    train, test = tables.train, tables.test
    assert len(np.unique(train.labels.pids)) == PUBLISHED["train"].identities == 625
    assert np.bincount(train.labels.camids).tolist() == [1816, 1957, 1321, 750, 1880, 574]
    lengths = train.stop_N - train.start_N
    assert (lengths.min(), lengths.max(), np.median(lengths), round(lengths.mean(), 1)) == (5, 900, 36, 61.5)
    assert train.stop_N[-1] == PUBLISHED["train"].pictures == 509_914
    assert test.stop_N[-1] == PUBLISHED["gallery"].pictures == 681_089

    assert (test.labels.pids == -1).sum() == PUBLISHED["gallery"].junk == 870
    assert (test.labels.pids == 0).sum() == PUBLISHED["gallery"].distractors == 3248
    assert len(np.unique(test.labels.pids[test.labels.pids > 0])) == PUBLISHED["gallery"].identities == 634
    pids, camids = test.labels.pids[tables.query_rows_Q], test.labels.camids[tables.query_rows_Q]
    assert len(np.unique(pids)) == PUBLISHED["query"].identities == 626
    assert np.bincount(camids).tolist() == [524, 456, 319, 191, 384, 106]
    assert len(set(zip(pids.tolist(), camids.tolist(), strict=True))) == 1980

    raw = loadmat(info / "tracks_test_info.mat")["track_test_info"]
    first = int(loadmat(info / "query_IDX.mat")["query_IDX"][0, 0])
    row = tables.query_rows_Q[0]
    read = [test.start_N[row] + 1, test.stop_N[row], test.labels.pids[row], test.labels.camids[row] + 1]
    assert read == raw[first - 1].tolist() == [171_610, 171_649, 2, 1]
