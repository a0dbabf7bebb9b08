import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reid_app.data.lpw import read_lpw
from reid_app.errors import InputError
from tests.unit.data.trees import write_lpw, write_picture


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_lpw(tmp_path / "pep_256x128")


def test_view_two_of_scene_one_asks_the_others(root: Path) -> None:
    dataset = read_lpw(root)
    assert [each.name for each in dataset.query] == ["scen1/view2/1", "scen1/view2/5", "scen1/view2/8"]
    assert [each.name for each in dataset.gallery] == ["scen1/view1/1", "scen1/view1/5", "scen1/view3/8"]
    assert [each.pid for each in dataset.query] == [1, 2, 3]
    assert [each.pid for each in dataset.gallery] == [1, 2, 3]
    assert [each.camid for each in dataset.query] == [1, 1, 1]
    assert [each.camid for each in dataset.gallery] == [0, 0, 2]


def test_a_number_is_another_person_in_another_scene(root: Path) -> None:
    dataset = read_lpw(root)
    people = {each.pid: each.name.split("/")[::2] for each in (*dataset.train, *dataset.query, *dataset.gallery)}
    assert people == {
        pid: [scene, person]
        for pid, (scene, person) in enumerate(
            [
                ("scen1", "1"),
                ("scen1", "5"),
                ("scen1", "8"),
                ("scen2", "1"),
                ("scen2", "3"),
                ("scen3", "5"),
                ("scen3", "7"),
            ],
            start=1,
        )
    }
    assert sorted({each.camid for each in dataset.train}) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert len(dataset.train) == 11


def test_all_pictures_of_a_person_in_a_view_are_one_tracklet_in_order(root: Path) -> None:
    dataset = read_lpw(root)
    assert [path.name for path in dataset.query[0].frame_paths] == ["9.jpg", "10.jpg", "101.jpg"]
    read = [path for each in (*dataset.train, *dataset.query, *dataset.gallery) for path in each.frame_paths]
    assert sorted(read) == sorted(root.glob("scen*/view*/*/*.jpg"))


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda root: shutil.rmtree(root / "scen3"), "pep_256x128 holds no scen3"),
        (
            lambda root: shutil.rmtree(root / "scen2" / "view4"),
            "scen2 should hold view1, view2, view3, view4, it holds",
        ),
        (
            lambda root: write_picture(root / "scen1" / "view4" / "1" / "1.jpg"),
            "scen1 should hold view1, view2, view3,",
        ),
        (lambda root: write_picture(root / "scen1" / "view1" / "1a" / "1.jpg"), "1a is not named by a person's number"),
        (lambda root: (root / "scen1" / "view1" / "77").mkdir(), "77 holds no picture"),
        (lambda root: write_picture(root / "scen1" / "view1" / "5" / "x" / "1.jpg"), "x is a folder too deep"),
    ],
)
def test_a_broken_tree_is_named(root: Path, break_it: Callable[[Path], object], message: str) -> None:
    break_it(root)
    with pytest.raises(InputError, match=message):
        read_lpw(root)


def test_the_slim_copys_folder_is_recognised(tmp_path: Path) -> None:
    write_lpw(tmp_path / "data_slim")
    with pytest.raises(InputError, match=r"did you mean .*data_slim"):
        read_lpw(tmp_path)
