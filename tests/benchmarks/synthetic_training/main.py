"""What makes training on synthetic people worth more on real ones: each variant trained, and judged on real pictures.

``python -m tests.benchmarks.synthetic_training --work FOLDER --cache BODIES`` makes what is missing, one variant after
the other, and goes on where it was stopped; results/synthetic_training.json holds the figures and .md the table.
Trainings are short (64,000 pictures, four minutes on one core) and have one seed: differences between variants tell
more than the figures themselves. ``--study NAME`` runs one study only; ``--table`` writes the table only.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.synthetic_training.judge import SITES, judge
from tests.benchmarks.synthetic_training.table import write_table
from tests.benchmarks.synthetic_training.variants import VARIANTS, People, Variant

RESULTS = Path(__file__).parent.parent / "results" / "synthetic_training.json"
RECIPE = "configs/train/synthetic.yaml"
SEED = 7
PAPERS_CONSTANTS = ("form.sigma=0.8", "objective.margin=1.2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, help="for people and weights")
    parser.add_argument("--cache", type=Path, help="for the bodies")
    parser.add_argument("--study", help="one of " + ", ".join(dict.fromkeys(variant.study for variant in VARIANTS)))
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    for variant in VARIANTS:
        is_wished = arguments.study in (None, variant.study) and not arguments.table
        if is_wished and variant.key not in _results():
            figures = run(variant, work=arguments.work, cache=arguments.cache)
            RESULTS.write_text(json.dumps(_results() | {variant.key: figures}, indent=1) + "\n")
    write_table(_results(), path=RESULTS.with_suffix(".md"))


def run(variant: Variant, *, work: Path, cache: Path) -> dict[str, object]:
    """Make people and weights of a variant where they are missing, and judge it."""
    people = make_people(variant.people, folder=work / variant.people.name, cache=cache)
    out = work / "runs" / variant.key.replace("/", "_").replace(" ", "_").replace(",", "")
    start = time.monotonic()
    changes = (
        f"length.count={variant.steps}",
        "schedule.warmup=50",
        *PAPERS_CONSTANTS,
        *variant.changes,
    )
    arguments = [word for change in changes for word in ("--set", change)]
    reid("train", "--config", RECIPE, "--root", str(people), "--out", str(out), "--resume", *arguments)
    minutes = (time.monotonic() - start) / 60
    figures: dict[str, object] = {"minutes": round(minutes, 1)}
    for name, site in SITES.items():
        (result,) = judge((str(out / "last.safetensors"),), site=site, data_dir=work / "judged")
        found = result.evaluation
        figures[name] = {
            "rank1": round(found.rank1, 4),
            "mean_ap": round(found.mean_ap, 4),
            "average_precision": found.average_precision_V.round(4).tolist(),
        }
        print(f"{variant.key}: {name} {found.rank1:.3f} / {found.mean_ap:.3f}", flush=True)
    return figures


def make_people(people: People, *, folder: Path, cache: Path) -> Path:
    """The data set of this kind; one that was begun is finished."""
    options = {
        "identities": people.identities,
        "cameras": people.cameras,
        "cameras-per-identity": 10,
        "frames": 2,
        "places": 2,
        "seed": SEED,
        "workers": 1,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    left_out = ["--without", people.without] if people.without else []
    reid("synth", "people", "--out", str(folder), "--cache", str(cache), *words, *left_out)
    return folder


def reid(*arguments: str) -> None:
    """Run the command as users do."""
    subprocess.run([sys.executable, "-m", "reid_app.cli.main", *arguments], check=True)


def _results() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


if __name__ == "__main__":
    main()
