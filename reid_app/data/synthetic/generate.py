"""Make a data set of synthetic people, in parallel; whatever the number of processes, the bytes are the same."""

import multiprocessing
import os
import signal
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty

import cv2

from reid_app.data.synthetic.bodies import load_bodies
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.dataset import is_finished, open_data_set, sweep, write_identity
from reid_app.data.synthetic.rasteriser import renderer_name
from reid_app.data.synthetic.studio import Studio
from reid_app.errors import CancelledError, ReidError
from reid_app.tracklets.locks import file_lock
from reid_app.tracklets.watch import Watch

_PATIENCE = 2.0
"""Seconds without news after which it is looked whether a process died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the processes are told."""

    root: Path
    seed: int
    config: SyntheticConfig
    cache: Path


def generate_people(
    root: Path, *, num_identities: int, seed: int, config: SyntheticConfig, cache: Path, workers: int, watch: Watch
) -> int:
    """Make the identities 1 to ``num_identities`` that are not there yet.

    Args:
        root: The data set's folder: new, empty, or begun with the same seed and config.
        num_identities: More than last time adds more; those that are there stay as they are.
        seed: Of everything.
        config: What is made.
        cache: Where the bodies are kept; nothing is written elsewhere.
        workers: Processes.
        watch: Hears of progress.

    Returns:
        How many identities were made now.

    Raises:
        SettingsError: anny, moderngl or EGL is missing.
        ConflictError: The folder holds something else.
        LockedError: Another process makes people there.
        CancelledError: The watch said so, or a process was killed; what is finished is kept.
    """
    if num_identities < 1 or workers < 1 or seed < 0:
        raise ValueError(
            f"people need at least one identity and worker and a seed of at least 0, "
            f"got {num_identities}, {workers} and {seed}"
        )
    renderer = renderer_name()
    root.mkdir(parents=True, exist_ok=True)
    with file_lock(root / ".lock", what=f"the folder {root}"):
        open_data_set(root, seed=seed, config=config, renderer=renderer)
        sweep(root)
        load_bodies(cache)
        missing = [number for number in range(1, num_identities + 1) if not is_finished(root, identity=number)]
        done = num_identities - len(missing)
        watch.progress(done, num_identities, "identities")
        job = Job(root=root, seed=seed, config=config, cache=cache)
        with closing(_each_finished(job, identities=missing, workers=min(workers, len(missing)))) as finished:
            for _ in finished:
                done += 1
                watch.progress(done, num_identities, "identities")
                watch.check_cancelled()
    return len(missing)


def _each_finished(job: Job, *, identities: list[int], workers: int) -> Generator[int, None, None]:
    """Identities as they become finished; ends its processes whatever ends it."""
    context = multiprocessing.get_context("spawn")
    news: Queue[int | BaseException] = context.Queue()
    crew = [
        context.Process(target=_work, args=(job, identities[first::workers], news, os.getpid()), daemon=True)
        for first in range(workers)
    ]
    for process in crew:
        process.start()
    try:
        for _ in identities:
            yield _next_of(news, crew=crew)
    finally:
        for process in crew:
            process.terminate()
            process.join()


def _next_of(news: "Queue[int | BaseException]", *, crew: Sequence[BaseProcess]) -> int:
    while True:
        try:
            told = news.get(timeout=_PATIENCE)
        except Empty:
            dead = [process for process in crew if process.exitcode not in (None, 0)]
            if dead:
                message = f"a process that makes people ended with code {dead[0].exitcode}: run the same command again"
                raise CancelledError(message) from None
            continue
        if isinstance(told, BaseException):
            raise told
        return told


def _work(job: Job, identities: list[int], news: "Queue[int | BaseException]", parent: int) -> None:
    """Make some of the identities in a process of its own, on one core, as long as its parent lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["LP_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)
    try:
        with Studio(seed=job.seed, config=job.config, cache=job.cache) as studio:
            for identity in identities:
                if os.getppid() != parent:
                    return
                write_identity(job.root, identity=identity, seed=job.seed, config=job.config, studio=studio)
                news.put(identity)
    except (ReidError, OSError) as error:
        news.put(error)
