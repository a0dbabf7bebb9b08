"""``reid tracklets``."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_app.cli.common import options_of, print_json
from reid_app.evaluation.report.times import video_time

if TYPE_CHECKING:
    from reid_app.catalog.rows import TrackletRow

app = typer.Typer(help="Look at what was found.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list", epilog="Examples: reid tracklets list --camera yard | reid tracklets list --limit 1000 --json")
def list_tracklets(
    context: typer.Context,
    camera: Annotated[str | None, typer.Option(help="Only this camera.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tracklets in the order of time."""
    settings = options_of(context).settings()
    from reid_app.pipelines.identities import names_of
    from reid_app.pipelines.parts import open_catalog

    with open_catalog(settings) as catalog:
        rows = catalog.tracklets.list(camera_id=camera, limit=limit)
        total = catalog.tracklets.count()
        names = names_of(rows, catalog=catalog)
    if as_json:
        print_json([asdict(row) | {"name": names.get(row.identity_id)} for row in rows])
        return
    if not rows:
        typer.echo("no tracklets yet: reid ingest VIDEO --camera NAME")
    for row in rows:
        typer.echo(_line(row, name=names.get(row.identity_id)))
    if total > len(rows) and camera is None:
        typer.echo(f"… {total - len(rows)} more: --limit {total}", err=True)


@app.command("show", epilog="Example: reid tracklets show t0123456789abcdef0123-00004 --strip person.jpg")
def show_tracklet(
    context: typer.Context,
    tracklet: Annotated[str, typer.Argument(help="Id of the tracklet.", show_default=False)],
    strip: Annotated[Path | None, typer.Option(help="Write its film strip to this JPEG file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Everything that is known of one tracklet."""
    settings = options_of(context).settings()
    from reid_app.evaluation.report.film_strip import strip_jpeg
    from reid_app.pipelines.identities import names_of
    from reid_app.pipelines.parts import open_catalog, open_store
    from reid_app.tracklets.files import write_atomically

    with open_catalog(settings) as catalog:
        row = catalog.tracklets.get(tracklet)
        name = names_of([row], catalog=catalog).get(row.identity_id)
    stored = open_store(settings).read(row.path, sha256=row.sha256)
    if strip is not None:
        write_atomically(strip, strip_jpeg([crop.image for crop in stored.crops]))
    if as_json:
        crops = [
            {"frame_index": crop.frame_index, "pts_s": crop.pts_s, "box_xyxy": crop.box_xyxy}
            | {"quality": asdict(crop.quality) | {"overall": crop.quality.overall}}
            for crop in stored.crops
        ]
        print_json(asdict(row) | {"name": name, "crops": crops})
        return
    typer.echo(_line(row, name=name))
    typer.echo(f"  {row.num_observations} observations, {row.num_crops} crops, quality {row.quality:.2f}, {row.path}")
    if strip is not None:
        typer.echo(f"  film strip: {strip}")


def _line(row: "TrackletRow", *, name: str | None) -> str:
    when = f"{video_time(row.start_s)}-{video_time(row.end_s)}"
    if row.start_at is not None:
        when += f" ({row.start_at:%Y-%m-%d %H:%M:%S}Z)"
    return f"{row.tracklet_id}  {row.camera_id:<12} {when}  {name or '-'}"
