"""People with a name."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from reid_app.catalog.changes import append_changes
from reid_app.catalog.database import Database
from reid_app.catalog.ids import random_id
from reid_app.catalog.labels import add_label, detach_labels, forget_identity_without_labels
from reid_app.catalog.names import checked_name
from reid_app.catalog.observations import Observations
from reid_app.catalog.rows import ChangeKind, IdentityRow, TrackletRow
from reid_app.catalog.tables import identities, runs, tracklets
from reid_app.catalog.times import utc_now
from reid_app.catalog.tracklets import chunks, find_visible
from reid_app.errors import ConflictError, NotFoundError


class Identities:
    """Gives and takes names. An identity lives as long as some decision of people speaks of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def name_tracklet(self, tracklet_id: str, name: str, *, observations: Observations) -> IdentityRow:
        """Say who a tracklet shows: a new identity, or the one that has this name already.

        An earlier name of the tracklet is replaced. The decision is kept as (video, time, boxes), so that a later run
        of the video takes it over.

        Args:
            tracklet_id: A visible tracklet.
            name: 1 to 200 printable characters.
            observations: All times and boxes of the tracklet, as its file has them.

        Raises:
            NotFoundError: There is no such tracklet.
            InputError: The name cannot be used.
        """
        name = checked_name("identity name", name)
        with self._database.write() as connection:
            tracklet = find_visible(connection, tracklet_id)
            identity_id = _find_or_make(connection, name)
            if tracklet.identity_id != identity_id:
                add_label(connection, tracklet, identity_id=identity_id, observations=observations)
                _set_identity(connection, tracklet, identity_id)
            return _find(connection, identity_id)

    def clear(self, tracklet_id: str) -> None:
        """Take the name off a tracklet; one without a name stays as it is.

        Raises:
            NotFoundError: There is no such tracklet.
        """
        with self._database.write() as connection:
            tracklet = find_visible(connection, tracklet_id)
            if tracklet.identity_id is not None:
                detach_labels(connection, tracklet)
                _set_identity(connection, tracklet, None)

    def rename(self, identity_id: str, name: str) -> IdentityRow:
        """Give an identity another name.

        Raises:
            NotFoundError: There is no such identity.
            ConflictError: Another identity has that name.
            InputError: The name cannot be used.
        """
        name = checked_name("identity name", name)
        with self._database.write() as connection:
            _find(connection, identity_id)
            taken = sa.select(identities.c.identity_id).where(
                identities.c.name == name, identities.c.identity_id != identity_id
            )
            if connection.execute(taken).one_or_none() is not None:
                raise ConflictError(f"another identity is named {name!r} already: choose another name")
            connection.execute(sa.update(identities).where(identities.c.identity_id == identity_id).values(name=name))
            return _find(connection, identity_id)

    def get(self, identity_id: str) -> IdentityRow:
        """One identity.

        Raises:
            NotFoundError: There is none of that id.
        """
        with self._database.read() as connection:
            return _find(connection, identity_id)

    def get_many(self, identity_ids: Collection[str]) -> dict[str, IdentityRow]:
        """Those of some identities that are there, by id."""
        found: dict[str, IdentityRow] = {}
        with self._database.read() as connection:
            for portion in chunks(identity_ids):
                query = _counted().where(identities.c.identity_id.in_(portion))
                found.update((row.identity_id, IdentityRow(**row._mapping)) for row in connection.execute(query))
        return found

    def list(self, *, limit: int, after_name: str | None = None) -> list[IdentityRow]:
        """One page, in the order of names.

        Args:
            limit: Length of the page.
            after_name: Name of the last row of the page before.
        """
        query = _counted().order_by(identities.c.name).limit(limit)
        if after_name is not None:
            query = query.where(identities.c.name > after_name)
        with self._database.read() as connection:
            return [IdentityRow(**row._mapping) for row in connection.execute(query)]


def _counted() -> sa.Select[Any]:
    num_tracklets = (
        sa.select(sa.func.count())
        .select_from(tracklets.join(runs, runs.c.run_id == tracklets.c.run_id))
        .where(tracklets.c.identity_id == identities.c.identity_id, runs.c.is_visible)
        .correlate(identities)
        .scalar_subquery()
    )
    return sa.select(identities, num_tracklets.label("num_tracklets"))


def _find(connection: sa.Connection, identity_id: str) -> IdentityRow:
    row = connection.execute(_counted().where(identities.c.identity_id == identity_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no identity {identity_id!r}")
    return IdentityRow(**row._mapping)


def _find_or_make(connection: sa.Connection, name: str) -> str:
    found = connection.execute(
        sa.select(identities.c.identity_id).where(identities.c.name == name)
    ).scalar_one_or_none()
    if found is not None:
        return str(found)
    identity_id = random_id("i")
    connection.execute(sa.insert(identities).values(identity_id=identity_id, name=name, created_at=utc_now()))
    return identity_id


def _set_identity(connection: sa.Connection, tracklet: TrackletRow, identity_id: str | None) -> None:
    connection.execute(
        sa.update(tracklets).where(tracklets.c.tracklet_id == tracklet.tracklet_id).values(identity_id=identity_id)
    )
    append_changes(connection, ChangeKind.IDENTITY_CHANGED, [tracklet.tracklet_id], detail={"identity_id": identity_id})
    if tracklet.identity_id is not None:
        forget_identity_without_labels(connection, tracklet.identity_id)
