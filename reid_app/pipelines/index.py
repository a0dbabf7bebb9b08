"""Tracklets -> embeddings -> gallery. Can be killed at any time and started again without loss or doubles."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import TrackletRow
from reid_app.errors import DamagedError
from reid_app.gallery.verify import VerifyReport
from reid_app.pipelines.parts import open_encoder, open_gallery, open_store
from reid_app.settings import Settings
from reid_app.tracklets.locks import file_lock
from reid_app.tracklets.parts import Encoder
from reid_app.tracklets.store import CropStore
from reid_app.tracklets.types import Tracklet
from reid_app.tracklets.watch import Unwatched, Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """What an indexing job did, and whether the gallery is what it should be."""

    model_id: str
    encoder: str
    num_added: int
    """Tracklets that got an embedding."""
    failed: tuple[str, ...]
    """Tracklets that could not be embedded, each with its reason."""
    num_rows: int
    """Rows of the gallery afterwards."""
    gallery_version: int
    """Number of the last change that the gallery holds."""
    verified: VerifyReport

    @property
    def is_complete(self) -> bool:
        """Everything was embedded, and the gallery holds exactly that."""
        return not self.failed and self.verified.is_ok


def index_tracklets(
    *, settings: Settings, catalog: Catalog, rebuild: bool = False, watch: Watch | None = None
) -> IndexReport:
    """Embed every tracklet that has no embedding of the current model, save the gallery and verify it.

    Args:
        settings: Say which encoder.
        catalog: The truth.
        rebuild: Throw the gallery's snapshots away and build them again from the catalog's embeddings.
        watch: Sees the progress in tracklets, may cancel; what was embedded until then is kept.

    Raises:
        LockedError: Another process is indexing with this model.
        ModelMissingError: The encoder's file is nowhere.
        ModelInvalidError: The encoder's file is damaged, or it yields NaN.
        CancelledError: ``watch`` asked for it.
    """
    encoder = open_encoder(settings)
    with indexing_lock(settings, encoder=encoder):
        gallery = open_gallery(settings, catalog=catalog, encoder=encoder)
        added, failed = embed_missing(encoder=encoder, settings=settings, catalog=catalog, watch=watch or Unwatched())
        if rebuild:
            gallery.rebuild()
        gallery.save()
        verified = gallery.verify(self_search=settings.index.self_search_all)
    return IndexReport(
        model_id=encoder.model_id,
        encoder=encoder.name,
        num_added=added,
        failed=tuple(failed),
        num_rows=len(gallery),
        gallery_version=gallery.version,
        verified=verified,
    )


def indexing_lock(settings: Settings, *, encoder: Encoder) -> AbstractContextManager[None]:
    """Held by whoever embeds and writes snapshots; searches need no lock."""
    path = settings.locks_dir / f"index-{encoder.model_id}.lock"
    return file_lock(path, what=f"indexing with model {encoder.model_id}")


def embed_missing(*, encoder: Encoder, settings: Settings, catalog: Catalog, watch: Watch) -> tuple[int, list[str]]:
    """Give every tracklet of the catalog an embedding of this encoder, in batches of one transaction each.

    Returns:
        How many were added, and for each tracklet that could not be read its id and why.
    """
    catalog.embeddings.register_model(encoder.model_id, name=encoder.name, dimension=encoder.dimension)
    store = open_store(settings)
    total = catalog.tracklets.count() - catalog.embeddings.count(encoder.model_id)
    added, after = 0, None
    unread: dict[str, str] = {}
    while rows := catalog.embeddings.missing(encoder.model_id, limit=settings.index.batch_tracklets, after=after):
        tracklets, unreadable = _read(rows, store=store, num_crops=settings.encoder.num_crops)
        unread |= unreadable
        if tracklets:
            vectors = encoder.encode(tracklets)
            added += catalog.embeddings.add_many(
                encoder.model_id, dict(zip((t.tracklet_id for t in tracklets), vectors, strict=True))
            )
        after = rows[-1].tracklet_id
        watch.progress(added + len(unread), max(total, added + len(unread)), "tracklets")
        watch.check_cancelled()
    # Those that were removed while they were read are no failures.
    return added, [f"{tracklet_id}: {unread[tracklet_id]}" for tracklet_id in catalog.tracklets.get_many(unread)]


def _read(
    rows: Sequence[TrackletRow], *, store: CropStore, num_crops: int | None
) -> tuple[list[Tracklet], dict[str, str]]:
    tracklets: list[Tracklet] = []
    unreadable: dict[str, str] = {}
    for row in rows:
        try:
            tracklets.append(store.read(row.path, sha256=row.sha256, num_crops=num_crops))
        except DamagedError as error:
            unreadable[row.tracklet_id] = str(error)
    return tracklets, unreadable
