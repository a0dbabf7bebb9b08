"""Very small trainings on real crops, in this process and in others."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from reid_app.training.bookkeeper import TrainingReport
from reid_app.training.config import Recipe
from reid_app.training.loop import train
from reid_app.training.recipe_file import load_recipe
from tests.processes import free_port

ROOT = Path(__file__).resolve().parents[3]
TINY = ROOT / "configs" / "train" / "tiny.yaml"

SMALLER = (
    "model.preprocess.height=32",
    "model.preprocess.width=32",
    "batch={num_identities: 2, num_tracklets: 2, num_frames: 2}",
    "length.count=8",
    "schedule.warmup=2",
    "records={log_every: 1, resume_every: 1}",
    "validation=null",
)


def small_recipe(*changes: str) -> Recipe:
    return load_recipe(TINY, changes=(*SMALLER, *changes))


def run(recipe: Recipe, root: Path, out_dir: Path, *, resume: bool = False) -> TrainingReport:
    report = train(recipe, root=root, out_dir=out_dir, resume=resume, show=lambda done, total, unit: None)
    assert report is not None
    return report


def start(*arguments: str, module: str = "tests.unit.training.runs", **environment: str) -> "subprocess.Popen[str]":
    """A process of its own."""
    command = [sys.executable, "-W", "error", "-m", module, *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        text=True,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


def start_training(root: Path, out_dir: Path, *changes: str, **environment: str) -> "subprocess.Popen[str]":
    """`small_recipe` in a process of its own, resumed if there is something to resume."""
    return start(str(root), str(out_dir), json.dumps(changes), **environment)


def as_pair() -> list[dict[str, str]]:
    """Environments of two processes that train together, as ``torchrun`` sets them."""
    both = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    return [{**both, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(2)]


def finish(*processes: "subprocess.Popen[str]") -> None:
    """Wait until all have ended well."""
    printed = [process.communicate(timeout=300)[1] for process in processes]
    for process, errors in zip(processes, printed, strict=True):
        assert process.returncode == 0, errors


def wait_for_row(table: Path, number: int, *, of: "subprocess.Popen[str]") -> None:
    """Until so many steps are in a training's table, or it has ended."""
    while of.poll() is None:
        if table.exists() and table.read_text().count("\n") > number:
            return
        time.sleep(0.002)


def copy_crops(source: Path, target: Path, *, identities: Sequence[str], num_crops: int) -> Path:
    """A data set of the first crops of some identities' tracklets."""
    for identity in identities:
        crops = sorted((source / "bbox_train" / identity).glob("*.jpg"))
        (target / "bbox_train" / identity).mkdir(parents=True)
        for tracklet in sorted({crop.name[:11] for crop in crops}):
            for crop in [crop for crop in crops if crop.name.startswith(tracklet)][:num_crops]:
                shutil.copy(crop, target / "bbox_train" / identity / crop.name)
    return target


def weights(path: Path) -> dict[str, Tensor]:
    return load_file(path)


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """To the last bit."""
    return one.keys() == other.keys() and all(bool((one[name] == other[name]).all()) for name in one)


if __name__ == "__main__":
    root_text, out_text, changes_text = sys.argv[1:]
    train(
        small_recipe(*json.loads(changes_text)),
        root=Path(root_text),
        out_dir=Path(out_text),
        resume=True,
        show=lambda done, total, unit: None,
    )
