"""The main job from start to end, by the same commands that a user types.

Ingests the sample's two cameras (or one's own video), indexes them, asks for one of the people found, and writes
``out/demo/report.html``. Of the sample it is known who everybody is: says how many answers are right.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from truth import score

from reid_app.pipelines.parts import describe_detector, describe_encoder
from reid_app.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "demo"
NOT_DONE = 2
SAMPLE = {camera: ROOT / "deploy/sample" / f"{camera}.mp4" for camera in ("c001", "c002")}


def reid(*arguments: str) -> None:
    """Run the ``reid`` command on the demo's own data folder, and show it."""
    print(f"\n$ reid {' '.join(arguments)}", flush=True)
    done = subprocess.run(command(*arguments), cwd=ROOT, check=False)
    if done.returncode == NOT_DONE:
        sys.exit(NOT_DONE)


def command(*arguments: str) -> list[str]:
    """The ``reid`` command as a list of words."""
    return [sys.executable, "-m", "reid_app.cli.main", "--data", str(OUT / "data"), *arguments]


def main() -> None:
    """Ingest, index, ask, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, help="your own video instead of the sample")
    own = parser.parse_args().video
    if own is not None and not own.is_file():
        parser.error(f"there is no video {own}")
    shutil.rmtree(OUT, ignore_errors=True)
    videos = {"own": own.resolve()} if own else SAMPLE
    for camera, path in videos.items():
        reid("ingest", os.path.relpath(path, ROOT), "--camera", camera)
    reid("index")
    listed = subprocess.run(
        command("tracklets", "list", "--camera", next(iter(videos)), "--limit", "1000", "--json"),
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    tracklets = json.loads(listed.stdout)
    if not tracklets:
        sys.exit("nobody was found in the video: the lines above say what was dropped and why")
    others = ["--other-cameras"] if len(videos) > 1 else []
    report = OUT.relative_to(ROOT) / "report.html"
    reid("query", "--tracklet", tracklets[0]["tracklet_id"], *others, "--report", str(report))
    settings = load_settings(arguments={"data_dir": OUT / "data"})
    print(f"\nused: {describe_detector(settings)}; {describe_encoder(settings)}")
    if own is None:
        print(score(settings, truths={camera: path.with_suffix(".txt") for camera, path in SAMPLE.items()}))
    print(f"open {report} to see the film strips")


if __name__ == "__main__":
    main()
