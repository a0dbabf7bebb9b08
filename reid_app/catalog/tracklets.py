"""Stored tracklets, as readers see them: those of visible runs."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from reid_app.catalog.cursors import decode_cursor
from reid_app.catalog.database import Database
from reid_app.catalog.rows import TrackletRow
from reid_app.catalog.tables import runs, tracklets
from reid_app.catalog.times import require_utc
from reid_app.errors import NotFoundError

# Both databases take more values in one statement; larger ones gain nothing.
_CHUNK = 2000
_COLUMNS = tuple(tracklets.c.keys())


def visible_tracklets() -> sa.Select[Any]:
    """All that readers see."""
    return sa.select(tracklets).join(runs, runs.c.run_id == tracklets.c.run_id).where(runs.c.is_visible)


def to_tracklet_row(row: Sequence[Any]) -> TrackletRow:
    """The value of a row whose first columns are those of the table."""
    return TrackletRow(**dict(zip(_COLUMNS, row, strict=False)))


def chunks(ids: Collection[str]) -> Iterator[list[str]]:
    """The ids in portions that fit a statement."""
    remaining = iter(ids)
    while portion := list(islice(remaining, _CHUNK)):
        yield portion


def find_visible(connection: sa.Connection, tracklet_id: str) -> TrackletRow:
    """One visible tracklet.

    Raises:
        NotFoundError: There is none of that id.
    """
    row = connection.execute(visible_tracklets().where(tracklets.c.tracklet_id == tracklet_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no tracklet {tracklet_id!r}: `reid tracklets list` shows those that are there")
    return to_tracklet_row(row)


class Tracklets:
    """Looks tracklets up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tracklet_id: str) -> TrackletRow:
        """One tracklet.

        Raises:
            NotFoundError: There is none of that id.
        """
        with self._database.read() as connection:
            return find_visible(connection, tracklet_id)

    def get_many(self, tracklet_ids: Collection[str]) -> dict[str, TrackletRow]:
        """Those of some tracklets that are there, by id."""
        found: dict[str, TrackletRow] = {}
        with self._database.read() as connection:
            for portion in chunks(tracklet_ids):
                query = visible_tracklets().where(tracklets.c.tracklet_id.in_(portion))
                found.update((row.tracklet_id, to_tracklet_row(row)) for row in connection.execute(query))
        return found

    def list(
        self,
        *,
        limit: int,
        after_cursor: str | None = None,
        camera_id: str | None = None,
        video_id: str | None = None,
        identity_id: str | None = None,
        start_from: datetime | None = None,
        start_to: datetime | None = None,
    ) -> list[TrackletRow]:
        """One page, in the order of start time and id.

        Tracklets without a recording start come first, in the order of their time in the file.

        Args:
            limit: Length of the page.
            after_cursor: `TrackletRow.cursor` of the last row of the page before.
            camera_id: Only this camera's.
            video_id: Only this video's.
            identity_id: Only this identity's.
            start_from: Only those that start then or later; leaves out those without a recording start.
            start_to: Only those that start before then; leaves out those without a recording start.

        Raises:
            InputError: The cursor is not one that a page gave.
            ValueError: A time is naive.
        """
        query = visible_tracklets().order_by(tracklets.c.listed_at, tracklets.c.tracklet_id).limit(limit)
        equal = {"camera_id": camera_id, "video_id": video_id, "identity_id": identity_id}
        for name, value in equal.items():
            if value is not None:
                query = query.where(tracklets.c[name] == value)
        if start_from is not None:
            query = query.where(tracklets.c.start_at >= require_utc("start_from", start_from))
        if start_to is not None:
            query = query.where(tracklets.c.start_at < require_utc("start_to", start_to))
        if after_cursor is not None:
            place = sa.tuple_(*_typed_place(after_cursor))
            query = query.where(sa.tuple_(tracklets.c.listed_at, tracklets.c.tracklet_id) > place)
        with self._database.read() as connection:
            return [to_tracklet_row(row) for row in connection.execute(query)]

    def count(self) -> int:
        """How many there are."""
        query = sa.select(sa.func.count()).select_from(visible_tracklets().subquery())
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())


def _typed_place(cursor: str) -> Sequence[sa.BindParameter[object]]:
    listed_at, tracklet_id = decode_cursor(cursor)
    return (
        sa.bindparam(None, listed_at, type_=tracklets.c.listed_at.type),
        sa.bindparam(None, tracklet_id, type_=tracklets.c.tracklet_id.type),
    )
