import errno
import os
from pathlib import Path

import numpy as np
import pytest

from reid_app.errors import DamagedError, LockedError, StorageFullError
from reid_app.tracklets.files import write_atomically
from reid_app.tracklets.locks import file_lock
from reid_app.tracklets.store import CropStore, decode_picture
from tests.fakes import make_tracklet


def test_round_trip_keeps_everything_but_what_jpeg_loses(tmp_path: Path) -> None:
    store = CropStore(tmp_path)
    tracklet = make_tracklet("abc", length=5)
    stored = store.write(tracklet, folder="run1")
    assert stored.path == "run1/abc.zip"
    back = store.read(stored.path, sha256=stored.sha256)
    assert (back.tracklet_id, back.camera_id) == ("abc", "cam1")
    np.testing.assert_array_equal(back.frame_indices, tracklet.frame_indices)
    np.testing.assert_array_equal(back.pts_s, tracklet.pts_s)
    np.testing.assert_array_equal(back.boxes_xyxy, tracklet.boxes_xyxy)
    for ours, theirs in zip(back.crops, tracklet.crops, strict=True):
        assert ours.quality == theirs.quality
        assert ours.box_xyxy == theirs.box_xyxy
        assert np.abs(ours.image.astype(int) - theirs.image.astype(int)).max() <= 6


def test_same_tracklet_same_bytes(tmp_path: Path) -> None:
    first = CropStore(tmp_path / "a").write(make_tracklet(), folder="r")
    assert CropStore(tmp_path / "b").write(make_tracklet(), folder="r") == first


def test_damage_is_named(tmp_path: Path) -> None:
    store = CropStore(tmp_path)
    stored = store.write(make_tracklet("abc"), folder="r")
    file = tmp_path / stored.path
    content = file.read_bytes()
    with pytest.raises(DamagedError, match=r"r/nothing.zip is missing"):
        store.read("r/nothing.zip")
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedError, match=r"r/abc.zip is damaged"):
        store.read(stored.path)
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    file.write_bytes(flipped)
    with pytest.raises(DamagedError, match="checksum"):
        store.read(stored.path, sha256=stored.sha256)
    file.write_bytes(b"")
    with pytest.raises(DamagedError):
        store.read(stored.path)


def test_sweep_removes_only_what_has_no_row(tmp_path: Path) -> None:
    store = CropStore(tmp_path)
    kept, orphan = (store.write(make_tracklet(name), folder="r") for name in ("kept", "orphan"))
    (tmp_path / "r" / ".half.zip.1.tmp").write_bytes(b"x")
    assert store.sweep("r", keep=[kept.path]) == 2
    assert store.read(kept.path).tracklet_id == "kept"
    assert not (tmp_path / orphan.path).exists()
    assert store.sweep("r", keep=[]) == 1
    assert not (tmp_path / "r").exists()
    assert store.sweep("never-written", keep=[]) == 0


def test_folders_lists_runs_of_a_video(tmp_path: Path) -> None:
    store = CropStore(tmp_path)
    for run in ("r2", "r1"):
        store.write(make_tracklet(), folder=f"v/{run}")
    assert store.folders("v") == ["v/r1", "v/r2"]
    assert store.folders("other") == []


def test_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFullError, match="free some disk space"):
        write_atomically(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


def test_lock_is_exclusive_and_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "gallery.lock"
    with (
        file_lock(path, what="the gallery"),
        pytest.raises(LockedError, match=f"the gallery is in use by process {os.getpid()}"),
        file_lock(path, what="the gallery"),
    ):
        pass
    with file_lock(path, what="the gallery"):
        pass


def test_a_picture_that_is_none_is_named() -> None:
    for content in (b"", b"not a picture"):
        with pytest.raises(DamagedError, match=r"x\.jpg"):
            decode_picture(content, name="x.jpg")


def test_only_the_crops_that_are_asked_for_are_decoded(tmp_path: Path) -> None:
    store = CropStore(tmp_path)
    stored = store.write(make_tracklet(length=10), folder="run")
    some = store.read(stored.path, num_crops=4)
    assert [crop.frame_index for crop in some.crops] == [2, 6, 12, 16], "the middles of four equal parts"
    assert len(some.frame_indices) == 10, "every observation stays"
    assert len(store.read(stored.path, num_crops=99).crops) == len(store.read(stored.path).crops) == 10
