"""CUB-200-2011 and CARS196: half of the classes train, the others ask and are searched."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reid_app.data.cars196 import read_cars196
from reid_app.data.cub200 import read_cub200
from reid_app.errors import InputError
from tests.unit.data.trees import cars_rows, write_cars196, write_cars_table, write_cub200

Break = Callable[[Path], object]


def test_cub_whole(tmp_path: Path) -> None:
    dataset = read_cub200(write_cub200(tmp_path), is_cropped=False)
    assert [each.pid for each in dataset.train] == [1, 1, 2, 2]
    assert [each.pid for each in dataset.query] == [3, 3, 4, 4]
    assert dataset.gallery == dataset.query
    assert dataset.train[1].frame_paths == (tmp_path / "images" / "001.Albatross" / "Albatross_0010_10.jpg",)
    assert {each.box_xyxy for each in dataset.gallery} == {None}
    assert {each.camid for each in (*dataset.train, *dataset.gallery)} == {0}


def test_cub_cropped_turns_width_and_height_into_corners(tmp_path: Path) -> None:
    dataset = read_cub200(write_cub200(tmp_path), is_cropped=True)
    boxes = [each.box_xyxy for each in (*dataset.train, *dataset.gallery)]
    assert boxes == [(number, 2.0, number + 2.0, 7.0) for number in range(8)]


def replaced(file: str, old: str, new: str) -> Break:
    def replace(root: Path) -> None:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new))

    return replace


BROKEN_CUB: list[tuple[Break, str]] = [
    (lambda root: (root / "bounding_boxes.txt").unlink(), r"holds no bounding_boxes\.txt"),
    (replaced("images.txt", "8 004", "9 004"), r"image_class_labels\.txt and images\.txt differ: .*picture 8"),
    (replaced("bounding_boxes.txt", "3 2.0 2.0 2.0 5.0\n", ""), r"bounding_boxes\.txt and images\.txt differ"),
    (replaced("images.txt", "8 004", "7 004"), r"images\.txt: '7 004.* new picture"),
    (replaced("images.txt", "8 004", "eight 004"), "'eight 004"),
    (replaced("images.txt", "_10.jpg", " 10.jpg"), "one path, one class"),
    (replaced("image_class_labels.txt", "8 4", "8 3"), r"image_class_labels\.txt gives 004\.Card.* the class 3"),
    (replaced("image_class_labels.txt", "8 4", "8 four"), "one path, one class"),
    (replaced("bounding_boxes.txt", "1 0.0 2.0 2.0 5.0", "1 0.0 2.0 2.0"), "one path, one class"),
    (replaced("bounding_boxes.txt", "1 0.0 2.0 2.0 5.0", "1 0.0 2.0 -2.0 5.0"), r"box \(0\.0, 2\.0, -2\.0, .* empty"),
    (
        lambda root: (root / "images" / "001.Albatross" / "Albatross_0009_9.jpg").unlink(),
        r"images\.txt names 001\.Albatross/Albatross_0009_9\.jpg, which is not in",
    ),
    (replaced("images.txt", "Albatross_0009_9", "Albatross_0010_10"), "Albatross_0010_10.jpg twice"),
    (lambda root: (root / "images.txt").write_text(""), r"images\.txt is empty"),
]


@pytest.mark.parametrize(("break_it", "message"), BROKEN_CUB)
def test_a_broken_cub_is_named(tmp_path: Path, break_it: Break, message: str) -> None:
    break_it(write_cub200(tmp_path))
    with pytest.raises(InputError, match=message):
        read_cub200(tmp_path, is_cropped=True)


def test_cars_whole(tmp_path: Path) -> None:
    dataset = read_cars196(write_cars196(tmp_path), is_cropped=False)
    assert [each.pid for each in dataset.train] == [1, 1, 2, 2]
    assert [each.pid for each in dataset.query] == [3, 3, 4, 4]
    assert dataset.gallery == dataset.query
    assert dataset.train[0].frame_paths == (tmp_path / "car_ims" / "000001.jpg",)
    assert {each.box_xyxy for each in dataset.gallery} == {None}


def test_cars_cropped_counts_pixels_from_zero(tmp_path: Path) -> None:
    dataset = read_cars196(write_cars196(tmp_path), is_cropped=True)
    assert {each.box_xyxy for each in (*dataset.train, *dataset.gallery)} == {(0.0, 1.0, 4.0, 8.0)}


def with_row(row: int, **changes: object) -> Break:
    fields = ("path", "x1", "y1", "x2", "y2", "label", "test")
    rows = cars_rows()
    rows[row] = tuple((dict(zip(fields, rows[row], strict=True)) | changes).values())
    return lambda root: write_cars_table(root, rows)


BROKEN_CARS: list[tuple[Break, str]] = [
    (lambda root: (root / "cars_annos.mat").unlink(), r"holds no cars_annos\.mat"),
    (lambda root: (root / "cars_annos.mat").write_bytes(b"text"), "not a readable MATLAB file"),
    (lambda root: write_cars_table(root, []), r"cars_annos\.mat: annotations should be a list of relative_im_path"),
    (with_row(3, path="car_ims/000009.jpg"), r"names car_ims/000009\.jpg, which is not in"),
    (with_row(3, path="car_ims/000001.jpg"), r"names car_ims/000001\.jpg twice"),
    (with_row(3, path="../secret.jpg"), r"should lie in car_ims .*secret\.jpg"),
    (with_row(3, label=0), "have a class from 1, got .* and 0"),
    (with_row(7, label=6), r"cars_annos\.mat has no picture of class 5 of 6"),
    (with_row(3, x1=[1, 2]), "where one value belongs"),
    (with_row(3, x2=0), r"box \(0\.0, 1\.0, 0\.0, 8\.0\) of car_ims/000004\.jpg is empty"),
]


@pytest.mark.parametrize(("break_it", "message"), BROKEN_CARS)
def test_broken_cars_are_named(tmp_path: Path, break_it: Break, message: str) -> None:
    break_it(write_cars196(tmp_path))
    with pytest.raises(InputError, match=message):
        read_cars196(tmp_path, is_cropped=True)
