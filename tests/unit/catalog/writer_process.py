"""A process that stores tracklets one checkpoint after the other: python -m tests.unit.catalog.writer_process."""

import sys
from collections.abc import Iterator

from reid_app.catalog.catalog import Catalog
from tests.unit.catalog.builders import add_video, new_tracklets

PER_CHECKPOINT = 7


def write(catalog: Catalog, *, camera_id: str, num_checkpoints: int) -> Iterator[int]:
    run = catalog.runs.start(add_video(catalog, camera_id=camera_id).video_id, settings={})
    done = 0 if run.checkpoint is None else run.checkpoint["done"]
    for number in range(done, num_checkpoints):
        tracklets = new_tracklets(run.run_id, PER_CHECKPOINT, first=number * PER_CHECKPOINT)
        catalog.runs.checkpoint(run.run_id, tracklets=tracklets, checkpoint={"done": number + 1})
        yield number + 1


if __name__ == "__main__":
    address, camera, wanted = sys.argv[1:]
    with Catalog.open(address) as opened:
        for stored in write(opened, camera_id=camera, num_checkpoints=int(wanted)):
            print(stored, flush=True)
