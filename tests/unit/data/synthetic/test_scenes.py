import json
import signal

import av
import numpy as np
import pytest

from reid_app.data.synthetic.scene_config import SceneConfig
from reid_app.data.synthetic.scenes import generate_scenes
from reid_app.errors import CancelledError, ConflictError
from reid_app.tracking.mot_file import read_mot_file
from tests.processes import Reid, environment, wait_for
from tests.unit.data.synthetic.test_generate import Told, contents, finished

CONFIG = SceneConfig(num_identities=2, num_cameras=2, seconds=2, fps=3)


def generate(root, *, cache, seed=5, config=CONFIG, workers=1, watch=None):
    return generate_scenes(root, seed=seed, config=config, cache=cache, workers=workers, watch=watch or Told())


def frames(path):
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="rgb24").astype(float) for frame in video.decode(video=0)]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory, cache, renderer):
    root = tmp_path_factory.mktemp("scenes") / "set"
    watch = Told()
    assert generate(root, cache=cache, watch=watch) == 2
    assert watch.heard == [(done, 12, "frames") for done in range(13)]
    return root


def test_the_bytes_do_not_depend_on_the_number_of_processes(scenes, tmp_path, cache):
    generate(tmp_path / "set", cache=cache, workers=2)

    assert contents(tmp_path / "set") == contents(scenes)


def test_another_seed_films_other_scenes(scenes, tmp_path, cache):
    generate(tmp_path / "set", cache=cache, seed=6)

    theirs, ours = contents(tmp_path / "set"), contents(scenes)
    assert theirs.keys() == ours.keys() == {"c001.mp4", "c001.txt", "c002.mp4", "c002.txt", "manifest.json"}
    assert all(theirs[name] != ours[name] for name in ours)


def test_stopped_work_goes_on_with_the_videos_that_are_not_there(scenes, tmp_path, cache):
    root = tmp_path / "set"
    with pytest.raises(CancelledError):
        generate(root, cache=cache, watch=Told(stop_after=9))
    assert not (root / "c002.mp4").exists()
    before = (root / "c001.mp4").stat().st_mtime_ns
    (root / ".making-2-4194305").mkdir()

    assert generate(root, cache=cache) == 1
    assert contents(root) == contents(scenes)
    assert (root / "c001.mp4").stat().st_mtime_ns == before
    assert sorted(path.name for path in root.iterdir() if path.is_dir()) == []


@pytest.mark.parametrize(
    ("ended_by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_an_ended_command_goes_on_to_the_same_bytes(scenes, tmp_path, cache, ended_by, code):
    root = tmp_path / "set"
    options = {"identities": 2, "cameras": 2, "seconds": 2, "fps": 3, "seed": 5, "workers": 2}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = ("synth", "scenes", "--out", str(root), "--cache", str(cache), *words)
    reid = Reid(environment=environment(tmp_path / "data"))
    process = reid.start(*command)
    wait_for("a video begun", lambda: bool(list(root.glob(".making-*/*.mp4"))))
    process.send_signal(ended_by)
    _, errors = process.communicate(timeout=30)

    assert process.returncode == code
    assert "Traceback" not in errors
    assert not {"c001.mp4", "c002.mp4"} <= {path.name for path in root.iterdir()}
    assert reid.run(*command).returncode == 0
    assert finished(root) == finished(scenes)


def test_truth_and_video_have_the_same_frames_and_everybody_is_in_both_cameras(scenes):
    for camera in ("c001", "c002"):
        video, tracks = frames(scenes / f"{camera}.mp4"), read_mot_file(scenes / f"{camera}.txt")
        seen = {tracked.track_id for people in tracks.by_frame.values() for tracked in people}

        assert len(video) == CONFIG.num_frames > tracks.last_frame_index
        assert video[0].shape == (540, 960, 3)
        assert seen == {1, 2}


def test_pictures_change_where_the_truth_says_that_people_are(scenes):
    """The only thing that moves is people, and their shadows on the ground."""
    video, tracks = np.stack(frames(scenes / "c001.mp4")), read_mot_file(scenes / "c001.txt")
    empty = np.median(video, axis=0)
    inside, outside = [], []
    for number, frame in enumerate(video):
        in_box = np.zeros(frame.shape[:2], dtype=bool)
        for tracked in tracks.by_frame.get(number, ()):
            x1, y1, x2, y2 = (round(edge) for edge in tracked.detection.box_xyxy)
            in_box[y1:y2, x1:x2] = True
        changed = np.abs(frame - empty).max(axis=-1) > 30
        inside.append(changed[in_box].mean() if in_box.any() else np.nan)
        outside.append(changed[~in_box].mean())

    assert np.nanmean(inside) > 0.3
    assert np.mean(outside) < 0.005


def test_the_manifest_says_who_they_are(scenes):
    manifest = json.loads((scenes / "manifest.json").read_text())

    assert (manifest["seed"], manifest["config"]["fps"]) == (5, 3)
    assert set(manifest["cameras"]) == {"c001", "c002"}
    assert manifest["cameras"]["c001"]["view"] != manifest["cameras"]["c002"]["view"]
    assert manifest["identities"]["1"]["person"]["top"]["cloth"]["colour"]["name"]
    assert manifest["identities"]["1"]["person"] != manifest["identities"]["2"]["person"]
    assert set(manifest["identities"]["1"]["cameras"]) == {"c001", "c002"}


def test_nothing_is_written_elsewhere(tmp_path, cache, monkeypatch, renderer):
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.chdir(home)
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*")}

    generate(tmp_path / "set", cache=cache, config=SceneConfig(num_identities=1, num_cameras=1, seconds=1, fps=1))

    assert list(home.rglob("*")) == []
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*")} == before


def test_a_folder_of_something_else_is_left_alone(tmp_path, cache, renderer):
    (tmp_path / "holiday.mp4").write_bytes(b"")

    with pytest.raises(ConflictError, match="not empty"):
        generate(tmp_path, cache=cache)


def test_another_length_does_not_go_on(scenes, cache):
    with pytest.raises(ConflictError, match="another config"):
        generate(scenes, cache=cache, config=CONFIG.model_copy(update={"seconds": 3}))


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"seed": -1}])
def test_numbers_out_of_range_are_named(tmp_path, cache, wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        generate(tmp_path, cache=cache, **wrong)
