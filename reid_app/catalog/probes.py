"""Probes that somebody uploaded: temporary tracklets, never in the gallery."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from reid_app.catalog.database import Database
from reid_app.catalog.rows import NewProbeTracklet, ProbeTrackletRow
from reid_app.catalog.tables import probe_tracklets, probes
from reid_app.catalog.times import require_utc, utc_now
from reid_app.catalog.vectors import pack_embeddings, unpack_embeddings
from reid_app.errors import NotFoundError


class Probes:
    """Stores probes for a while. An expired one does not exist, whether it was deleted already or not."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, probe_id: str, *, tracklets: Sequence[NewProbeTracklet], expires_at: datetime) -> None:
        """Store a probe in place of an earlier one of the same id, so that a repeated job does no harm.

        Args:
            probe_id: Chosen by the caller.
            tracklets: One for each person found; none is fine.
            expires_at: From then on it does not exist.

        Raises:
            ValueError: The time is naive, or an embedding is not finite and L2-normalised.
        """
        expires_at = require_utc("expires_at", expires_at)
        rows = [
            {
                "tracklet_id": tracklet.tracklet_id,
                "probe_id": probe_id,
                "ordinal": tracklet.ordinal,
                "start_s": tracklet.start_s,
                "end_s": tracklet.end_s,
                "num_crops": tracklet.num_crops,
                "quality": tracklet.quality,
                "path": tracklet.path,
                "sha256": tracklet.sha256,
                "model_id": tracklet.model_id,
                "dimension": tracklet.embedding_D.shape[0],
                "vector": pack_embeddings(tracklet.embedding_D[np.newaxis])[0],
            }
            for tracklet in tracklets
        ]
        with self._database.write() as connection:
            connection.execute(sa.delete(probes).where(probes.c.probe_id == probe_id))
            connection.execute(sa.insert(probes).values(probe_id=probe_id, created_at=utc_now(), expires_at=expires_at))
            if rows:
                connection.execute(sa.insert(probe_tracklets), rows)

    def tracklet(self, tracklet_id: str) -> ProbeTrackletRow | None:
        """One person of a probe; nothing when it is not there or has expired."""
        with self._database.read() as connection:
            query = _living().where(probe_tracklets.c.tracklet_id == tracklet_id)
            row = connection.execute(query).one_or_none()
        return None if row is None else _to_probe_row(row)

    def delete_expired(self, now: datetime) -> list[str]:
        """Forget what expired at or before a moment.

        Returns:
            Paths of the files that have no row any more; the caller unlinks them.

        Raises:
            ValueError: The time is naive.
        """
        is_expired = probes.c.expires_at <= require_utc("now", now)
        with self._database.write() as connection:
            query = sa.select(probe_tracklets.c.path).join(probes).where(is_expired).order_by(probe_tracklets.c.path)
            paths = list(connection.scalars(query))
            connection.execute(sa.delete(probes).where(is_expired))
        return paths

    def list(self, probe_id: str) -> list[ProbeTrackletRow]:
        """The people of a probe, in order.

        Raises:
            NotFoundError: There is no such probe, or it has expired.
        """
        with self._database.read() as connection:
            is_there = sa.select(probes.c.probe_id).where(
                probes.c.probe_id == probe_id, probes.c.expires_at > utc_now()
            )
            if connection.execute(is_there).one_or_none() is None:
                raise NotFoundError(
                    f"there is no probe {probe_id!r}: probes are kept for a short time, upload it again"
                )
            query = _living().where(probe_tracklets.c.probe_id == probe_id).order_by(probe_tracklets.c.ordinal)
            return [_to_probe_row(row) for row in connection.execute(query)]


def _living() -> sa.Select[Any]:
    return (
        sa.select(probe_tracklets, probes.c.expires_at)
        .join(probes, probes.c.probe_id == probe_tracklets.c.probe_id)
        .where(probes.c.expires_at > utc_now())
    )


def _to_probe_row(row: sa.Row[Any]) -> ProbeTrackletRow:
    return ProbeTrackletRow(
        tracklet_id=row.tracklet_id,
        probe_id=row.probe_id,
        ordinal=row.ordinal,
        start_s=row.start_s,
        end_s=row.end_s,
        num_crops=row.num_crops,
        quality=row.quality,
        path=row.path,
        sha256=row.sha256,
        model_id=row.model_id,
        embedding_D=unpack_embeddings([row.vector], dimension=row.dimension)[0],
        expires_at=row.expires_at,
    )
