"""``reid keys``."""

from dataclasses import asdict
from typing import Annotated

import typer

from reid_app.cli.common import options_of, print_json
from reid_app.errors import InputError

app = typer.Typer(help="Keys of the HTTP services.", no_args_is_help=True, rich_markup_mode=None)


@app.command("create", epilog="Example: reid keys create front-desk --scope read,write")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What the key is for.", show_default=False)],
    scope: Annotated[str, typer.Option(help="Any of read, write, admin, with commas between.")] = "read",
) -> None:
    """Make a key and show it, once: only its hash is kept."""
    settings = options_of(context).settings()
    from reid_app.catalog.rows import Scope
    from reid_app.pipelines.parts import open_catalog

    asked = [part.strip() for part in scope.split(",")]
    unknown = [part for part in asked if part not in list(Scope)]
    if unknown:
        raise InputError(f"--scope {unknown[0]!r} is none of {', '.join(Scope)}")
    with open_catalog(settings) as catalog:
        created = catalog.keys.create(name, scopes=[Scope(part) for part in asked])
    typer.echo(f"key {name} ({', '.join(asked)}); it is not shown again:", err=True)
    typer.echo(created.secret)


@app.command("list", epilog="Example: reid keys list")
def list_keys(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """All keys, without their secrets."""
    settings = options_of(context).settings()
    from reid_app.pipelines.parts import open_catalog

    with open_catalog(settings) as catalog:
        rows = catalog.keys.list()
    if as_json:
        print_json([asdict(row) | {"scopes": sorted(row.scopes)} for row in rows])
        return
    if not rows:
        typer.echo("there is no key: the services answer on loopback only")
    for row in rows:
        state = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else "valid"
        typer.echo(f"{row.name:<20} {','.join(sorted(row.scopes)):<18} {row.created_at:%Y-%m-%d}  {state}")


@app.command("revoke", epilog="Example: reid keys revoke front-desk")
def revoke(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the key.", show_default=False)],
) -> None:
    """Take a key back; it stops working at once."""
    settings = options_of(context).settings()
    from reid_app.pipelines.parts import open_catalog

    with open_catalog(settings) as catalog:
        catalog.keys.revoke(name)
    typer.echo(f"the key {name} is revoked")
