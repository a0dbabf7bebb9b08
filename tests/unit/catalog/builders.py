"""Small valid things to put into a catalog."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.ids import tracklet_id
from reid_app.catalog.observations import Observations
from reid_app.catalog.rows import FinishedRun, NewTracklet, RunRow, VideoRow

START = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


def add_video(
    catalog: Catalog, *, camera_id: str = "cam1", start_at: datetime | None = START, sha256: str = "a" * 64
) -> VideoRow:
    return catalog.videos.add(
        sha256=sha256,
        camera_id=camera_id,
        start_at=start_at,
        name="street.mp4",
        width=640,
        height=480,
        fps=25.0,
        num_frames=1500,
        duration_s=60.0,
        start_s=0.5,
    )


def new_tracklet(run_id: str, ordinal: int, *, start_s: float | None = None, end_s: float | None = None) -> NewTracklet:
    start = 0.5 + ordinal if start_s is None else start_s
    return NewTracklet(
        tracklet_id=tracklet_id(run_id, ordinal),
        ordinal=ordinal,
        start_s=start,
        end_s=start + 2.0 if end_s is None else end_s,
        num_observations=10,
        num_crops=4,
        quality=0.75,
        path=f"{run_id}/{tracklet_id(run_id, ordinal)}.zip",
        sha256=f"{ordinal:064x}",
        num_bytes=1000 + ordinal,
    )


def new_tracklets(run_id: str, num: int, *, first: int = 0) -> list[NewTracklet]:
    return [new_tracklet(run_id, ordinal) for ordinal in range(first, first + num)]


def add_run(
    catalog: Catalog, video: VideoRow, *, num: int, settings: Mapping[str, Any] | None = None
) -> tuple[RunRow, list[NewTracklet]]:
    """A run with tracklets, not finished."""
    run = catalog.runs.start(video.video_id, settings={"stride": 5} if settings is None else settings)
    tracklets = new_tracklets(run.run_id, num)
    catalog.runs.checkpoint(run.run_id, tracklets=tracklets, checkpoint={"frame_index": 100})
    return run, tracklets


def finish(catalog: Catalog, run_id: str, seen: Mapping[str, Observations] | None = None) -> FinishedRun:
    """Finish a run whose tracklet files are those of ``seen``, by path."""
    files = {} if seen is None else seen
    return catalog.runs.finish(run_id, report={"frames": 1500}, observations=lambda path: files[path])


def walk(start_s: float, end_s: float, *, x: float, speed: float = 0.0, fps: float = 5.0) -> Observations:
    """A person of 40 x 100 px who is at ``x`` at time 0 and moves to the right."""
    pts_s = np.linspace(start_s, end_s, max(2, round((end_s - start_s) * fps) + 1))
    left = x + speed * pts_s
    boxes = np.stack([left, np.full_like(left, 100.0), left + 40.0, np.full_like(left, 200.0)], axis=1)
    return Observations(pts_s=pts_s, boxes_xyxy=boxes.astype(np.float32))


def unit_vectors(num: int, dimension: int, *, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(num, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def kinds(catalog: Catalog) -> Sequence[tuple[str, str]]:
    return [(change.kind.value, change.tracklet_id) for change in catalog.changes.after(0, limit=10_000)]
