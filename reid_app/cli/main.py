"""``reid``: one file per command, heavy imports inside the commands."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from reid_app.cli import (
    data,
    doctor,
    evaluate,
    export,
    identities,
    index,
    ingest,
    keys,
    label,
    models,
    query,
    serve,
    synth,
    tracklets,
    train,
)
from reid_app.cli.common import EXIT_FAILED, EXIT_INTERRUPTED, Options
from reid_app.errors import CancelledError, ReidError

app = typer.Typer(
    help="Person re-identification in video: videos in, ranked identities out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(
    epilog="Example: reid ingest yard.mp4 --camera yard; reid index; reid tracklets list; reid query --tracklet ID"
)
def root(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="YAML file with settings; see configs/default.yaml.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder that holds everything that lasts.  [default: data]")] = None,
) -> None:
    """Options that hold for every command."""
    context.obj = Options(config_file=config, data_dir=data)


app.command("ingest", epilog=ingest.EXAMPLES)(ingest.ingest)
app.command("index", epilog=index.EXAMPLES)(index.index)
app.command("query", epilog=query.EXAMPLES)(query.query)
app.add_typer(tracklets.app, name="tracklets")
app.add_typer(identities.app, name="identities")
app.add_typer(data.app, name="data")
app.command("evaluate", epilog=evaluate.EXAMPLES)(evaluate.evaluate)
app.command("train", epilog=train.EXAMPLES)(train.train)
app.add_typer(synth.app, name="synth")
app.command("export", epilog=export.EXAMPLES)(export.export)
app.command("label", epilog=label.EXAMPLES)(label.label)
app.add_typer(models.app, name="models")
app.add_typer(keys.app, name="keys")
app.command("serve", epilog=serve.EXAMPLES)(serve.serve)
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)


def run() -> None:
    """Entry point: errors that people can act on are one line on standard error, without a stack trace."""
    try:
        app()
    except CancelledError as stopped:
        typer.echo(str(stopped), err=True)
        sys.exit(EXIT_INTERRUPTED)
    except (ReidError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(EXIT_FAILED)
    except SystemExit as end:
        if end.code == EXIT_INTERRUPTED:
            typer.echo("stopped; what was done is kept, the same command goes on", err=True)
        raise


if __name__ == "__main__":
    run()
