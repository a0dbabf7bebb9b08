"""Embeddings: one for each tracklet and model."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from reid_app.catalog.changes import append_changes
from reid_app.catalog.database import Database
from reid_app.catalog.rows import ChangeKind, EmbeddingBatch, ModelRow, TrackletRow
from reid_app.catalog.tables import embeddings, models, tracklets
from reid_app.catalog.times import utc_now
from reid_app.catalog.tracklets import chunks, to_tracklet_row, visible_tracklets
from reid_app.catalog.vectors import pack_embeddings, unpack_embeddings
from reid_app.errors import ModelMismatchError, NotFoundError


class Embeddings:
    """Stores and reads embeddings; those of invisible runs do not exist for it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register_model(self, model_id: str, *, name: str, dimension: int) -> ModelRow:
        """Make a model known; the same again changes nothing.

        Args:
            model_id: Fingerprint of weights, preprocess and pooling.
            name: For people; the first one stays.
            dimension: D of its embeddings.

        Raises:
            ModelMismatchError: It is known with another dimension.
        """
        if dimension < 1:
            raise ValueError(f"dimension must be at least 1, got {dimension}")
        with self._database.write() as connection:
            found = _find_model(connection, model_id)
            if found is None:
                found = ModelRow(model_id=model_id, name=name, dimension=dimension, created_at=utc_now())
                connection.execute(
                    sa.insert(models).values(
                        model_id=model_id, name=name, dimension=dimension, created_at=found.created_at
                    )
                )
        _require_dimension(found, dimension)
        return found

    def models(self) -> list[ModelRow]:
        """All known models, oldest first."""
        with self._database.read() as connection:
            query = sa.select(models).order_by(models.c.created_at, models.c.model_id)
            return [_to_model_row(row) for row in connection.execute(query)]

    def missing(self, model_id: str, *, limit: int, after: str | None = None) -> list[TrackletRow]:
        """Tracklets without an embedding of a model, in the order of their ids.

        Args:
            model_id: A registered model.
            limit: At most so many.
            after: Id of the last tracklet of the page before.

        Raises:
            NotFoundError: The model is not registered.
        """
        has_one = (
            sa.exists()
            .where(embeddings.c.model_id == model_id, embeddings.c.tracklet_id == tracklets.c.tracklet_id)
            .correlate(tracklets)
        )
        query = visible_tracklets().where(~has_one).order_by(tracklets.c.tracklet_id).limit(limit)
        if after is not None:
            query = query.where(tracklets.c.tracklet_id > after)
        with self._database.read() as connection:
            _require_model(connection, model_id)
            return [to_tracklet_row(row) for row in connection.execute(query)]

    def add_many(self, model_id: str, vectors: Mapping[str, NDArray[np.float32]]) -> int:
        """Store embeddings in one transaction.

        Those that are there already stay as they are, and tracklets that vanished meanwhile are left out, so that an
        interrupted or repeated batch does no harm.

        Args:
            model_id: A registered model.
            vectors: By tracklet id, each ``(D,)``, L2-normalised.

        Returns:
            Number of embeddings that were new.

        Raises:
            NotFoundError: The model is not registered.
            ModelMismatchError: A vector has another dimension than the model.
            ValueError: A vector is not finite and L2-normalised.
        """
        with self._database.write() as connection:
            model = _require_model(connection, model_id)
            for vector_D in vectors.values():
                _require_dimension(model, *vector_D.shape)
            wanted = _without_embedding(connection, model_id, vectors.keys())
            if not wanted:
                return 0
            stored = pack_embeddings(np.stack([vectors[tracklet_id] for tracklet_id in wanted]))
            connection.execute(
                sa.insert(embeddings),
                [
                    {"model_id": model_id, "tracklet_id": tracklet_id, "vector": vector}
                    for tracklet_id, vector in zip(wanted, stored, strict=True)
                ],
            )
            append_changes(connection, ChangeKind.EMBEDDING_ADDED, wanted, detail={"model_id": model_id})
        return len(wanted)

    def get_many(self, model_id: str, tracklet_ids: Collection[str]) -> dict[str, NDArray[np.float32]]:
        """Those embeddings of some tracklets that are there: ``(D,)``, L2-normalised, by tracklet id.

        Raises:
            NotFoundError: The model is not registered.
        """
        found: dict[str, NDArray[np.float32]] = {}
        with self._database.read() as connection:
            model = _require_model(connection, model_id)
            for portion in chunks(tracklet_ids):
                query = _of_model(model_id).where(embeddings.c.tracklet_id.in_(portion))
                rows = connection.execute(query).all()
                vectors_BD = unpack_embeddings([row.vector for row in rows], dimension=model.dimension)
                found.update((row.tracklet_id, vector_D) for row, vector_D in zip(rows, vectors_BD, strict=True))
        return found

    def iterate(self, model_id: str, *, batch: int) -> Iterator[EmbeddingBatch]:
        """All embeddings of a model, in the order of tracklet ids, with the rows of their tracklets.

        Each batch is a snapshot of its own, so a long walk holds nothing open. Whoever needs all to be of one moment
        asks for `Changes.last_number` before, and applies the changes since then after.

        Args:
            model_id: A registered model.
            batch: Embeddings at a time, at least 1.

        Raises:
            NotFoundError: The model is not registered.
        """
        after = ""
        while True:
            # The page is cut before the join, so that no database joins everything to throw most of it away.
            page = (
                _of_model(model_id)
                .where(embeddings.c.tracklet_id > after)
                .order_by(embeddings.c.tracklet_id)
                .limit(batch)
                .subquery()
            )
            query = (
                sa.select(*tracklets.c, page.c.vector)
                .join(page, page.c.tracklet_id == tracklets.c.tracklet_id)
                .order_by(tracklets.c.tracklet_id)
            )
            with self._database.read() as connection:
                model = _require_model(connection, model_id)
                rows = connection.execute(query).all()
            if not rows:
                return
            yield EmbeddingBatch(
                tracklets=tuple(to_tracklet_row(row) for row in rows),
                embeddings_BD=unpack_embeddings([row.vector for row in rows], dimension=model.dimension),
            )
            after = rows[-1].tracklet_id

    def count(self, model_id: str) -> int:
        """How many embeddings a model has; 0 for one that is not registered."""
        with self._database.read() as connection:
            query = sa.select(sa.func.count()).where(embeddings.c.model_id == model_id)
            return int(connection.execute(query).scalar_one())


def _of_model(model_id: str) -> sa.Select[tuple[str, bytes]]:
    # No need to ask whether the tracklet is visible: only then it gets an embedding, and it stays so.
    return sa.select(embeddings.c.tracklet_id, embeddings.c.vector).where(embeddings.c.model_id == model_id)


def _without_embedding(connection: sa.Connection, model_id: str, tracklet_ids: Collection[str]) -> list[str]:
    is_there: set[str] = set()
    has_one: set[str] = set()
    for portion in chunks(tracklet_ids):
        query = visible_tracklets().with_only_columns(tracklets.c.tracklet_id)
        is_there.update(connection.scalars(query.where(tracklets.c.tracklet_id.in_(portion))))
        known = sa.select(embeddings.c.tracklet_id).where(embeddings.c.model_id == model_id)
        has_one.update(connection.scalars(known.where(embeddings.c.tracklet_id.in_(portion))))
    return [tracklet_id for tracklet_id in tracklet_ids if tracklet_id in is_there and tracklet_id not in has_one]


def _find_model(connection: sa.Connection, model_id: str) -> ModelRow | None:
    row = connection.execute(sa.select(models).where(models.c.model_id == model_id)).one_or_none()
    return None if row is None else _to_model_row(row)


def _require_model(connection: sa.Connection, model_id: str) -> ModelRow:
    found = _find_model(connection, model_id)
    if found is None:
        raise NotFoundError(f"the catalog knows no model {model_id!r}: run `reid index` with that model first")
    return found


def _require_dimension(model: ModelRow, *shape: int) -> None:
    if shape != (model.dimension,):
        raise ModelMismatchError(
            f"embeddings of model {model.model_id} ({model.name}) have {model.dimension} numbers, got shape {shape}: "
            "they come from another model"
        )


def _to_model_row(row: sa.Row[tuple[str, str, int, object]]) -> ModelRow:
    return ModelRow(model_id=row.model_id, name=row.name, dimension=row.dimension, created_at=row.created_at)
