"""Make a data set of synthetic people, in parallel; whatever the number of processes, the bytes are the same."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reid_app.data.synthetic.bodies import load_bodies
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.crew import Make, made_by_crew
from reid_app.data.synthetic.dataset import (
    is_finished,
    manifest_of,
    open_data_set,
    sweep,
    write_identity,
)
from reid_app.data.synthetic.rasteriser import renderer_name
from reid_app.data.synthetic.studio import Studio
from reid_app.tracklets.locks import file_lock
from reid_app.tracklets.watch import Watch


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
        open_data_set(root, manifest=manifest_of(seed=seed, config=config, renderer=renderer))
        sweep(root)
        load_bodies(cache)
        missing = [number for number in range(1, num_identities + 1) if not is_finished(root, identity=number)]
        done = num_identities - len(missing)
        watch.progress(done, num_identities, "identities")
        job = Job(root=root, seed=seed, config=config, cache=cache)
        with closing(made_by_crew(partial(_people, job), numbers=missing, workers=workers)) as made:
            for units in made:
                done += units
                watch.progress(done, num_identities, "identities")
                watch.check_cancelled()
    return len(missing)


@contextmanager
def _people(job: Job) -> Iterator[Make]:
    with Studio(seed=job.seed, config=job.config, cache=job.cache) as studio:

        def make(identity: int) -> Iterator[int]:
            write_identity(job.root, identity=identity, seed=job.seed, config=job.config, studio=studio)
            yield 1

        yield make
