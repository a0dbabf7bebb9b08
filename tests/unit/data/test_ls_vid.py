from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from reid_app.data.ls_vid import read_ls_vid
from reid_app.errors import InputError
from tests.unit.data.trees import write_ls_vid, write_ls_vid_queries, write_picture

Break = Callable[[Path], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_ls_vid(tmp_path / "LS-VID")


def test_queries_are_not_in_the_gallery(root: Path) -> None:
    dataset = read_ls_vid(root)
    assert [(each.name, each.camid) for each in dataset.query] == [
        ("tracklet_test/0000/0001", 1),
        ("tracklet_test/0009/0002", 1),
    ]
    assert [(each.name, each.camid) for each in dataset.gallery] == [
        ("tracklet_test/0000/0002", 6),
        ("tracklet_test/0009/0001", 6),
    ]


def test_identities_of_the_two_lists_do_not_meet(root: Path) -> None:
    dataset = read_ls_vid(root)
    assert [each.pid for each in dataset.train] == [1, 1, 2]
    assert [each.pid for each in dataset.query] == [3, 4]
    assert [each.pid for each in dataset.gallery] == [3, 4]


def test_a_prefix_takes_its_own_pictures_only_and_in_order(root: Path) -> None:
    write_picture(root / "tracklet_train" / "0000" / "00010_0001_03_000041.jpg")
    first, second, _ = read_ls_vid(root).train
    assert [path.name for path in first.frame_paths] == ["0001_0001_03_000041.jpg", "0001_0002_03_000042.jpg"]
    assert [path.name for path in second.frame_paths] == ["0012_0001_15_000041.jpg", "0012_0002_15_000042.jpg"]
    assert (first.camid, second.camid) == (2, 14)


def test_the_other_place_of_the_tables(root: Path, tmp_path: Path) -> None:
    other = write_ls_vid(tmp_path / "other", lists="info/list_sequence", data="info/data")
    names = [[each.name for each in part] for part in (read_ls_vid(other).query, read_ls_vid(other).gallery)]
    assert names == [[each.name for each in part] for part in (read_ls_vid(root).query, read_ls_vid(root).gallery)]


def test_query_rows_may_stand_in_a_column(root: Path) -> None:
    expected = read_ls_vid(root)
    with h5py.File(root / "test" / "data" / "info_test.mat", "w") as file:
        file["query"] = [[1], [4]]
    assert read_ls_vid(root) == expected


def queries(rows: list[float]) -> Break:
    return lambda root: write_ls_vid_queries(root / "test" / "data" / "info_test.mat", rows)


def added_line(line: str) -> Break:
    def add(root: Path) -> None:
        path = root / "list_sequence" / "list_seq_train.txt"
        path.write_text(path.read_text() + line)

    return add


def without_query(root: Path) -> None:
    with h5py.File(root / "test" / "data" / "info_test.mat", "w") as file:
        file["other"] = [1]


BROKEN: list[tuple[Break, str]] = [
    (
        lambda root: (root / "list_sequence" / "list_seq_test.txt").unlink(),
        r"holds no list_sequence/list_seq_test\.txt",
    ),
    (lambda root: (root / "list_sequence" / "list_seq_test.txt").write_text(""), r"list_seq_test\.txt is empty"),
    (added_line("tracklet_train/0004/0002"), "'tracklet_train/0004/0002' is not a path and an identity"),
    (added_line("tracklet_train/0004/0002 -1"), "0002 -1' is not a path and an identity"),
    (added_line("tracklet_train/0004/0001 4"), r"list_seq_train\.txt is empty or names a tracklet twice"),
    (added_line("tracklet_train/0004/0002 4"), "0004 has no picture 0002_"),
    (added_line("tracklet_train/0005/0002 4"), "no folder .*0005"),
    (
        lambda root: (root / "test" / "data" / "info_test.mat").write_bytes(b"text"),
        r"info_test\.mat is not a MATLAB 7\.3",
    ),
    (without_query, r"info_test\.mat is not a MATLAB 7\.3 file with the variable query"),
    (queries([1, 5]), "different rows from 1 to 4"),
    (queries([0, 1]), "different rows from 1 to 4"),
    (queries([1, 1]), "different rows from 1 to 4"),
    (queries([1.5]), r"info_test\.mat should hold whole numbers"),
    (
        lambda root: write_picture(root / "tracklet_train" / "0004" / "0001_0003_02_000043.jpg"),
        r"0001_\* should be of one camera from 1 to 15",
    ),
    (
        lambda root: [
            path.rename(path.with_name(path.name.replace("_01_", "_16_"))) for path in root.glob("*n/0004/*")
        ],
        "camera from 1 to 15",
    ),
    (
        lambda root: [path.rename(path.with_name(f"0001_{path.name[5:9]}.jpg")) for path in root.glob("*n/0004/*")],
        "TRACKLET_FRAME_CAMERA_NUMBER",
    ),
]


@pytest.mark.parametrize(("break_it", "message"), BROKEN)
def test_a_broken_data_set_is_named(root: Path, break_it: Break, message: str) -> None:
    break_it(root)
    with pytest.raises(InputError, match=message):
        read_ls_vid(root)
