import numpy as np
import pytest

from reid_app.data.pictures import read_picture
from reid_app.data.resized import ResizedPictures
from reid_app.errors import DamagedError, InputError
from reid_app.model.preprocess import resize_crop
from reid_app.tracking.quality import sharpness
from tests.unit.data.pictures import SMALL, write_tracklet


def test_pictures_and_parts_of_them_are_resized_as_in_serving(tmp_path):
    (path, *_) = write_tracklet(tmp_path, pid=1, size=(50, 40)).frame_paths
    pictures = ResizedPictures(SMALL, with_quality=False, memory_mib=1)
    for box in (None, (3.0, 4.0, 33.0, 44.0), None, (3.0, 4.0, 33.0, 44.0)):  # read, then kept
        expected = resize_crop(read_picture(path, box_xyxy=box), height=16, width=8)
        np.testing.assert_array_equal(pictures.read(path, box_xyxy=box).image, expected)


def test_quality_is_that_of_the_picture_on_disk(tmp_path):
    (path, *_) = write_tracklet(tmp_path, pid=1, size=(96, 40)).frame_paths
    measured = ResizedPictures(SMALL, with_quality=True, memory_mib=0).read(path, box_xyxy=None).quality
    assert measured == pytest.approx(96 / 128 * (0.25 + 0.75 * sharpness(read_picture(path))))
    assert ResizedPictures(SMALL, with_quality=False, memory_mib=0).read(path, box_xyxy=None).quality == 1.0


def test_the_first_pictures_stay_until_memory_is_full(tmp_path):
    tracklet = write_tracklet(tmp_path, pid=1, num_frames=4)
    large = SMALL.model_copy(update={"height": 1024, "width": 170})  # 0.498 MiB: two fit
    pictures = ResizedPictures(large, with_quality=False, memory_mib=1)
    for _ in range(2):
        for path in tracklet.frame_paths:
            pictures.read(path, box_xyxy=None)
    for path in tracklet.frame_paths:
        path.unlink()
    for path in tracklet.frame_paths[:2]:
        pictures.read(path, box_xyxy=None)
    for path in tracklet.frame_paths[2:]:
        with pytest.raises(InputError, match=path.name):
            pictures.read(path, box_xyxy=None)


def test_an_unreadable_picture_is_named(tmp_path):
    (path, *_) = write_tracklet(tmp_path, pid=1).frame_paths
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DamagedError, match=path.name):
        ResizedPictures(SMALL, with_quality=False, memory_mib=1).read(path, box_xyxy=None)
