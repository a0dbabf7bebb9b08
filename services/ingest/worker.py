"""``python -m services.ingest.worker``: takes the ingest jobs, one after the other."""

import os
from typing import Any

from reid_app.pipelines.parts import open_catalog
from reid_app.settings import load_settings
from reid_app.tracklets.locks import file_lock
from services.http.entry import run_main
from services.http.uploads import sweep_uploads
from services.http.worker import JobContext, run_worker
from services.ingest.work import KIND, QUEUE, ingest

_NICENESS = 5
"""Searches go first."""


EXECUTOR_ID = "ingest-worker"
"""How a new process finds the jobs of a dead one; no two living workers may have the same."""


def main() -> None:
    """Work until SIGTERM."""
    os.nice(_NICENESS)
    settings = load_settings()
    sweep_uploads(settings.uploads_dir)
    one_at_a_time = file_lock(settings.locks_dir / f"{EXECUTOR_ID}.lock", what="the ingest worker's place")
    with one_at_a_time, open_catalog(settings) as catalog:

        def work(arguments: dict[str, Any], context: JobContext) -> dict[str, Any]:
            return ingest(arguments, settings=settings, catalog=catalog, watch=context)

        run_worker(settings.jobs_location, queue=QUEUE, executor_id=EXECUTOR_ID, handlers={KIND: work})


if __name__ == "__main__":
    run_main(main)
