"""The query service's part of an app."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from sys import executable

import structlog
from fastapi import APIRouter

from reid_app.catalog.catalog import Catalog
from reid_app.gallery.gallery import Gallery
from reid_app.pipelines.parts import open_encoder, open_gallery, open_store
from reid_app.settings import Settings
from services.http.jobs import JobClient
from services.http.supervisor import Child
from services.query.probe_routes import probe_router
from services.query.search_routes import search_router
from services.query.tracklet_routes import tracklet_router

WORKERS: Sequence[Child] = (Child(name="probe-worker", command=(executable, "-m", "services.query.worker")),)

_REFRESH_S = 0.5
_log = structlog.get_logger(__name__)


def build(settings: Settings, catalog: Catalog, jobs: JobClient, closing: ExitStack) -> Sequence[APIRouter]:
    """Routes of tracklets, identities, probes and searches; the gallery follows the catalog until closing."""
    gallery = open_gallery(settings, catalog=catalog, encoder=open_encoder(settings))
    closing.enter_context(_refreshing(gallery))
    return [
        tracklet_router(catalog=catalog, store=open_store(settings)),
        probe_router(catalog=catalog, jobs=jobs, config=settings.http, uploads_dir=settings.uploads_dir),
        search_router(catalog=catalog, gallery=gallery),
    ]


@contextmanager
def _refreshing(gallery: Gallery) -> Iterator[None]:
    """Keep a gallery at most a second behind the catalog for the length of a block."""
    stopping = threading.Event()

    def refresh() -> None:
        while not stopping.wait(_REFRESH_S):
            try:
                gallery.refresh()
            except Exception:  # the next attempt may succeed; every hit is checked against the catalog anyway
                _log.exception("refresh_failed")

    thread = threading.Thread(target=refresh, name="gallery-refresh", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
