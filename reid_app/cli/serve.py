"""``reid serve``."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from reid_app.cli.common import options_of

EXAMPLES = "Examples: reid serve | reid keys create me --scope read,write,admin; reid serve --host 0.0.0.0"


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port.  [default: 8700]")] = None,
) -> None:
    """Run everything on this machine: both HTTP APIs, ingestion and indexing, in one process tree.

    Without keys the services answer on loopback only; any other address needs `reid keys create` first.
    """
    options = options_of(context)
    settings = options.settings(http__host=host, http__port=port)
    environment = dict(os.environ)
    environment["REID_DATA_DIR"] = str(settings.data_dir)
    environment["REID_HTTP__HOST"] = settings.http.host
    environment["REID_HTTP__PORT"] = str(settings.http.port)
    if options.config_file is not None:
        environment["REID_CONFIG"] = str(Path(options.config_file).resolve())
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "services"], environment)  # noqa: S606
