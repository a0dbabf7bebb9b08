"""``reid doctor``."""

from dataclasses import asdict
from typing import Annotated

import typer

from reid_app.cli.common import EXIT_PARTLY, options_of, print_json

EXAMPLES = "Examples: reid doctor | reid doctor --json"


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """What is there, what is missing, and what to do: decoders, models, disk, catalog, gallery, FAISS.

    Exit code 0: all is well, or only slower or less exact than it could be; 1: something has to be mended.
    """
    settings = options_of(context).settings()
    from reid_app.pipelines.doctor import examine

    findings = examine(settings)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{finding.state:<8}{finding.what}: {finding.detail}")
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(EXIT_PARTLY)
