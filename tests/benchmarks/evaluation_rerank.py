"""Re-ranking at the size of MARS against dense forms of it: ``python -m tests.benchmarks.evaluation --part rerank``.

1,980 queries and the 9,330 tracklets that are left in the gallery without them and without junk. Dense is the form that
most toolboxes have; lean dense is the same with all the care that its shape allows (`plain_rerank`). Each run is a
process of its own, the three in turn, and all write the same distances to a file; each side has the number of threads
for matrix products that is best for it, found first. Seconds are those of re-ranking, without the start of Python and
the reading of features; memory is the peak of the whole process.

Two tracklets of 11,310 may lie so close at some neighbourhood's edge that float32 orders them by its rounding. Ours
compares such ones in float64, the dense forms do not; so a few distances in a million may differ, and their share is
printed.
"""

import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from reid_app.evaluation.labels import JUNK_PID
from tests.benchmarks.pairs import Run, interval, run_side
from tests.mars_features import mars_features

OURS = "ours"
SIDES = {
    "dense": ("-m", "tests.benchmarks.plain_rerank"),
    "lean_dense": ("-m", "tests.benchmarks.plain_rerank", "--lean"),
    OURS: ("-m", "tests.benchmarks.our_rerank"),
}
FEATURES = "features.npz"
TOLERANCE = 1e-5
MOST_DIFFERENT = 1e-4
DIMENSION = 512


def write_features(test_data_dir: Path, path: Path) -> tuple[int, int]:
    """Embeddings of queries and gallery; how many there are of each."""
    features = mars_features(test_data_dir, dimension=DIMENSION)
    is_gallery = features.gallery.pids != JUNK_PID
    is_gallery[features.query_rows_Q] = False
    query, gallery = features.embeddings_GD[features.query_rows_Q], features.embeddings_GD[is_gallery]
    np.savez(path, query=query, gallery=gallery)
    return len(query), len(gallery)


def difference(dense: Path, ours: Path) -> tuple[float, float]:
    """The largest difference of two files of distances, and the share of those above the tolerance."""
    apart = np.abs(np.fromfile(dense, np.float32) - np.fromfile(ours, np.float32))
    return float(apart.max()), float(np.mean(apart > TOLERANCE))


def side(name: str, *, folder: Path, threads: int) -> Run:
    """One run; its distances lie in the folder under the side's name."""
    os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
    return run_side([*SIDES[name], str(folder / FEATURES), str(folder / name)])


def best_threads(name: str, *, folder: Path) -> int:
    """The faster number of threads for matrix products."""
    seconds = {
        threads: side(name, folder=folder, threads=threads).answer["seconds"]
        for threads in range(1, (os.cpu_count() or 1) + 1)
    }
    return min(seconds, key=lambda threads: seconds[threads])


def measure(test_data_dir: Path, *, num_pairs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        num_queries, num_gallery = write_features(test_data_dir, folder / FEATURES)
        threads = {name: best_threads(name, folder=folder) for name in SIDES}
        rounds = [{name: side(name, folder=folder, threads=threads[name]) for name in SIDES} for _ in range(num_pairs)]
        differences = [difference(folder / name, folder / OURS) for name in SIDES if name != OURS]
    largest, share = map(max, zip(*differences, strict=True))
    if share > MOST_DIFFERENT:
        raise AssertionError(f"{share:.2e} of all distances differ by more than {TOLERANCE}, at most {largest}")
    return {
        "num_queries": num_queries,
        "num_gallery": num_gallery,
        "dimension": DIMENSION,
        "num_pairs": num_pairs,
        **{name: {**summary([runs[name] for runs in rounds]), "blas_threads": threads[name]} for name in SIDES},
        **{f"against_{name}": against(name, rounds) for name in SIDES if name != OURS},
        "largest_difference": largest,
        "share_above_1e-5": share,
    }


def summary(runs: list[Run]) -> dict[str, float]:
    return {
        "seconds": round(statistics.median(run.answer["seconds"] for run in runs), 2),
        "peak_mib": round(statistics.median(run.answer["peak_mib"] for run in runs)),
    }


def against(name: str, rounds: list[dict[str, Run]]) -> dict[str, Any]:
    """How many times the time and the memory of ours."""
    times = [runs[name].answer["seconds"] / runs[OURS].answer["seconds"] for runs in rounds]
    memory = [runs[name].answer["peak_mib"] / runs[OURS].answer["peak_mib"] for runs in rounds]
    return {
        "speed_ratio": round(statistics.median(times), 2),
        "speed_ratio_interval_95": [round(value, 2) for value in interval(times)],
        "memory_ratio": round(statistics.median(memory), 2),
    }
