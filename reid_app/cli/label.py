"""``reid label``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from reid_app.cli.common import options_of, print_json, progress_bar

EXAMPLES = (
    "Example: reid identities name TRACKLET 'Ada Lovelace'; reid label my_site; "
    "reid data check folder --root my_site; reid evaluate --dataset folder --root my_site"
)


def label(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="Folder to write; it must not be there yet.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Export every tracklet that has a name as a data set of your own: to train and to measure on your site.

    The folder holds pictures of people and their names: keep it as safe as the data folder.
    """
    settings = options_of(context).settings()
    from reid_app.pipelines.label import export_labelled
    from reid_app.pipelines.parts import open_catalog

    with open_catalog(settings) as catalog, progress_bar("exporting") as watch:
        report = export_labelled(out, settings=settings, catalog=catalog, watch=watch)
    if as_json:
        print_json(asdict(report))
        return
    typer.echo(
        f"{report.num_tracklets} tracklets of {report.num_identities} people ({report.num_pictures} pictures) "
        f"are in {report.path}"
    )
    if report.in_one_camera:
        typer.echo(f"seen by one camera only, so no cross-camera query finds them: {', '.join(report.in_one_camera)}")
