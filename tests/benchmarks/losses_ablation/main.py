"""``python -m tests.benchmarks.losses --ablation``: every loss on clean and spoilt labels, tuned alike.

Goes on where an earlier call stopped. Set ``OMP_NUM_THREADS=1`` for one core's worth.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from tests.benchmarks.losses_ablation.data import read_characters, rotate
from tests.benchmarks.losses_ablation.grid import jobs
from tests.benchmarks.losses_ablation.judge import train_and_judge
from tests.benchmarks.losses_ablation.results import read_results
from tests.benchmarks.losses_ablation.table import write_table
from tests.benchmarks.losses_ablation.variants import variant_of

RESULTS = Path(__file__).parents[1] / "results"
ARCHIVE = "omniglot/images_background_small1.zip"


def main(arguments: Sequence[str]) -> None:
    """Do the runs that are not done, then write the table."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.losses --ablation", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TEST_DATA_DIR", ".")) / ARCHIVE)
    parser.add_argument("--results", type=Path, default=RESULTS / "losses_ablation.json")
    parser.add_argument("--minutes", type=float, default=480.0, help="start no run after this time; 0: only the table")
    parsed = parser.parse_args(arguments)
    torch.set_num_threads(1)
    characters = read_characters(parsed.data)
    results = read_results(parsed.results)
    started = time.monotonic()
    for job in jobs(results.runs):
        if time.monotonic() - started >= 60 * parsed.minutes:
            break
        if job in results.runs:
            continue
        measures = train_and_judge(
            rotate(characters, rotation=job.rotation),
            variant=variant_of(job.variant),
            value=job.value,
            condition=job.condition,
            seed=(job.rotation, job.seed),
        )
        results.add(job, measures)
        print(f"{time.monotonic() - started:7.0f} s  {job}", flush=True)
    write_table(results.runs, path=parsed.results.with_suffix(".md"))
