"""How an index follows the catalog."""

from collections.abc import Sequence

import numpy as np

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import Change, ChangeKind, TrackletRow
from reid_app.gallery.columns import IndexRow
from reid_app.gallery.index import VectorIndex

_EMBEDDINGS_AT_A_TIME = 4096


def change_at(catalog: Catalog, number: int) -> Change | None:
    """The change of a number, or the next if there is none; nothing for 0 and beyond the last."""
    return next(iter(catalog.changes.after(number - 1, limit=1)), None) if number else None


def fill_index(index: VectorIndex, *, catalog: Catalog, model_id: str) -> Change | None:
    """Add all embeddings of a model to an empty index, a batch at a time.

    Returns:
        The last change that it certainly holds; the ones that follow are to be applied. Nothing before the first.
    """
    # First the number, then the rows: what changes while they are read is applied again afterwards, harmlessly.
    last = change_at(catalog, catalog.changes.last_number())
    # A model that never had an embedding is not registered, and has nothing to iterate over.
    if catalog.embeddings.count(model_id):
        for batch in catalog.embeddings.iterate(model_id, batch=_EMBEDDINGS_AT_A_TIME):
            index.add([_to_index_row(row) for row in batch.tracklets], batch.embeddings_BD)
    return last


def apply_changes(index: VectorIndex, changes: Sequence[Change], *, catalog: Catalog, model_id: str) -> None:
    """Bring every tracklet that some changes speak of to what the catalog says of it now.

    That may be ahead of these changes: those that follow are applied later and find nothing to do.
    """
    touched = {change.tracklet_id for change in changes if _concerns(change, index=index, model_id=model_id)}
    if not touched:
        return
    rows = catalog.tracklets.get_many(touched)
    vectors = catalog.embeddings.get_many(model_id, rows.keys()) if rows else {}
    kept = [tracklet_id for tracklet_id in vectors if tracklet_id in index]
    replaced = {
        tracklet_id
        for tracklet_id, ours_D in zip(kept, index.embeddings(kept), strict=True)
        if not np.array_equal(ours_D, vectors[tracklet_id])
    }
    index.remove((touched - vectors.keys()) | replaced)
    index.set_identities(
        {tracklet_id: rows[tracklet_id].identity_id for tracklet_id in kept if tracklet_id not in replaced}
    )
    new = [tracklet_id for tracklet_id in vectors if tracklet_id not in index]
    if new:
        index.add([_to_index_row(rows[i]) for i in new], np.stack([vectors[i] for i in new]))


def _concerns(change: Change, *, index: VectorIndex, model_id: str) -> bool:
    if change.kind is ChangeKind.EMBEDDING_ADDED:
        return change.detail is not None and change.detail["model_id"] == model_id
    return change.tracklet_id in index


def _to_index_row(row: TrackletRow) -> IndexRow:
    return IndexRow(
        tracklet_id=row.tracklet_id, camera_id=row.camera_id, start_at=row.start_at, identity_id=row.identity_id
    )
