"""Ctrl-C and a full disk: one clear line, nothing broken, and the same command goes on."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kills import everything, files
from tests.processes import Reid, environment

pytestmark = pytest.mark.e2e


def test_ctrl_c_stops_and_the_same_command_goes_on(tmp_path: Path, sample_videos: tuple[Path, Path]) -> None:
    reid, whole = (Reid(environment=environment(tmp_path / name)) for name in ("stopped", "whole"))
    command = ("ingest", str(sample_videos[0]), "--camera", "c", "--detector", "motion")
    process = reid.start(*command)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list((tmp_path / "stopped").rglob("*.zip")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the same command goes on" in errors
    assert "Traceback" not in errors
    for one in (reid, whole):
        assert one.run(*command).returncode == 0
    assert everything(reid) == everything(whole)
    assert files(tmp_path / "stopped") == files(tmp_path / "whole")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_named_and_nothing_is_lost(tiny_disk: Path, sample_videos: tuple[Path, Path]) -> None:
    reid = Reid(environment=environment(tiny_disk))
    command = ("ingest", str(sample_videos[0]), "--camera", "c", "--detector", "motion")
    done = reid.run(*command)
    assert done.returncode == 2, done.stdout
    assert "free" in done.stderr
    assert "Traceback" not in done.stderr
    subprocess.run(["mount", "-o", "remount,size=50m", tiny_disk], check=True)
    again = reid.run(*command)
    assert again.returncode == 0, again.stderr
    assert reid.json("index")["is_complete"]
    assert len(everything(reid)) >= 6
