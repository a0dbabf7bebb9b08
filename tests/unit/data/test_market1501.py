from pathlib import Path

import pytest

from reid_app.data.market1501 import read_market1501
from reid_app.errors import InputError
from tests.unit.data.trees import write_market1501, write_picture


def test_three_folders_of_single_pictures(tmp_path: Path) -> None:
    dataset = read_market1501(write_market1501(tmp_path))
    assert [(each.pid, each.camid) for each in dataset.train] == [(2, 0), (2, 1), (7, 2)]
    assert [(each.pid, each.camid) for each in dataset.query] == [(1, 0), (1, 5)]
    assert [(each.pid, each.camid) for each in dataset.gallery] == [(0, 1), (1, 0), (1, 5), (-1, 0)]
    assert dataset.gallery[1].frame_paths == (tmp_path / "bounding_box_test" / "0001_c1s1_001051_03.jpg",)
    names = [each.name for part in (dataset.train, dataset.query, dataset.gallery) for each in part]
    assert len(set(names)) == len(names) == 9


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ("bounding_box_test/0001_c7s1_001051_00.jpg", "0001_c7s1_001051_00.jpg does not fit"),
        ("bounding_box_test/1_c1s1_001051_00.jpg", "1_c1s1_001051_00.jpg does not fit"),
        ("bounding_box_test/0001C1T0001F001.jpg", "0001C1T0001F001.jpg does not fit"),
        ("bounding_box_train/-1_c1s1_001051_00.jpg", "-1_c1s1_001051_00.jpg is no person"),
        ("query/0000_c1s1_001051_00.jpg", "0000_c1s1_001051_00.jpg is no person"),
        ("query/more/0001_c1s1_001051_00.jpg", "more is a folder too deep"),
    ],
)
def test_a_picture_that_does_not_fit_is_named(tmp_path: Path, picture: str, message: str) -> None:
    write_market1501(tmp_path)
    write_picture(tmp_path / picture)
    with pytest.raises(InputError, match=message):
        read_market1501(tmp_path)


def test_the_archives_folder_is_recognised(tmp_path: Path) -> None:
    write_market1501(tmp_path / "Market-1501-v15.09.15")
    with pytest.raises(InputError, match=r"holds no bounding_box_train: did you mean .*Market-1501-v15\.09\.15\?"):
        read_market1501(tmp_path)
