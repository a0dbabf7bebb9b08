"""Reading pictures from files and from stored tracklets."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from reid_app.data.pictures import read_picture
from reid_app.errors import DamagedError, InputError
from reid_app.tracklets.store import CropStore
from tests.fakes import make_tracklet

GRADIENT = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(6, 5, 3)


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "person.png"
    assert cv2.imwrite(str(path), GRADIENT[:, :, ::-1])
    return path


def test_a_file_is_read_as_rgb(png: Path) -> None:
    image = read_picture(png)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, GRADIENT)


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((1.0, 2.0, 3.0, 5.0), slice(2, 5), slice(1, 3)),
        ((1.7, 2.9, 2.1, 4.0), slice(2, 4), slice(1, 3)),
        ((-4.0, -1.0, 99.0, 99.0), slice(0, 6), slice(0, 5)),
    ],
)
def test_a_box_cuts_every_pixel_that_it_touches(
    png: Path, box: tuple[float, float, float, float], rows: slice, columns: slice
) -> None:
    image = read_picture(png, box_xyxy=box)
    np.testing.assert_array_equal(image, GRADIENT[rows, columns])
    assert image.flags["C_CONTIGUOUS"]


def test_a_box_outside_is_named(png: Path) -> None:
    with pytest.raises(InputError, match=r"box \(5.0, 0.0, 9.0, 3.0\) of .*person.png.*5 x 6"):
        read_picture(png, box_xyxy=(5.0, 0.0, 9.0, 3.0))


def test_a_crop_of_a_stored_tracklet_is_read_from_its_file(tmp_path: Path) -> None:
    tracklet = make_tracklet()
    store = CropStore(tmp_path)
    stored = store.write(tracklet, folder="run")
    expected = store.read(stored.path).crops
    for position, crop in enumerate(expected):
        np.testing.assert_array_equal(read_picture(tmp_path / stored.path / f"{position:03d}.jpg"), crop.image)
    with pytest.raises(InputError, match=r"holds no picture 999\.jpg"):
        read_picture(tmp_path / stored.path / "999.jpg")


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no picture .*none\.jpg"):
        read_picture(tmp_path / "none.jpg")
    with pytest.raises(InputError, match=r"no picture .*none.zip/000.jpg"):
        read_picture(tmp_path / "none.zip" / "000.jpg")
    with pytest.raises(InputError, match="no picture"):
        read_picture(tmp_path)
    for name, content in {"empty.jpg": b"", "text.jpg": b"not a picture"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DamagedError, match=f"{name} is not a readable picture"):
            read_picture(tmp_path / name)
    (tmp_path / "broken.zip").write_bytes(b"not a zip")
    with pytest.raises(DamagedError, match=r"stored tracklet .*broken.zip is damaged"):
        read_picture(tmp_path / "broken.zip" / "000.jpg")


def test_a_truncated_stored_crop_is_named(tmp_path: Path) -> None:
    stored = CropStore(tmp_path).write(make_tracklet(), folder="run")
    path = tmp_path / stored.path
    content = bytearray(path.read_bytes())
    start = content.index(b"\xff\xd8")
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=r"\.zip is damaged"):
        read_picture(path / "000.jpg")
