"""Folders of one's own, and folders of MARS crops."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from reid_app.data.folder import read_folder
from reid_app.data.mars_crops import read_mars_crops
from reid_app.errors import InputError
from tests.unit.data.trees import mars_names, write_folder, write_picture, write_pictures

PEOPLE = {"ada/yard/0": 11, "ada/gate/0": 2, "ada/gate/1": 1, "bob/yard/0": 1}
CROPS = mars_names([(1, 2, 3, 4), (3, 3, 3, 1), (4, 6, 12, 6)])


def test_identities_and_cameras_are_numbered_in_the_order_of_their_names(tmp_path: Path) -> None:
    dataset = read_folder(write_folder(tmp_path, PEOPLE))
    read = [(each.name, each.pid, each.camid, len(each.frame_paths)) for each in dataset.gallery]
    assert read == [("ada/gate/0", 1, 0, 2), ("ada/gate/1", 1, 0, 1), ("ada/yard/0", 1, 1, 11), ("bob/yard/0", 2, 1, 1)]
    assert dataset.train == dataset.query == dataset.gallery


def test_frames_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    frames = read_folder(write_folder(tmp_path, PEOPLE)).gallery[2].frame_paths
    assert [path.name for path in frames] == [f"{number}.jpg" for number in range(1, 12)]
    assert all(path.parent == tmp_path / "ada" / "yard" / "0" for path in frames)


def test_files_beside_are_passed_over(tmp_path: Path) -> None:
    write_folder(tmp_path, PEOPLE)
    expected = read_folder(tmp_path)
    for path in ("names.json", "ada/notes.txt", "ada/gate/.hidden.jpg", "ada/gate/0/times.json", "ada/gate/0/._1.jpg"):
        (tmp_path / path).write_text("{}")
    (tmp_path / ".git").mkdir()
    assert read_folder(tmp_path) == expected


def test_pictures_may_be_png_and_upper_case(tmp_path: Path) -> None:
    write_pictures(tmp_path / "ada" / "yard" / "0", ["1.PNG", "2.JPEG", "3.Jpg"])
    assert len(read_folder(tmp_path).gallery[0].frame_paths) == 3


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ("face.jpg", r"face\.jpg lies too high.*identity"),
        ("ada/face.jpg", r"face\.jpg lies too high.*camera"),
        ("ada/gate/face.png", r"face\.png lies too high.*tracklet"),
        ("ada/gate/0/more/face.jpg", r"more is a folder too deep"),
    ],
)
def test_a_picture_at_another_depth_is_named(tmp_path: Path, picture: str, message: str) -> None:
    write_folder(tmp_path, PEOPLE)
    write_picture(tmp_path / picture)
    with pytest.raises(InputError, match=message):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("eve", "eve holds no folder: it needs one for each camera"),
        ("eve/yard", "yard holds no folder: it needs one for each tracklet"),
        ("eve/yard/0", "0 holds no picture"),
    ],
)
def test_an_empty_folder_is_named(tmp_path: Path, folder: str, message: str) -> None:
    write_folder(tmp_path, PEOPLE)
    (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(InputError, match=message):
        read_folder(tmp_path)


def test_a_missing_or_empty_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no folder .*nowhere"):
        read_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match="each identity"):
        read_folder(tmp_path)


def test_mars_crops_are_grouped_by_their_names(tmp_path: Path) -> None:
    for name in reversed(CROPS):
        write_picture(tmp_path / "bbox_train" / name[:4] / name)
    dataset = read_mars_crops(tmp_path)
    read = [(each.name, each.pid, each.camid, [path.name for path in each.frame_paths]) for each in dataset.gallery]
    assert read == [
        ("0003C1T0002", 3, 0, CROPS[2:3]),
        ("0003C4T0001", 3, 3, CROPS[:2]),
        ("0012C6T0001", 12, 5, CROPS[3:]),
    ]
    assert dataset.train == dataset.query == dataset.gallery


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("0003/0004C1T0001F001.jpg", "0003 holds crops of another identity: 0004C1T0001"),
        ("0003/0003C7T0001F001.jpg", "0003C7T0001F001.jpg.*not a crop of MARS"),
        ("0003/0003C1T0001F001.png", "0003C1T0001F001.png.*not a crop of MARS"),
        ("0003/face.jpg", "'face.jpg', which is not a crop of MARS"),
    ],
)
def test_a_crop_that_does_not_fit_is_named(tmp_path: Path, path: str, message: str) -> None:
    write_picture(tmp_path / "bbox_train" / "0003" / "0003C1T0001F002.jpg")
    write_picture(tmp_path / "bbox_train" / path)
    with pytest.raises(InputError, match=message):
        read_mars_crops(tmp_path)


def test_the_folder_above_is_recognised(tmp_path: Path) -> None:
    write_picture(tmp_path / "mini" / "bbox_train" / "0003" / "0003C1T0001F002.jpg")
    with pytest.raises(InputError, match=r"holds no bbox_train: did you mean .*mini"):
        read_mars_crops(tmp_path)


def test_real_crops_of_mars(test_data_dir: Path) -> None:
    root = test_data_dir / "mini_mars"
    dataset = read_mars_crops(root)
    crops = sorted(root.glob("bbox_train/*/*.jpg"))
    assert len(crops) == 1719
    assert sorted(path for each in dataset.gallery for path in each.frame_paths) == crops
    naive = {(path.name[:4], path.name[5], path.name[7:11]) for path in crops}
    assert {(f"{each.pid:04d}", str(each.camid + 1), each.name[-4:]) for each in dataset.gallery} == naive
    assert len(dataset.gallery) == len(naive) == 32
    assert len({each.pid for each in dataset.gallery}) == 16


def test_real_people_of_two_cameras(test_data_dir: Path) -> None:
    root = test_data_dir / "pku_reid"
    dataset = read_folder(root)
    assert sorted(path for each in dataset.gallery for path in each.frame_paths) == sorted(root.glob("*/*/*/*.png"))
    assert sum(len(each.frame_paths) for each in dataset.gallery) == 496
    assert {each.pid: each.name[:3] for each in dataset.gallery} == {
        pid: path.name for pid, path in enumerate(sorted(root.iterdir()), start=1)
    }
    cameras = np.zeros((32, 2), np.int64)
    for each in dataset.gallery:
        cameras[each.pid, each.camid] += 1
    assert (cameras[1:] == 1).all()
    assert cv2.imread(str(dataset.gallery[0].frame_paths[0])).shape == (128, 48, 3)
