"""A video -> tracklets in the catalog. The same again does nothing; a killed run goes on; new settings replace."""

import re
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.ids import tracklet_id, video_id
from reid_app.catalog.observations import Observations
from reid_app.catalog.rows import NewTracklet, RunRow, RunState, VideoRow
from reid_app.errors import InputError
from reid_app.pipelines.extract import ResumePoint, extract_tracklets
from reid_app.pipelines.identities import observations_of
from reid_app.pipelines.parts import open_store, open_track_source
from reid_app.settings import Settings
from reid_app.tracking.builder import TrackletBuilder
from reid_app.tracking.stride import automatic_stride
from reid_app.tracklets.locks import file_lock
from reid_app.tracklets.parts import TrackSource
from reid_app.tracklets.store import CropStore, StoredFile
from reid_app.tracklets.types import Tracklet
from reid_app.tracklets.watch import Unwatched, Watch
from reid_app.video.hashing import content_sha256
from reid_app.video.info import VideoInfo
from reid_app.video.reader import inspect_video, open_video

PIPELINE_VERSION = 1
"""Raised by hand when the same settings give other tracklets than before."""

CAMERA_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""What a camera may be called, as a regular expression."""

_CHECKPOINT_EVERY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What became of a video."""

    video_id: str
    run_id: str
    camera_id: str
    was_complete: bool
    """The same video was ingested with the same settings before; nothing was done."""
    num_tracklets: int
    dropped: dict[str, int]
    """Tracks that did not become tracklets, by reason."""
    problems: list[str]
    """What could not be decoded."""
    missing_frames: int
    num_frames: int
    stride: int
    not_carried_over: list[str] = field(default_factory=list)
    """Names given to tracklets of an earlier run that fit no tracklet of this one."""


def ingest_video(
    path: Path,
    *,
    camera_id: str,
    settings: Settings,
    catalog: Catalog,
    start_at: datetime | None = None,
    name: str | None = None,
    tracks_path: Path | None = None,
    watch: Watch | None = None,
) -> IngestReport:
    """Find everybody in a video and keep them as tracklets.

    Args:
        path: The video.
        camera_id: Who filmed it: letters, digits, ``.``, ``_`` and ``-``, at most 64.
        settings: All settings.
        catalog: Where the rows go.
        start_at: When the recording began, aware; None when unknown.
        name: The file's name for people, when ``path`` does not have it.
        tracks_path: Tracks made elsewhere, a MOT-challenge text file; no detector runs then.
        watch: Sees the progress in frames, may cancel.

    Raises:
        InputError: The camera's name, the video or the file of tracks cannot be used.
        LockedError: The same video is being ingested by another process.
        CancelledError: ``watch`` asked for it; the same call goes on later.
        StorageFullError: The disk is full; the same call goes on later.
    """
    if not re.fullmatch(CAMERA_ID, camera_id):
        raise InputError(
            f"the camera id {camera_id!r} must be 1 to 64 letters, digits, '.', '_' or '-', "
            "beginning with a letter or a digit"
        )
    info = inspect_video(path, config=settings.video)
    video = catalog.videos.add(
        sha256=content_sha256(path),
        camera_id=camera_id,
        start_at=start_at,
        name=name or path.name,
        width=info.width,
        height=info.height,
        fps=info.fps,
        num_frames=info.num_frames,
        duration_s=info.duration_s,
        start_s=info.start_s,
    )
    stride = settings.ingest.stride or automatic_stride(info.fps)
    source = open_track_source(settings, fps=info.fps, stride=stride, tracks_path=tracks_path)
    with file_lock(settings.locks_dir / f"video-{video.video_id}.lock", what=f"the video {video.name}"):
        store = open_store(settings)
        run = catalog.runs.start(video.video_id, settings=_run_settings(settings, source=source, stride=stride))
        _sweep(video.video_id, catalog=catalog, store=store)
        if run.state is RunState.COMPLETE:
            return _report(run, video, was_complete=True)
        job = _Ingestion(
            path=path,
            info=info,
            video=video,
            run=run,
            stride=stride,
            source=source,
            settings=settings,
            catalog=catalog,
            store=store,
            watch=watch or Unwatched(),
        )
        return job.run_to_end()


def find_report(*, sha256: str, camera_id: str, start_at: datetime | None, catalog: Catalog) -> IngestReport | None:
    """The report of a video that was ingested to the end before, if it was."""
    video = video_id(sha256=sha256, camera_id=camera_id, start_at=start_at)
    for run in catalog.runs.list_of_video(video):
        if run.state is RunState.COMPLETE and run.is_visible:
            return _report(run, catalog.videos.get(video), was_complete=True)
    return None


def row_of(tracklet: Tracklet, *, stored: StoredFile, ordinal: int) -> NewTracklet:
    """The catalog's row of a tracklet whose file is on disk."""
    return NewTracklet(
        tracklet_id=tracklet.tracklet_id,
        ordinal=ordinal,
        start_s=tracklet.start_s,
        end_s=tracklet.end_s,
        num_observations=len(tracklet.pts_s),
        num_crops=len(tracklet.crops),
        quality=tracklet.quality,
        path=stored.path,
        sha256=stored.sha256,
        num_bytes=stored.num_bytes,
    )


def _run_settings(settings: Settings, *, source: TrackSource, stride: int) -> dict[str, Any]:
    return {
        "pipeline_version": PIPELINE_VERSION,
        "source": source.fingerprint,
        "stride": stride,
        "segment_s": settings.ingest.segment_s,
        "jpeg_quality": settings.ingest.jpeg_quality,
        "builder": settings.builder.model_dump(mode="json"),
    }


def _report(run: RunRow, video: VideoRow, *, was_complete: bool) -> IngestReport:
    if run.report is None:
        raise ValueError(f"run {run.run_id} is complete without a report")
    return IngestReport(
        video_id=video.video_id,
        run_id=run.run_id,
        camera_id=video.camera_id,
        was_complete=was_complete,
        not_carried_over=[f"{label.name} ({label.start_s:.1f}-{label.end_s:.1f} s)" for label in run.not_carried_over],
        **run.report,
    )


def _sweep(video_id: str, *, catalog: Catalog, store: CropStore) -> None:
    """Remove the files that have no row: of runs that were replaced, and of runs that were killed."""
    for folder in store.folders(video_id):
        store.sweep(folder, keep=catalog.runs.paths(folder.rpartition("/")[2]))


class _Ingestion:
    """One run of one video, under its lock."""

    def __init__(
        self,
        *,
        path: Path,
        info: VideoInfo,
        video: VideoRow,
        run: RunRow,
        stride: int,
        source: TrackSource,
        settings: Settings,
        catalog: Catalog,
        store: CropStore,
        watch: Watch,
    ) -> None:
        self._path = path
        self._info = info
        self._video = video
        self._run = run
        self._folder = f"{video.video_id}/{run.run_id}"
        self._stride = stride
        self._source = source
        self._settings = settings
        self._catalog = catalog
        self._store = store
        self._watch = watch
        checkpoint = dict(run.checkpoint or {})
        self._dropped_before = Counter(checkpoint.pop("dropped", {}))
        self._start = ResumePoint(**checkpoint)
        self._next_ordinal = self._start.next_ordinal

    def run_to_end(self) -> IngestReport:
        run_id = self._run.run_id
        builder = TrackletBuilder(
            self._settings.builder,
            camera_id=self._video.camera_id,
            tracklet_id=lambda ordinal: tracklet_id(run_id, ordinal),
            first_ordinal=self._start.next_ordinal,
        )
        problems, missing_frames = self._follow(builder)
        report = {
            "num_tracklets": builder.next_ordinal,
            "dropped": dict(self._dropped(builder)),
            "problems": problems,
            "missing_frames": missing_frames,
            "num_frames": self._info.num_frames,
            "stride": self._stride,
        }
        finished = self._catalog.runs.finish(run_id, report=report, observations=self._observations)
        _sweep(self._video.video_id, catalog=self._catalog, store=self._store)
        return _report(finished.run, self._video, was_complete=False)

    def _follow(self, builder: TrackletBuilder) -> tuple[list[str], int]:
        start = self._start
        first_frame = start.segment_first_frame if self._source.is_stateful else start.next_frame
        pending: list[NewTracklet] = []
        saved_at = time.monotonic()
        with open_video(
            self._path, config=self._settings.video, stride=self._stride, first_frame=first_frame
        ) as stream:
            steps = extract_tracklets(
                stream,
                source=self._source,
                builder=builder,
                segment_s=self._settings.ingest.segment_s,
                start=start,
                threads=self._settings.detection.threads,
            )
            for step in steps:
                pending += [self._write(tracklet) for tracklet in step.tracklets]
                if step.resume and (pending or time.monotonic() - saved_at > _CHECKPOINT_EVERY_S):
                    checkpoint = asdict(step.resume) | {"dropped": dict(self._dropped(builder))}
                    self._catalog.runs.checkpoint(self._run.run_id, tracklets=pending, checkpoint=checkpoint)
                    pending, saved_at = [], time.monotonic()
                self._watch.progress(step.frame_index + 1, self._info.num_frames, "frames")
                self._watch.check_cancelled()
            self._watch.progress(self._info.num_frames, self._info.num_frames, "frames")
            return list(stream.problems), stream.missing_frames

    def _observations(self, path: str) -> Observations:
        return observations_of(path, store=self._store)

    def _dropped(self, builder: TrackletBuilder) -> Counter[str]:
        return self._dropped_before + Counter({str(reason): count for reason, count in builder.dropped.items()})

    def _write(self, tracklet: Tracklet) -> NewTracklet:
        stored = self._store.write(tracklet, folder=self._folder)
        row = row_of(tracklet, stored=stored, ordinal=self._next_ordinal)
        self._next_ordinal += 1
        return row
