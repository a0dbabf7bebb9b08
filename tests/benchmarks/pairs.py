"""Two ways of doing the same, in turn: ratios of one run on a machine that is shared and noisy."""

import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one side, as a process of its own."""

    wall_s: float
    peak_mib: float
    """Of the process and its children together, at the most."""
    answer: dict[str, Any]
    """The JSON that it printed last."""


def run_side(command: Sequence[str]) -> Run:
    """Run a command to its end and watch the memory of its process tree."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _tree_mib(process.pid))
        time.sleep(0.05)
    wall_s = time.perf_counter() - started
    output = process.stdout.read() if process.stdout else ""
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Run(wall_s=wall_s, peak_mib=peak, answer=json.loads(output.strip().splitlines()[-1]))


def _tree_mib(pid: int) -> float:
    """Proportional set size of a process and its descendants: shared pages are counted once."""
    total = 0.0
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                total += sum(_tree_mib(int(child)) for child in file.read().split())
    except (OSError, StopIteration):
        pass
    return total


def interval(values: Sequence[float], *, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of the median."""
    generator = random.Random(seed)
    medians = sorted(statistics.median(generator.choices(values, k=len(values))) for _ in range(2000))
    return medians[50], medians[1949]


def machine() -> dict[str, Any]:
    """Where this ran."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}


def peak_of_self_mib() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
