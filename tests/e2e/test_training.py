"""From labelled crops to an answer over HTTP: train, export, ingest, index, query, with the model by its id."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, Reid, environment, running_service, wait_for

pytestmark = pytest.mark.e2e

TINY = ROOT / "configs" / "train" / "tiny.yaml"
SHORT = ("--set", "length.count=12", "--set", "validation=null", "--set", "records={log_every: 1, resume_every: 4}")


@pytest.fixture(scope="session")
def crops(test_data_dir: Path) -> Path:
    return test_data_dir / "mini_mars"


@pytest.mark.slow
def test_what_was_trained_answers_over_http(tmp_path: Path, crops: Path, sample_videos: tuple[Path, Path]) -> None:
    reid = Reid(environment=environment(tmp_path / "data", REID_ENCODER__MODEL="tiny"))
    trained = reid.json("train", "--config", str(TINY), "--root", str(crops), "--out", str(tmp_path / "run"))
    assert trained["num_steps"] == 40
    assert 0.0 < trained["best_metrics"]["mean_ap"] <= 1.0
    onnx = tmp_path / "data" / "models" / "tiny.onnx"
    reid.json("export", trained["best"], "--out", str(onnx), "--calibration", str(crops))
    for number, video in enumerate(sample_videos):
        reid.json("ingest", str(video), "--camera", f"cam{number}", "--detector", "motion")
    indexed = reid.json("index")
    assert indexed["is_complete"]
    assert indexed["encoder"] == "tiny"
    probe = reid.json("tracklets", "list")[0]["tracklet_id"]
    (by_command,) = reid.json("query", "--tracklet", probe)
    with running_service(reid.environment) as client:
        answer = client.post("/v1/searches", json={"probe": {"tracklet_id": probe}}).json()
    assert answer["model_id"] == indexed["model_id"]
    ranked = [
        [result["tracklets"][0]["tracklet"]["tracklet_id"] for result in answer["results"]],
        [result["tracklets"][0]["tracklet_id"] for result in by_command["results"]],
    ]
    assert len(ranked[0]) >= 5
    assert ranked[0] == ranked[1]


def test_ctrl_c_saves_and_resume_goes_on(tmp_path: Path, crops: Path) -> None:
    reid = Reid(environment=environment(tmp_path / "data"))
    command = ("train", "--config", str(TINY), "--root", str(crops), "--out", str(tmp_path / "run"), *SHORT)
    process = reid.start(*command)
    wait_for("the first step", lambda: (tmp_path / "run" / "training.csv").exists())
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "the same command with --resume goes on" in errors
    assert "Traceback" not in errors
    refused = reid.run(*command)
    assert refused.returncode == 2
    assert "go on with --resume" in refused.stderr
    assert reid.json(*command, "--resume")["num_steps"] == 12


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_named_and_the_training_can_go_on(tmp_path: Path, crops: Path, small_disk: Path) -> None:
    reid = Reid(environment=environment(tmp_path / "data"))
    command = ("train", "--config", str(TINY), "--root", str(crops), "--out", str(small_disk / "run"), *SHORT)
    done = reid.run(*command)
    assert done.returncode == 2
    assert "free some disk space" in done.stderr
    assert "Traceback" not in done.stderr
    subprocess.run(["mount", "-o", "remount,size=100m", small_disk], check=True)
    assert reid.json(*command, "--resume")["num_steps"] == 12
