"""The append-only record that galleries, caches and pages follow."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from reid_app.catalog.database import Database
from reid_app.catalog.rows import Change, ChangeKind
from reid_app.catalog.tables import CHANGES_COUNTER, changes, counters
from reid_app.catalog.times import utc_now


def append_changes(
    connection: sa.Connection, kind: ChangeKind, tracklet_ids: Sequence[str], *, detail: Mapping[str, Any] | None
) -> None:
    """Record the same thing about each of some tracklets, inside the transaction that does it."""
    if not tracklet_ids:
        return
    last = connection.execute(
        sa.update(counters)
        .where(counters.c.name == CHANGES_COUNTER)
        .values(value=counters.c.value + len(tracklet_ids))
        .returning(counters.c.value)
    ).scalar_one()
    first = last - len(tracklet_ids) + 1
    now = utc_now()
    connection.execute(
        sa.insert(changes),
        [
            {"number": number, "kind": kind.value, "tracklet_id": tracklet_id, "detail": detail, "created_at": now}
            for number, tracklet_id in enumerate(tracklet_ids, start=first)
        ],
    )


class Changes:
    """Reads the record: numbers have no gaps, and whoever sees one sees all before it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, number: int, *, limit: int) -> list[Change]:
        """Changes that follow one, oldest first.

        Args:
            number: The last change that is known already; 0 for none.
            limit: At least 1.
        """
        query = sa.select(changes).where(changes.c.number > number).order_by(changes.c.number).limit(limit)
        with self._database.read() as connection:
            return [
                Change(
                    number=row.number,
                    kind=ChangeKind(row.kind),
                    tracklet_id=row.tracklet_id,
                    detail=row.detail,
                    created_at=row.created_at,
                )
                for row in connection.execute(query)
            ]

    def last_number(self) -> int:
        """Number of the newest change, 0 when there is none."""
        query = sa.select(counters.c.value).where(counters.c.name == CHANGES_COUNTER)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())
