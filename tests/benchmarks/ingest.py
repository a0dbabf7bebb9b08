"""``python -m tests.benchmarks.ingest --json``: ingestion against a straightforward loop of the same parts.

The loop (`plain_ingest`) reads with OpenCV and runs the same YOLOX network, stride and tracker, all in one thread of
Python, writing every box as a JPEG file. Ours (`our_ingest`) does what the product does. Each run is a process of its
own, its start included, in turn with the other side; each side has the thread count that is best for it, found first.
The same tracks are checked in every pair. Frames a second count all frames of the video.

Where the time goes (profile of ours on two cores, 8.7 s under the profiler, before it looked ahead): the network 5.5 s,
its input 0.6 s, imports within the run 1.0 s (most of them the tracker's package), waiting for the decoder's two starts
0.4 s, the rest tracking, quality and crops. Looking at two frames at once with one thread each took the whole run from
9.0 to 7.3 s in the same minutes, at 1.7 cores. What is left to gain: the network itself (not looking at frames in which
nothing moves), the imports, and the second start of the decoder. Our peak memory is that of two processes, one of which
decodes under a limit.
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.pairs import Run, interval, machine, run_side

PLAIN = "tests.benchmarks.plain_ingest"
OURS = "tests.benchmarks.our_ingest"
SHARED_FRAMES = 0.95
SAME_BOX_PX = 0.5


def side(module: str, *, video: Path, threads: int) -> Run:
    return run_side(["-m", module, str(video), "--threads", str(threads)])


def best_threads(module: str, *, video: Path) -> int:
    """The faster of one and two threads for the network, the better of two runs each."""
    walls = {
        threads: min(side(module, video=video, threads=threads).wall_s for _ in range(2))
        for threads in range(1, (os.cpu_count() or 1) + 1)
    }
    return min(walls, key=lambda threads: walls[threads])


def check_equal(plain: dict[str, Any], ours: dict[str, Any]) -> None:
    """The same people: as many tracks, nearly the same frames, the same boxes in them.

    Nearly, because ours cuts a track where its box jumps, which costs an observation at a border of the picture.
    """
    if len(plain["tracks"]) != len(ours["tracks"]):
        raise AssertionError(f"{len(plain['tracks'])} tracks by the loop, {len(ours['tracks'])} by ours")
    for theirs, mine in zip(map(dict, plain["tracks"]), map(dict, ours["tracks"]), strict=True):
        shared = theirs.keys() & mine.keys()
        if len(shared) < SHARED_FRAMES * max(len(theirs), len(mine)):
            raise AssertionError(f"frames {min(theirs)}-{max(theirs)} by the loop, {min(mine)}-{max(mine)} by ours")
        for index in shared:
            if max(abs(a - b) for a, b in zip(theirs[index], mine[index], strict=True)) > SAME_BOX_PX:
                raise AssertionError(f"frame {index}: box {theirs[index]} by the loop, {mine[index]} by ours")


def measure(video: Path, *, num_pairs: int) -> dict[str, Any]:
    threads = {module: best_threads(module, video=video) for module in (PLAIN, OURS)}
    pairs = []
    for _ in range(num_pairs):
        plain, ours = (side(module, video=video, threads=threads[module]) for module in (PLAIN, OURS))
        check_equal(plain.answer, ours.answer)
        pairs.append((plain, ours))
    ratios = [plain.wall_s / ours.wall_s for plain, ours in pairs]
    num_frames = pairs[0][0].answer["num_frames"]

    def summary(runs: list[Run], module: str) -> dict[str, Any]:
        return {
            "frames_per_s": round(num_frames / statistics.median(run.wall_s for run in runs), 1),
            "peak_mib": round(max(run.peak_mib for run in runs)),
            "threads": threads[module],
        }

    return {
        "video": video.name,
        "num_frames": num_frames,
        "num_tracklets": len(pairs[0][1].answer["tracks"]),
        "num_pairs": num_pairs,
        "plain_loop": summary([plain for plain, _ in pairs], PLAIN),
        "ours": summary([ours for _, ours in pairs], OURS),
        "speed_ratio": round(statistics.median(ratios), 3),
        "speed_ratio_interval_95": [round(value, 3) for value in interval(ratios)],
        **machine(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--video", type=Path)
    arguments = parser.parse_args()
    video = arguments.video or Path(os.environ["TEST_DATA_DIR"]) / "videos/one-by-one-person-detection.mp4"
    result = measure(video, num_pairs=arguments.pairs)
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        print(
            f"{result['video']}: ours {result['ours']['frames_per_s']} frames/s, loop "
            f"{result['plain_loop']['frames_per_s']}, ratio {result['speed_ratio']} {result['speed_ratio_interval_95']}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
