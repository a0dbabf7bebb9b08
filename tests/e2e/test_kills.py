"""``kill -9`` at random moments, again and again: nothing is lost, nothing is there twice."""

import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Reid, environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def kill_again_and_again(reid: Reid, *arguments: str, num_kills: int, within_s: float, seed: int) -> int:
    """Start a command and kill it at random moments; returns how many of the kills came before its end."""
    generator = random.Random(seed)
    num_hit = 0
    for _ in range(num_kills):
        process = reid.start(*arguments)
        time.sleep(generator.uniform(0.05, within_s))
        num_hit += process.poll() is None
        process.kill()
        process.communicate()
    return num_hit


def everything(reid: Reid) -> list[dict[str, Any]]:
    """All that is known of all tracklets, but for when the rows were made."""
    rows = reid.json("tracklets", "list", "--limit", "1000")
    return [{key: value for key, value in row.items() if key != "created_at"} for row in rows]


def files(data_dir: Path) -> set[str]:
    return {str(path.relative_to(data_dir / "tracklets")) for path in (data_dir / "tracklets").rglob("*.*")}


@pytest.mark.parametrize("seed", [1])
def test_killed_ingestion_ends_with_the_same_tracklets(
    tmp_path: Path, sample_videos: tuple[Path, Path], seed: int
) -> None:
    whole = Reid(environment=environment(tmp_path / "whole"))
    killed = Reid(environment=environment(tmp_path / "killed"))
    command = ("ingest", str(sample_videos[0]), "--camera", "cam1")
    started = time.monotonic()
    assert whole.run(*command).returncode == 0
    took_s = time.monotonic() - started
    num_hit = kill_again_and_again(killed, *command, num_kills=10, within_s=took_s, seed=seed)
    assert num_hit >= 3
    done = killed.run(*command)
    assert done.returncode == 0, done.stderr
    assert everything(killed) == everything(whole)
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_killed_indexing_ends_with_everything_found(tmp_path: Path, sample_videos: tuple[Path, Path]) -> None:
    data_dir = tmp_path / "data"
    reid = Reid(environment=environment(data_dir, REID_INDEX__BATCH_TRACKLETS="1"))
    for number, video in enumerate(sample_videos):
        assert reid.run("ingest", str(video), "--camera", f"cam{number}").returncode == 0
    started = time.monotonic()
    copy = Reid(environment=environment(tmp_path / "copy"))
    assert copy.run("index").returncode == 0
    took_s = time.monotonic() - started
    num_hit = kill_again_and_again(reid, "index", num_kills=10, within_s=took_s, seed=7)
    assert num_hit >= 3
    report = reid.json("index")
    rows = everything(reid)
    assert report["is_complete"]
    assert report["num_rows"] == len(rows) >= 10
    with sqlite3.connect(data_dir / "catalog.sqlite3") as catalog:
        assert catalog.execute("SELECT COUNT(*) FROM embeddings").fetchone() == (len(rows),)
        numbers = [number for (number,) in catalog.execute("SELECT number FROM changes ORDER BY number")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert report["verified"]["num_self_found"] == report["verified"]["num_self_searched"] == len(rows)
    answer = reid.json("query", "--tracklet", rows[0]["tracklet_id"], "--top-k", "1000")[0]
    found = {result["tracklets"][0]["tracklet_id"] for result in answer["results"]}
    assert found == {row["tracklet_id"] for row in rows[1:]}
