"""A small data folder with tracklets in it, made without a video."""

from collections.abc import Mapping
from datetime import UTC, datetime

from reid_app.catalog.catalog import Catalog
from reid_app.pipelines.ingest import row_of
from reid_app.pipelines.parts import open_store
from reid_app.settings import Settings
from tests.fakes import make_tracklet

Colour = tuple[int, int, int]

START = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


def store_people(people: Mapping[str, Colour], *, camera_id: str, settings: Settings, catalog: Catalog) -> list[str]:
    """One tracklet for each person, who wears one colour; returns the tracklets' ids."""
    video = catalog.videos.add(
        sha256=camera_id.encode().hex().ljust(64, "0"),
        camera_id=camera_id,
        start_at=START,
        name=f"{camera_id}.mp4",
        width=64,
        height=96,
        fps=5.0,
        num_frames=100,
        duration_s=20.0,
        start_s=0.0,
    )
    run = catalog.runs.start(video.video_id, settings={})
    store = open_store(settings)
    rows = []
    for ordinal, (name, colour) in enumerate(people.items()):
        tracklet = make_tracklet(f"{camera_id}-{name}", camera_id=camera_id, colour=colour)
        stored = store.write(tracklet, folder=f"{video.video_id}/{run.run_id}")
        rows.append(row_of(tracklet, stored=stored, ordinal=ordinal))
    catalog.runs.checkpoint(run.run_id, tracklets=rows, checkpoint={})
    catalog.runs.finish(run.run_id, report={}, observations=_no_names)
    return [row.tracklet_id for row in rows]


def _no_names(path: str) -> None:  # type: ignore[return]
    raise AssertionError(f"nobody has a name, so {path} need not be read")
