"""Giving tracklets their rows."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reid_app.catalog.rows import NewTracklet, VideoRow
from reid_app.catalog.tables import tracklets
from reid_app.catalog.times import utc_now
from reid_app.catalog.tracklets import chunks
from reid_app.errors import ConflictError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def insert_tracklets(
    connection: sa.Connection, wanted: Sequence[NewTracklet], *, run_id: str, video: VideoRow
) -> list[str]:
    """Store those of some tracklets of a run that have no row yet.

    Returns:
        Ids of those that were new.

    Raises:
        ConflictError: An id is there with another content.
        ValueError: A time is not finite or an end comes before its start.
    """
    new = _without_known(connection, run_id, wanted)
    if new:
        connection.execute(sa.insert(tracklets), [_values(tracklet, run_id=run_id, video=video) for tracklet in new])
    return [tracklet.tracklet_id for tracklet in new]


def _without_known(connection: sa.Connection, run_id: str, wanted: Sequence[NewTracklet]) -> list[NewTracklet]:
    known: dict[str, tuple[str, int, str]] = {}
    for portion in chunks([tracklet.tracklet_id for tracklet in wanted]):
        query = sa.select(tracklets).where(tracklets.c.tracklet_id.in_(portion))
        for row in connection.execute(query):
            known[row.tracklet_id] = (row.run_id, row.ordinal, row.sha256)
    new = []
    for tracklet in wanted:
        stored = known.get(tracklet.tracklet_id)
        if stored is None:
            new.append(tracklet)
        elif stored != (run_id, tracklet.ordinal, tracklet.sha256):
            raise ConflictError(
                f"tracklet {tracklet.tracklet_id} of run {run_id} is stored already with another content: two "
                "versions of this program wrote to one run; remove the video's run and ingest it again"
            )
    return new


def _values(tracklet: NewTracklet, *, run_id: str, video: VideoRow) -> dict[str, Any]:
    if not math.isfinite(tracklet.start_s) or not tracklet.start_s <= tracklet.end_s < math.inf:
        raise ValueError(
            f"tracklet {tracklet.tracklet_id} needs finite start_s <= end_s, got {tracklet.start_s}, {tracklet.end_s}"
        )
    start_at = end_at = None
    if video.start_at is not None:
        start_at = video.start_at + timedelta(seconds=tracklet.start_s - video.start_s)
        end_at = video.start_at + timedelta(seconds=tracklet.end_s - video.start_s)
    return asdict(tracklet) | {
        "run_id": run_id,
        "video_id": video.video_id,
        "camera_id": video.camera_id,
        "identity_id": None,
        "start_at": start_at,
        "end_at": end_at,
        "listed_at": _EPOCH + timedelta(seconds=tracklet.start_s) if start_at is None else start_at,
        "created_at": utc_now(),
    }
