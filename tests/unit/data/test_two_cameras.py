"""iLIDS-VID and PRID2011."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reid_app.data.ilids_vid import read_ilids_vid
from reid_app.data.prid2011 import read_prid2011
from reid_app.errors import InputError
from tests.unit.data.trees import (
    ILIDS_SPLITS,
    prid_splits,
    write_ilids_splits,
    write_ilids_vid,
    write_picture,
    write_prid2011,
)

Break = Callable[[Path], object]
SEQUENCES = Path("i-LIDS-VID") / "sequences"


@pytest.fixture
def ilids(tmp_path: Path) -> Path:
    return write_ilids_vid(tmp_path / "ilids-vid")


@pytest.fixture
def prid(tmp_path: Path) -> Path:
    return write_prid2011(tmp_path / "prid2011")


@pytest.mark.parametrize(
    ("split", "train", "test"), [(0, [14, 317], [1, 2]), (1, [1, 2], [14, 317]), (9, [2, 317], [1, 14])]
)
def test_ilids_first_half_of_a_row_tests(ilids: Path, split: int, train: list[int], test: list[int]) -> None:
    dataset = read_ilids_vid(ilids, split=split)
    assert [(each.pid, each.camid) for each in dataset.train] == [(pid, camid) for pid in train for camid in (0, 1)]
    assert [(each.pid, each.camid) for each in dataset.query] == [(pid, 0) for pid in test]
    assert [(each.pid, each.camid) for each in dataset.gallery] == [(pid, 1) for pid in test]


def test_ilids_frames_are_in_order(ilids: Path) -> None:
    query = read_ilids_vid(ilids, split=0).query[1]
    assert query.name == "cam1/person002"
    assert [path.relative_to(ilids / SEQUENCES).as_posix() for path in query.frame_paths] == [
        "cam1/person002/cam1_person002_00317.png",
        "cam1/person002/cam1_person002_00318.png",
    ]


BROKEN_ILIDS: list[tuple[Break, str]] = [
    (lambda root: shutil.rmtree(root / SEQUENCES / "cam2"), "holds no i-LIDS-VID/sequences/cam2"),
    (lambda root: shutil.rmtree(root / "train-test people splits"), r"holds no .*train_test_splits_ilidsvid\.mat"),
    (lambda root: shutil.rmtree(root / SEQUENCES / "cam2" / "person014"), "only one of cam1 and cam2 has person014"),
    (lambda root: write_ilids_splits(root, ILIDS_SPLITS[:9]), r"10 rows.*1 to 4 .*\(9, 4\)"),
    (lambda root: write_ilids_splits(root, [[1, 2, 3]] * 10), r"1 to 4 .*\(10, 3\)"),
    (lambda root: write_ilids_splits(root, [[1, 2, 3, 5]] * 10), "1 to 4"),
    (lambda root: write_ilids_splits(root, [[0, 1, 2, 3]] * 10), "1 to 4"),
    (lambda root: write_ilids_splits(root, [[1, 2, 2, 4]] * 10), "1 to 4"),
    (
        lambda root: (
            [write_picture(root / SEQUENCES / camera / "guard" / "1.png") for camera in ("cam1", "cam2")]
            and write_ilids_splits(root, [[1, 2, 3, 4, 5]] * 10)
        ),
        "guard is not named by a person's number",
    ),
    (lambda root: [path.unlink() for path in root.glob("**/cam1_person001_*")], "person001 holds no picture"),
]


@pytest.mark.parametrize(("break_it", "message"), BROKEN_ILIDS)
def test_a_broken_ilids_is_named(ilids: Path, break_it: Break, message: str) -> None:
    break_it(ilids)
    with pytest.raises(InputError, match=message):
        read_ilids_vid(ilids, split=0)


@pytest.mark.parametrize(("split", "train", "test"), [(0, [1, 4], [3, 9]), (1, [1, 3], [4, 9])])
def test_prid_takes_the_persons_of_a_split(prid: Path, split: int, train: list[int], test: list[int]) -> None:
    dataset = read_prid2011(prid, split=split)
    assert [(each.pid, each.camid) for each in dataset.train] == [(pid, camid) for pid in train for camid in (0, 1)]
    assert [(each.pid, each.camid) for each in dataset.query] == [(pid, 0) for pid in test]
    assert [(each.pid, each.camid) for each in dataset.gallery] == [(pid, 1) for pid in test]
    assert [path.name for path in dataset.query[0].frame_paths] == ["0001.png", "0002.png"]
    assert dataset.gallery[0].frame_paths[0].parent.parent == prid / "prid_2011" / "multi_shot" / "cam_b"


def prid_with(splits: object) -> Break:
    return lambda root: (root / "splits_prid2011.json").write_text(json.dumps(splits))


BROKEN_PRID: list[tuple[Break, str]] = [
    (lambda root: (root / "splits_prid2011.json").unlink(), r"holds no splits_prid2011\.json"),
    (lambda root: (root / "splits_prid2011.json").write_text("["), r"splits_prid2011\.json is not a JSON file"),
    (lambda root: (root / "splits_prid2011.json").write_bytes(b"\xff"), "not a JSON file"),
    (prid_with(prid_splits()[:9]), "list of 10 objects"),
    (prid_with({"train": [], "test": []}), "list of 10 objects"),
    (prid_with([{"train": ["person_0001"]}] * 10), "lists train and test"),
    (prid_with([{"train": ["person_0001"], "test": []}] * 10), "lists train and test"),
    (prid_with([{"train": [1], "test": [2]}] * 10), "lists train and test"),
    (prid_with([{"train": ["person_0001"], "test": ["person_0001"]}] * 10), "lists person_0001 2 times"),
    (prid_with([{"train": ["person_0001"], "test": ["person_0002"]}] * 10), r"no folder .*cam_a/person_0002"),
    (prid_with([{"train": ["person_0001"], "test": ["../cam_b"]}] * 10), "not named by a person's number"),
    (lambda root: shutil.rmtree(root / "prid_2011" / "multi_shot" / "cam_b"), "holds no prid_2011/multi_shot/cam_b"),
]


@pytest.mark.parametrize(("break_it", "message"), BROKEN_PRID)
def test_a_broken_prid_is_named(prid: Path, break_it: Break, message: str) -> None:
    break_it(prid)
    with pytest.raises(InputError, match=message):
        read_prid2011(prid, split=0)
