"""``reid models``."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from reid_app.cli.common import EXIT_PARTLY, options_of, print_json, progress_bar
from reid_app.errors import SettingsError

app = typer.Typer(help="Model files: which are known, which are here.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list", epilog="Example: reid models list --json")
def list_models(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Known models, what their licences allow, and where their files lie."""
    settings = options_of(context).settings()
    from reid_app.pipelines.models import list_models as listed

    models = listed(settings)
    if as_json:
        print_json([model.as_json() for model in models])
        return
    for model in models:
        typer.echo(f"{model.known.name}  {model.known.task}, {model.known.num_bytes / 1e6:.1f} MB, {model.state}")
        typer.echo(f"    {model.known.note}")
        typer.echo(f"    licence: {model.known.licence}")


@app.command("pull", epilog="Example: reid models pull yolox_nano")
def pull(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the model.", show_default=False)],
) -> None:
    """Download a model file, check its sum, and keep it in the data folder."""
    settings = options_of(context).settings()
    from reid_app.pipelines.models import pull_model

    with progress_bar(name) as watch:
        path = pull_model(name, settings=settings, watch=watch)
    typer.echo(f"{name} is at {path}")


@app.command("verify", epilog="Example: reid models verify")
def verify(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Name of one model; all without it.", show_default=False)] = None,
) -> None:
    """Compare the model files with their known checksums. Exit code 1 if one is damaged."""
    settings = options_of(context).settings()
    from reid_app.pipelines.models import list_models as listed

    models = listed(settings, name=name)
    for model in models:
        typer.echo(f"{model.known.name}: {model.state}")
    if any(model.is_damaged for model in models):
        raise typer.Exit(EXIT_PARTLY)


@app.command(
    "convert", epilog="Example: reid models convert osnet.pth --architecture osnet_x0_25 --out osnet.safetensors"
)
def convert(
    source: Annotated[Path, typer.Argument(help="A torch checkpoint (.pth, .pth.tar, .pt).", show_default=False)],
    architecture: Annotated[str, typer.Option(help="Its backbone, such as osnet_x0_25.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The safetensors file to write.", show_default=False)],
    licence: Annotated[
        str, typer.Option(help="What one may do with the weights; goes into the card.")
    ] = "not stated: ask whoever made the weights",
) -> None:
    """Turn other people's weights (torchreid, torchvision) into a checkpoint, in a process of its own.

    The result can be served, exported, or be the initial weights of a training.
    """
    if find_spec("torch") is None:
        raise SettingsError("reid models convert needs torch: pip install 'reid-app[train]'")
    from reid_app.model.convert import convert_checkpoint

    card = convert_checkpoint(source, architecture=architecture, out=out, licence=licence)
    typer.echo(f"{out}: {card.architecture.backbone}, sha256 {card.sha256}")
