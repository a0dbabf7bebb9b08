"""``python -m services``: everything in one process tree, for one machine. One HTTP process mounts both APIs."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack

from fastapi import APIRouter

from reid_app.catalog.catalog import Catalog
from reid_app.settings import Settings
from services.http.jobs import JobClient
from services.http.running import run_service
from services.http.supervisor import Child
from services.ingest import app as ingest
from services.query import app as query

_INDEXER = Child(name="indexer", command=(sys.executable, "-m", "services.index"))


def _build(settings: Settings, catalog: Catalog, jobs: JobClient, closing: ExitStack) -> Sequence[APIRouter]:
    return [
        *ingest.build(settings, catalog, jobs, closing),
        *query.build(settings, catalog, jobs, closing),
    ]


if __name__ == "__main__":
    run_service(title="reid", build=_build, workers=[*ingest.WORKERS, _INDEXER, *query.WORKERS])
