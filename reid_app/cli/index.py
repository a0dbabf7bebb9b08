"""``reid index``."""

from dataclasses import asdict
from typing import Annotated

import typer

from reid_app.cli.common import EXIT_PARTLY, options_of, print_json, progress_bar

EXAMPLES = "Examples: reid index | reid index --rebuild --json"


def index(
    context: typer.Context,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Throw the snapshots away and build the gallery again from the catalog.")
    ] = False,
    encoder: Annotated[
        str | None, typer.Option(help="Name or path of the encoder.  [default: osm_caa_synthetic]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Embed what is new, save the gallery, and verify that it holds exactly what the catalog says.

    Exit code 0: complete and verified; 1: some tracklets failed, or the check did; 2: nothing could be done.
    """
    settings = options_of(context).settings(encoder__model=encoder)
    from reid_app.pipelines.index import index_tracklets
    from reid_app.pipelines.parts import open_catalog

    with open_catalog(settings) as catalog, progress_bar("indexing") as watch:
        report = index_tracklets(settings=settings, catalog=catalog, rebuild=rebuild, watch=watch)
    if as_json:
        print_json(asdict(report) | {"is_complete": report.is_complete})
    else:
        typer.echo(
            f"{report.num_added} tracklets added, {report.num_rows} in the gallery of {report.encoder} "
            f"(model {report.model_id}, version {report.gallery_version})"
        )
        typer.echo(
            f"verified: {report.verified.num_rows} of {report.verified.num_expected} rows equal to the catalog's, "
            f"{report.verified.num_self_found} of {report.verified.num_self_searched} searched rows find themselves"
        )
        for failure in report.failed:
            typer.echo(f"failed: {failure}", err=True)
    if not report.is_complete:
        raise typer.Exit(EXIT_PARTLY)
