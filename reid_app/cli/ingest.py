"""``reid ingest``."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reid_app.cli.common import EXIT_PARTLY, options_of, print_json, progress_bar
from reid_app.errors import CancelledError, InputError, ReidError

if TYPE_CHECKING:
    from reid_app.pipelines.ingest import IngestReport

EXAMPLES = (
    "Examples: reid ingest yard.mp4 --camera yard --start 2026-01-31T08:00:00Z | "
    "reid ingest *.mp4 --camera door --detector motion | reid ingest yard.mp4 --camera yard --tracks yard_mot.txt"
)


def ingest(
    context: typer.Context,
    videos: Annotated[list[Path], typer.Argument(help="Video files of one camera.", show_default=False)],
    camera: Annotated[str, typer.Option(help="Who filmed them, such as yard.")],
    start: Annotated[
        str | None, typer.Option(help="When the recording began, RFC 3339 with its zone; for one video only.")
    ] = None,
    detector: Annotated[
        Literal["auto", "yolox", "motion"] | None, typer.Option(help="How people are found.  [default: auto]")
    ] = None,
    tracks: Annotated[
        Path | None, typer.Option(help="Tracks made elsewhere, a MOT-challenge text file; for one video only.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find everybody in videos and keep them as tracklets.

    The same video with the same settings again does nothing; a stopped run goes on where it was.
    Exit code 0: all videos; 1: some videos failed or are damaged; 2: nothing could be done.
    """
    if len(videos) > 1 and (start or tracks):
        raise InputError(f"--start and --tracks belong to one video, {len(videos)} were given: ingest them one by one")
    start_at = parse_start(start) if start else None
    settings = options_of(context).settings(detection__kind=detector)
    from reid_app.pipelines.ingest import ingest_video
    from reid_app.pipelines.parts import describe_detector, open_catalog

    if not as_json and tracks is None:
        typer.echo(describe_detector(settings), err=True)
    reports: list[IngestReport] = []
    failures: list[dict[str, str]] = []
    with open_catalog(settings) as catalog:
        for video in videos:
            try:
                with progress_bar(video.name) as watch:
                    report = ingest_video(
                        video,
                        camera_id=camera,
                        settings=settings,
                        catalog=catalog,
                        start_at=start_at,
                        tracks_path=tracks,
                        watch=watch,
                    )
            except CancelledError:
                raise
            except ReidError as error:
                if len(videos) == 1:
                    raise
                failures.append({"video": str(video), "error": str(error)})
                typer.echo(f"error: {video.name}: {error}", err=True)
                continue
            reports.append(report)
            if not as_json:
                _print_report(video, report)
    if as_json:
        print_json({"videos": [asdict(report) for report in reports], "failures": failures})
    if failures or any(report.problems for report in reports):
        raise typer.Exit(EXIT_PARTLY)


def parse_start(text: str) -> datetime:
    """A recording start.

    Raises:
        InputError: It is not RFC 3339, or it has no time zone.

    Examples:
        >>> parse_start("2026-01-31T08:00:00Z").isoformat()
        '2026-01-31T08:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(f"--start {text!r} must be a date and time with its zone, such as 2026-01-31T08:00:00Z")
    return moment


def _print_report(video: Path, report: "IngestReport") -> None:
    if report.was_complete:
        typer.echo(f"{video.name}: nothing to do, its {report.num_tracklets} tracklets are in the catalog already")
        return
    typer.echo(f"{video.name}: {report.num_tracklets} tracklets from {report.num_frames} frames")
    for reason, count in sorted(report.dropped.items()):
        typer.echo(f"  dropped {count}: {reason}")
    for problem in report.problems:
        typer.echo(f"  damaged: {problem}")
    for label in report.not_carried_over:
        typer.echo(f"  this name fits no tracklet any more: {label}")
