"""``reid train``."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_app.cli.common import print_json, progress_bar
from reid_app.errors import SettingsError

if TYPE_CHECKING:
    from reid_app.training.bookkeeper import TrainingReport

EXAMPLES = (
    "Examples: reid train --config configs/train/mars-strong.yaml --root /data/mars --out runs/strong | "
    "reid train --config configs/train/tiny.yaml --root my_crops --out runs/try --set model.backbone=osnet_x0_25 | "
    "torchrun --nproc-per-node 4 -m reid_app.cli.main train --config … for several GPUs"
)


def train(
    config: Annotated[Path, typer.Option(help="Recipe, a YAML file; see configs/train.", show_default=False)],
    root: Annotated[Path, typer.Option(help="The data set's own folder.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, tables and the resume point.", show_default=False)],
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the recipe; may be given again and again."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training in --out, if any.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Train a network on labelled tracklets, by a recipe.

    Ctrl-C saves; the same command with --resume goes on, and on a CPU ends with the same weights to the last bit.
    Exit code 0: complete; 2: nothing could be done; 130: stopped and saved.
    """
    from reid_app.training.recipe_file import load_recipe

    recipe = load_recipe(config, changes=changes or ())
    if find_spec("torch") is None:
        raise SettingsError("training needs torch: pip install 'reid-app[train]'")
    from reid_app.training.loop import train as run_training

    with _shown() as show:
        report = run_training(recipe, root=root, out_dir=out, resume=resume, show=show)
    if report is None:
        return
    if as_json:
        print_json(asdict(report))
    else:
        _print(report)


@contextmanager
def _shown() -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar, in the first process."""
    if os.environ.get("RANK", "0") != "0":
        yield lambda done, total, unit: None
        return
    with progress_bar("training") as watch:
        yield watch.progress


def _print(report: "TrainingReport") -> None:
    typer.echo(f"trained on {report.num_identities} identities in {report.num_steps} steps: {report.last}")
    if report.best is not None:
        typer.echo(f"  last: {_metrics(report.metrics)}, on identities held out")
        typer.echo(f"  best: {_metrics(report.best_metrics)}, after step {report.best_step}: {report.best}")


def _metrics(metrics: dict[str, float]) -> str:
    return f"mAP {metrics['mean_ap']:.3f}, rank-1 {metrics['rank1']:.3f}"
