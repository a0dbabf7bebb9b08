"""The file of finished runs: one JSON document, one line a run, rewritten whole; a kill loses the run in hand."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.losses_ablation.data import Condition

DIGITS = 4


class Job(NamedTuple):
    """One run to do."""

    variant: str
    condition: Condition
    rotation: int
    seed: int
    value: float
    """Beta, or the learning rate of a variant that tunes that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Measures of finished runs by job."""

    path: Path
    runs: dict[Job, dict[str, float]]

    def add(self, job: Job, measures: dict[str, float]) -> None:
        """Keep a run, on disk at once."""
        self.runs[job] = {name: round(measure, DIGITS) for name, measure in measures.items()}
        columns = list(dict.fromkeys(name for run in self.runs.values() for name in run))
        lines = [json.dumps([*job, *map(run.get, columns)], separators=(",", ":")) for job, run in self.runs.items()]
        header = json.dumps([*Job._fields, *columns])
        whole = f'{{"columns": {header},\n"runs": [\n' + ",\n".join(lines) + "\n]}\n"
        scratch = self.path.with_suffix(".tmp")
        scratch.write_text(whole)
        os.replace(scratch, self.path)


def read_results(path: Path) -> Results:
    """What was finished before; nothing where the file is not there."""
    if not path.exists():
        return Results(path=path, runs={})
    document = json.loads(path.read_text())
    names = document["columns"][len(Job._fields) :]
    runs = {
        Job(*row[: len(Job._fields)]): {
            name: measure for name, measure in zip(names, row[len(Job._fields) :], strict=True) if measure is not None
        }
        for row in document["runs"]
    }
    return Results(path=path, runs=runs)
