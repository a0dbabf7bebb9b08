"""``python -m tests.kills VIDEO --detector yolox --kills 10 --seed 1``: kill -9 at random moments, then the truth.

Ingests a video once undisturbed, then anew and anew, killed again and again, until there were enough kills; each time
the result has to be the same. Then the same for indexing. The tests do it on the sample; this is for longer videos.
"""

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.processes import Reid, environment


def kill_until_done(reid: Reid, *arguments: str, within_s: float, generator: random.Random) -> int:
    """Kill a command at a random moment, again and again until it ends by itself; returns how often it was killed."""
    num_kills = 0
    while True:
        process = reid.start(*arguments)
        time.sleep(generator.uniform(0.05, within_s))
        if process.poll() is not None:
            _, errors = process.communicate()
            assert process.returncode == 0, errors
            return num_kills
        process.kill()
        process.communicate()
        num_kills += 1


def everything(reid: Reid) -> list[dict[str, Any]]:
    """All that is known of all tracklets, but for when the rows were made."""
    rows = reid.json("tracklets", "list", "--limit", "100000")
    return [{key: value for key, value in row.items() if key != "created_at"} for row in rows]


def files(data_dir: Path) -> set[str]:
    """Everything in the crop store."""
    return {str(path.relative_to(data_dir / "tracklets")) for path in (data_dir / "tracklets").rglob("*.*")}


def compare(video: Path, *, detector: str, num_kills: int, seed: int, folder: Path) -> dict[str, Any]:
    """Kill ingestion and indexing of one video; raises AssertionError unless everything is as if never killed."""
    models = os.environ.get("REID_MODELS_DIR", "")
    more = {"REID_MODELS_DIR": models, "REID_INDEX__BATCH_TRACKLETS": "1"} if models else {}
    if models:
        more["REID_ENCODER__MODEL"] = "osnet_x0_25_msmt17"
    whole = Reid(environment=environment(folder / "whole", **more))
    killed = Reid(environment=environment(folder / "killed", **more))
    generator = random.Random(seed)
    command = ("ingest", str(video), "--camera", "c", "--detector", detector)
    started = time.monotonic()
    assert whole.run(*command).returncode == 0
    ingest_s = time.monotonic() - started
    rows, stored = everything(whole), files(folder / "whole")
    num_ingest = num_index = 0
    while num_ingest < num_kills:
        shutil.rmtree(folder / "killed", ignore_errors=True)
        num_ingest += kill_until_done(killed, *command, within_s=1.2 * ingest_s, generator=generator)
        assert everything(killed) == rows
        assert files(folder / "killed") == stored
    started = time.monotonic()
    assert Reid(environment=environment(folder / "timed", **more)).run("index").returncode == 0
    index_s = time.monotonic() - started
    while num_index < num_kills:
        shutil.rmtree(folder / "killed", ignore_errors=True)
        shutil.copytree(folder / "whole", folder / "killed")
        num_index += kill_until_done(killed, "index", within_s=1.5 * index_s, generator=generator)
        report = killed.json("index")
        assert report["is_complete"]
        assert report["num_rows"] == len(rows)
        assert report["verified"]["num_self_found"] == report["verified"]["num_self_searched"] == len(rows)
    return {
        "video": video.name,
        "detector": detector,
        "seed": seed,
        "kills_during_ingestion": num_ingest,
        "kills_during_indexing": num_index,
        "tracklets": len(rows),
        "same_tracklets": True,
        "gallery_finds_each": True,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--detector", default="yolox")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = compare(
            arguments.video,
            detector=arguments.detector,
            num_kills=arguments.kills,
            seed=arguments.seed,
            folder=Path(folder),
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
