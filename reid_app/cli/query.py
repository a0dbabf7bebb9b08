"""``reid query``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_app.cli.common import options_of, print_json, progress_bar
from reid_app.errors import InputError
from reid_app.evaluation.report.times import video_time

if TYPE_CHECKING:
    from reid_app.pipelines.query import SearchAnswer

EXAMPLES = (
    "Examples: reid query --tracklet t0123456789abcdef0123-00004 | reid query --video probe.mp4 --top-k 5 --json | "
    "reid query --tracklet t0123456789abcdef0123-00004 --other-cameras --report answer.html"
)


def query(
    context: typer.Context,
    tracklet: Annotated[str | None, typer.Option(help="Id of a tracklet in the gallery.")] = None,
    video: Annotated[Path | None, typer.Option(help="A video; everybody in it is a probe.")] = None,
    picture: Annotated[
        list[Path] | None, typer.Option(help="A crop of one person; more of them, one tracklet.")
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, max=1000, help="Identities to rank.")] = 10,
    camera: Annotated[list[str] | None, typer.Option(help="Search these cameras only.")] = None,
    other_cameras: Annotated[bool, typer.Option("--other-cameras", help="Leave out the probe's own camera.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write film strips of the answer to this HTML file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Who is this, and where else was this person?

    Exit code 0: the probe was searched for; 2: it could not be.
    """
    if sum(map(bool, (tracklet, video, picture))) != 1:
        raise InputError("give exactly one probe: --tracklet ID, --video FILE, or --picture FILE (once or more)")
    settings = options_of(context).settings()
    from reid_app.pipelines.ask import Asker, write_report
    from reid_app.pipelines.query import SearchRequest

    request = SearchRequest(
        top_k=top_k, cameras=frozenset(camera) if camera else None, exclude_same_camera=other_cameras
    )
    with Asker(settings) as asker, progress_bar("reading the probe") as watch:
        if tracklet:
            asked = [asker.ask_tracklet(tracklet, request=request)]
        elif video:
            asked = asker.ask_video(video, request=request, watch=watch)
        else:
            asked = [asker.ask_pictures(picture or [], request=request)]
    if report is not None:
        write_report(report, asked[0], settings=settings)
    if as_json:
        print_json([one.as_json() for one in asked])
        return
    for one in asked:
        typer.echo(f"probe {one.probe.tracklet_id}: {one.probe.camera_id}, {_span(one.probe.start_s, one.probe.end_s)}")
        _print_table(one.answer)
    if report is not None:
        typer.echo(f"report: {report}")


def _span(start_s: float, end_s: float) -> str:
    return f"{video_time(start_s)}-{video_time(end_s)}"


def _print_table(answer: "SearchAnswer") -> None:
    from rich.console import Console
    from rich.table import Table

    if not answer.results:
        typer.echo("nobody is in the gallery that the filter leaves: reid index")
        return
    table = Table("rank", "identity or tracklet", "similarity", "camera", "from-to", box=None, pad_edge=False)
    for result in answer.results:
        best = result.tracklets[0].tracklet
        table.add_row(
            str(result.rank),
            result.name or best.tracklet_id,
            f"{result.similarity:.3f}",
            best.camera_id,
            _span(best.start_s, best.end_s),
        )
    Console(width=100, markup=False, highlight=False).print(table)
    if answer.decision == "uncalibrated":
        typer.echo("not calibrated: the order is by similarity, nothing says yet which of them is the same person")
