"""``reid identities``."""

from dataclasses import asdict
from typing import Annotated

import typer

from reid_app.cli.common import options_of, print_json

app = typer.Typer(help="Give tracklets the names of people.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list", epilog="Example: reid identities list --json")
def list_identities(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Everybody who has a name."""
    settings = options_of(context).settings()
    from reid_app.pipelines.parts import open_catalog

    with open_catalog(settings) as catalog:
        rows = catalog.identities.list(limit=limit)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    if not rows:
        typer.echo("nobody has a name yet: reid identities name TRACKLET NAME")
    for row in rows:
        typer.echo(f"{row.identity_id}  {row.num_tracklets:5d} tracklets  {row.name}")


@app.command("name", epilog="Example: reid identities name t0123456789abcdef0123-00004 'Ada Lovelace'")
def name_tracklet(
    context: typer.Context,
    tracklet: Annotated[str, typer.Argument(help="Id of the tracklet.", show_default=False)],
    name: Annotated[str, typer.Argument(help="The person's name; the same name again is the same person.")],
) -> None:
    """Say who a tracklet shows."""
    settings = options_of(context).settings()
    from reid_app.pipelines.identities import name_tracklet as name_in_catalog
    from reid_app.pipelines.parts import open_catalog, open_store

    with open_catalog(settings) as catalog:
        identity = name_in_catalog(tracklet, name=name, catalog=catalog, store=open_store(settings))
    typer.echo(f"{tracklet} is {identity.name} (identity {identity.identity_id}, {identity.num_tracklets} tracklets)")


@app.command("clear", epilog="Example: reid identities clear t0123456789abcdef0123-00004")
def clear_tracklet(
    context: typer.Context,
    tracklet: Annotated[str, typer.Argument(help="Id of the tracklet.", show_default=False)],
) -> None:
    """Take the name of a tracklet back."""
    settings = options_of(context).settings()
    from reid_app.pipelines.parts import open_catalog

    with open_catalog(settings) as catalog:
        catalog.identities.clear(tracklet)
    typer.echo(f"{tracklet} has no name now")
