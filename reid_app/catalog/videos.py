"""Cameras and the videos that they recorded."""

import math
import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reid_app.catalog.cursors import decode_cursor
from reid_app.catalog.database import Database
from reid_app.catalog.ids import video_id as derived_video_id
from reid_app.catalog.names import checked_name, shown_file_name
from reid_app.catalog.rows import CameraRow, VideoRow
from reid_app.catalog.tables import cameras, videos
from reid_app.catalog.times import require_utc, utc_now
from reid_app.errors import NotFoundError

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Videos:
    """Stores and looks up videos and cameras."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        *,
        sha256: str,
        camera_id: str,
        start_at: datetime | None,
        name: str,
        width: int,
        height: int,
        fps: float,
        num_frames: int,
        duration_s: float,
        start_s: float,
    ) -> VideoRow:
        """Make a video known, and its camera; one that is known comes back as it is.

        Args:
            sha256: Of the file's content, 64 lower-case hexadecimal digits.
            camera_id: Any short printable name.
            start_at: When the first frame was recorded, where that is known.
            name: File name without its folder.
            width: Of the upright picture, in pixels.
            height: Of the upright picture, in pixels.
            fps: Average frame rate.
            num_frames: Frames in the file.
            duration_s: Length.
            start_s: Presentation time of the first frame.

        Raises:
            InputError: The camera's name is not printable text of 1 to 200 characters.
            ValueError: A time is naive, a number is not finite, or the checksum is none.
        """
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"sha256 must be 64 lower-case hexadecimal digits, got {sha256!r}")
        if not all(map(math.isfinite, (fps, duration_s, start_s))):
            raise ValueError(f"fps, duration_s and start_s must be finite, got {fps}, {duration_s} and {start_s}")
        camera_id = checked_name("camera", camera_id)
        start_at = None if start_at is None else require_utc("start_at", start_at)
        video_id = derived_video_id(sha256=sha256, camera_id=camera_id, start_at=start_at)
        now = utc_now()
        values = {
            "video_id": video_id,
            "sha256": sha256,
            "camera_id": camera_id,
            "start_at": start_at,
            "name": shown_file_name(name),
            "width": width,
            "height": height,
            "fps": fps,
            "num_frames": num_frames,
            "duration_s": duration_s,
            "start_s": start_s,
            "created_at": now,
        }
        with self._database.write() as connection:
            known_camera = sa.select(cameras.c.camera_id).where(cameras.c.camera_id == camera_id)
            if connection.execute(known_camera).one_or_none() is None:
                connection.execute(sa.insert(cameras).values(camera_id=camera_id, created_at=now))
            known_video = sa.select(videos.c.video_id).where(videos.c.video_id == video_id)
            if connection.execute(known_video).one_or_none() is None:
                connection.execute(sa.insert(videos).values(values))
            return find_video(connection, video_id)

    def get(self, video_id: str) -> VideoRow:
        """One video.

        Raises:
            NotFoundError: There is none of that id.
        """
        with self._database.read() as connection:
            return find_video(connection, video_id)

    def cameras(self) -> list[CameraRow]:
        """All cameras, by name."""
        with self._database.read() as connection:
            query = sa.select(cameras).order_by(cameras.c.camera_id)
            return [CameraRow(camera_id=row.camera_id, created_at=row.created_at) for row in connection.execute(query)]

    def list(self, *, limit: int, after_cursor: str | None = None) -> list[VideoRow]:
        """One page, in the order in which they came.

        Args:
            limit: Length of the page.
            after_cursor: `VideoRow.cursor` of the last row of the page before.

        Raises:
            InputError: The cursor is not one that a page gave.
        """
        query = sa.select(videos).order_by(videos.c.created_at, videos.c.video_id).limit(limit)
        if after_cursor is not None:
            created_at, video_id = decode_cursor(after_cursor)
            place = sa.tuple_(
                sa.bindparam(None, created_at, type_=videos.c.created_at.type),
                sa.bindparam(None, video_id, type_=videos.c.video_id.type),
            )
            query = query.where(sa.tuple_(videos.c.created_at, videos.c.video_id) > place)
        with self._database.read() as connection:
            return [_to_video_row(row) for row in connection.execute(query)]


def find_video(connection: sa.Connection, video_id: str) -> VideoRow:
    """One video.

    Raises:
        NotFoundError: There is none of that id.
    """
    row = connection.execute(sa.select(videos).where(videos.c.video_id == video_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no video {video_id!r} in the catalog: ingest it first")
    return _to_video_row(row)


def _to_video_row(row: sa.Row[Any]) -> VideoRow:
    return VideoRow(**row._mapping)
