"""``python -m services.query.worker``: takes the probe jobs, one after the other, and deletes expired probes."""

import os
from functools import partial
from typing import Any

from reid_app.pipelines.parts import open_catalog, open_encoder, open_store
from reid_app.pipelines.probe import delete_expired_probes
from reid_app.settings import load_settings
from reid_app.tracklets.locks import file_lock
from services.http.entry import run_main
from services.http.worker import JobContext, run_worker
from services.query.work import KIND, QUEUE, make_probe

_MAX_PICTURE_PIXELS = 2**26


EXECUTOR_ID = "probe-worker"
"""How a new process finds the jobs of a dead one; no two living workers may have the same."""


def main() -> None:
    """Work until SIGTERM."""
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(_MAX_PICTURE_PIXELS)
    settings = load_settings()
    store, encoder = open_store(settings), open_encoder(settings)
    one_at_a_time = file_lock(settings.locks_dir / f"{EXECUTOR_ID}.lock", what="the probe worker's place")
    with one_at_a_time, open_catalog(settings) as catalog:
        delete_expired_probes(catalog=catalog, store=store)
        make = partial(make_probe, settings=settings, catalog=catalog, store=store, encoder=encoder)

        def probe(arguments: dict[str, Any], context: JobContext) -> dict[str, Any]:
            delete_expired_probes(catalog=catalog, store=store)
            return make(arguments, job_id=context.job_id, watch=context)

        run_worker(settings.jobs_location, queue=QUEUE, executor_id=EXECUTOR_ID, handlers={KIND: probe})


if __name__ == "__main__":
    run_main(main)
