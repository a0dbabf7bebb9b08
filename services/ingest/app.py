"""The ingest service's part of an app."""

from collections.abc import Sequence
from contextlib import ExitStack
from sys import executable

from fastapi import APIRouter

from reid_app.catalog.catalog import Catalog
from reid_app.settings import Settings
from services.http.jobs import JobClient
from services.http.supervisor import Child
from services.ingest.routes import ingest_router

WORKERS: Sequence[Child] = (Child(name="ingest-worker", command=(executable, "-m", "services.ingest.worker")),)


def build(settings: Settings, catalog: Catalog, jobs: JobClient, _: ExitStack) -> Sequence[APIRouter]:
    """Routes of cameras and videos."""
    return [ingest_router(catalog=catalog, jobs=jobs, config=settings.http, uploads_dir=settings.uploads_dir)]
