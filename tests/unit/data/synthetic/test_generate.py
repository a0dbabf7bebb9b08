import json
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest

from reid_app.data.datasets import load_dataset
from reid_app.data.pictures import read_picture
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.generate import generate_people
from reid_app.errors import CancelledError, ConflictError

CONFIG = SyntheticConfig(num_cameras=3, cameras_per_identity=2, frames_per_tracklet=2, crop_height=64, crop_width=32)


class Told:
    def __init__(self, *, stop_after=None):
        self.heard = []
        self._stop_after = stop_after

    def progress(self, done, total, unit):
        self.heard.append((done, total, unit))

    def check_cancelled(self):
        if self._stop_after is not None and self.heard[-1][0] >= self._stop_after:
            raise CancelledError("enough")


def generate(root, *, cache, identities=3, seed=5, config=CONFIG, workers=1, watch=None):
    return generate_people(
        root,
        num_identities=identities,
        seed=seed,
        config=config,
        cache=cache,
        workers=workers,
        watch=watch or Told(),
    )


def contents(root):
    """All files but the lock, which names a process."""
    files = (path for path in root.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def finished(root):
    """Without what a killed process has still in hand."""
    return {name: content for name, content in contents(root).items() if not name.startswith(".")}


@pytest.fixture(scope="module")
def people(tmp_path_factory, cache, renderer):
    root = tmp_path_factory.mktemp("people") / "set"
    watch = Told()
    assert generate(root, cache=cache, watch=watch) == 3
    assert watch.heard == [(done, 3, "identities") for done in range(4)]
    return root


def test_the_bytes_do_not_depend_on_the_number_of_processes(people, tmp_path, cache):
    generate(tmp_path / "set", cache=cache, workers=2)

    assert contents(tmp_path / "set") == contents(people)


def test_another_seed_makes_other_people(people, tmp_path, cache):
    generate(tmp_path / "set", cache=cache, seed=6, identities=1)

    theirs, ours = contents(tmp_path / "set"), contents(people)
    assert all(ours.get(name) != content for name, content in theirs.items())


def test_stopped_work_goes_on_to_the_same_bytes_and_leaves_what_is_finished(people, tmp_path, cache):
    root = tmp_path / "set"
    with pytest.raises(CancelledError):
        generate(root, cache=cache, watch=Told(stop_after=1))
    (first,) = [path for path in root.iterdir() if (path / "attributes.json").is_file()]
    before = (first / "attributes.json").stat().st_mtime_ns

    assert generate(root, cache=cache) == 2
    assert contents(root) == contents(people)
    assert (first / "attributes.json").stat().st_mtime_ns == before


def test_killed_work_goes_on_to_the_same_bytes(people, tmp_path, cache):
    root = tmp_path / "set"
    process = multiprocessing.get_context("spawn").Process(target=generate, args=(root,), kwargs={"cache": cache})
    process.start()
    deadline = time.monotonic() + 60
    while not list(root.rglob("*.jpg")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    generate(root, cache=cache)

    assert finished(root) == finished(people)


def test_what_was_left_half_made_is_swept(people, tmp_path, cache):
    left = tmp_path / "set" / ".making-2-4194305" / "c000"
    left.mkdir(parents=True)

    generate(tmp_path / "set", cache=cache)

    assert contents(tmp_path / "set") == contents(people)
    assert not left.exists()


def test_more_people_can_be_added(people, tmp_path, cache):
    root = tmp_path / "set"
    generate(root, cache=cache, identities=1)

    assert generate(root, cache=cache, identities=3) == 2
    assert contents(root) == contents(people)


def test_the_data_set_is_read_as_a_folder(people):
    dataset = load_dataset("folder", people)

    assert {tracklet.pid for tracklet in dataset.query} == {1, 2, 3}
    assert len(dataset.query) == 3 * CONFIG.cameras_per_identity
    assert all(len(tracklet.frame_paths) == CONFIG.frames_per_tracklet for tracklet in dataset.query)
    assert read_picture(dataset.query[0].frame_paths[0]).shape == (64, 32, 3)


def test_attributes_are_told(people):
    attributes = json.loads((people / "00002" / "attributes.json").read_text())

    assert attributes["identity"] == 2
    assert attributes["person"]["top"]["cloth"]["colour"]["name"]
    assert set(attributes["cameras"]) == {path.name for path in (people / "00002").iterdir() if path.is_dir()}


def test_identities_differ_and_cameras_differ(people):
    dataset = load_dataset("folder", people)
    pictures = [read_picture(tracklet.frame_paths[0]).astype(float) for tracklet in dataset.query]
    different = [np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]
    persons = [json.loads(path.read_text())["person"] for path in sorted(people.glob("*/attributes.json"))]

    assert min(different) > 5
    assert len({json.dumps(person) for person in persons}) == 3


def test_nothing_is_written_elsewhere(tmp_path, cache, monkeypatch, renderer):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(home))
    monkeypatch.chdir(home)
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*")}

    generate(tmp_path / "set", cache=cache, identities=1)

    assert list(home.rglob("*")) == []
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*")} == before


def test_a_folder_of_something_else_is_left_alone(tmp_path, cache, renderer):
    (tmp_path / "holiday.jpg").write_bytes(b"")

    with pytest.raises(ConflictError, match="not empty"):
        generate(tmp_path, cache=cache)


def test_another_seed_does_not_go_on(people, cache):
    with pytest.raises(ConflictError, match="another seed"):
        generate(people, cache=cache, seed=99)


@pytest.mark.parametrize("wrong", [{"identities": 0}, {"workers": 0}, {"seed": -1}])
def test_numbers_out_of_range_are_named(tmp_path, cache, wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        generate(tmp_path, cache=cache, **wrong)
