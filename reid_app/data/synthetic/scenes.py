"""Make a set of scenes, in parallel over its cameras; whatever the number of processes, the bytes are the same."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reid_app.data.synthetic.bodies import load_bodies
from reid_app.data.synthetic.crew import Make, made_by_crew
from reid_app.data.synthetic.dataset import open_data_set, sweep
from reid_app.data.synthetic.rasteriser import renderer_name
from reid_app.data.synthetic.scene import SceneStudio
from reid_app.data.synthetic.scene_config import SceneConfig
from reid_app.data.synthetic.scene_files import is_filmed, scenes_manifest, write_scene
from reid_app.tracklets.locks import file_lock
from reid_app.tracklets.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    root: Path
    seed: int
    config: SceneConfig
    cache: Path


def generate_scenes(root: Path, *, seed: int, config: SceneConfig, cache: Path, workers: int, watch: Watch) -> int:
    """Make the videos that are not there yet.

    Args:
        root: The set's folder: new, empty, or begun with the same seed and config.
        seed: Of everything.
        config: How many people and cameras, how long.
        cache: Where the bodies are kept; nothing is written elsewhere.
        workers: Processes; each films one camera at a time.
        watch: Hears of progress.

    Returns:
        How many videos were made now.

    Raises:
        SettingsError: anny, moderngl, EGL or an encoder for H.264 is missing.
        ConflictError: The folder holds something else.
        LockedError: Another process makes scenes there.
        CancelledError: The watch said so, or a process was killed; finished videos are kept.
    """
    if workers < 1 or seed < 0:
        raise ValueError(f"scenes need at least one worker and a seed of at least 0, got {workers} and {seed}")
    renderer = renderer_name()
    root.mkdir(parents=True, exist_ok=True)
    with file_lock(root / ".lock", what=f"the folder {root}"):
        open_data_set(root, manifest=scenes_manifest(seed=seed, config=config, renderer=renderer))
        sweep(root)
        load_bodies(cache)
        missing = [number for number in range(1, config.num_cameras + 1) if not is_filmed(root, camera=number)]
        total = config.num_cameras * config.num_frames
        done = total - len(missing) * config.num_frames
        watch.progress(done, total, "frames")
        job = _Job(root=root, seed=seed, config=config, cache=cache)
        with closing(made_by_crew(partial(_scenes, job), numbers=missing, workers=workers)) as made:
            for units in made:
                done += units
                watch.progress(done, total, "frames")
                watch.check_cancelled()
    return len(missing)


@contextmanager
def _scenes(job: _Job) -> Iterator[Make]:
    studio = SceneStudio(seed=job.seed, config=job.config, cache=job.cache)
    yield partial(_make, job, studio)


def _make(job: _Job, studio: SceneStudio, camera: int) -> Iterator[int]:
    return write_scene(job.root, camera=camera, config=job.config, studio=studio)
