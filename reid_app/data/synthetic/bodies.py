"""Bodies from `anny`, made once and kept as one file, so that whoever renders needs neither anny nor torch."""

import importlib.util
import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.body_making import NUM_BODIES, make_bodies
from reid_app.data.synthetic.mesh import Floats
from reid_app.errors import SettingsError

_FORMAT = 4
"""Raised when other bodies are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLibrary:
    """B bodies of one topology at rest, arms half lowered, soles at z = 0."""

    vertices_BV3: Floats
    joints_BJ3: Floats
    """Where the joints are."""
    average_V3: Floats
    """The average body, the same for all: coordinates on the surface. Origin at the hips: soles -0.82, crown 0.81."""
    weights_VJ: Floats
    faces_F3: NDArray[np.int32]
    parents_J: NDArray[np.int64]


def library_path(cache: Path) -> Path:
    """Where the library lies in a cache folder."""
    return cache / f"bodies-v{_FORMAT}-{NUM_BODIES}.npz"


def load_bodies(cache: Path) -> BodyLibrary:
    """The body library, made on the first call (minutes) and read from the cache folder afterwards.

    Raises:
        SettingsError: The bodies are not in the cache yet, and anny is not installed or fails.
    """
    path = library_path(cache)
    if not path.is_file():
        if importlib.util.find_spec("anny") is None:
            raise SettingsError("bodies are made with anny, which is not installed: install '.[synth]'")
        cache.mkdir(parents=True, exist_ok=True)
        maker = multiprocessing.get_context("spawn").Process(target=make_bodies, kwargs={"path": path, "cache": cache})
        maker.start()
        maker.join()
        if not path.is_file():
            raise SettingsError(
                f"anny made no bodies (exit code {maker.exitcode}; the reason is above): install '.[synth]' anew"
            )
    with np.load(path, allow_pickle=False) as stored:
        return BodyLibrary(**{name: stored[name] for name in stored.files})
