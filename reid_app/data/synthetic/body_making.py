"""Makes the bodies with `anny`, in a process of its own: it needs torch, minutes, and caches that it places itself."""

import contextlib
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.mesh import Floats, clustered
from reid_app.data.synthetic.randomness import generator_of

NUM_BODIES = 96
JOINTS = (
    "root", "upperleg01.L", "lowerleg01.L", "foot.L", "upperleg01.R", "lowerleg01.R", "foot.R",
    "spine05", "spine03", "spine01", "clavicle.L", "upperarm01.L", "lowerarm01.L", "wrist.L",
    "clavicle.R", "upperarm01.R", "lowerarm01.R", "wrist.R", "neck01", "head",
)  # fmt: skip
"""Bones of anny that move here, parents first; every other bone follows the nearest of them above it."""
_CELL = 0.017
"""Vertices nearer than this, in metres, become one: about a pixel of a crop."""
_LIBRARY_SEED = 20_240


def make_bodies(*, path: Path, cache: Path) -> None:
    """Write the arrays of a `BodyLibrary`. What anny prints goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        arrays = _made(cache)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    np.savez(temporary, **arrays)
    temporary.replace(path)


def _made(cache: Path) -> dict[str, Any]:
    model = _anny_model(cache)
    phenotypes = [_phenotype(number) for number in range(NUM_BODIES)]
    average = {name: 0.5 for name in phenotypes[0]}
    shapes = [_rest_shape(model, phenotype) for phenotype in (average, *phenotypes)]
    joint_of_bone = _joint_of_bone(list(model.bone_labels), parents=list(model.bone_parents))
    average_V3, _ = shapes[0]
    cube_V, faces_F3 = clustered(average_V3, faces_F3=model.faces.numpy(), cell=_CELL)
    kept = [list(model.bone_labels).index(name) for name in JOINTS]
    weights = np.zeros((len(average_V3), len(JOINTS)), dtype=np.float64)
    bones, bone_weights = model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
    np.add.at(weights, (np.arange(len(weights))[:, None], joint_of_bone[bones]), bone_weights)
    weights_VJ = _mean_of_cubes(weights, cube_V=cube_V)
    floors = [vertices[:, 2].min() for vertices, _ in shapes[1:]]
    rise = [np.array([0.0, 0.0, floor], dtype=np.float32) for floor in floors]
    return {
        "vertices_BV3": np.stack(
            [_mean_of_cubes(v, cube_V=cube_V) - up for (v, _), up in zip(shapes[1:], rise, strict=True)]
        ),
        "joints_BJ3": np.stack([heads[kept] - up for (_, heads), up in zip(shapes[1:], rise, strict=True)]),
        "average_V3": _mean_of_cubes(average_V3, cube_V=cube_V),
        "weights_VJ": weights_VJ / weights_VJ.sum(axis=1, keepdims=True),
        "faces_F3": faces_F3,
        "parents_J": _parents(list(model.bone_labels), parents=list(model.bone_parents)),
    }


def _anny_model(cache: Path) -> Any:
    """Anny's body model; it and its parts keep files of their own in the user's home unless told otherwise."""
    os.environ.setdefault("ANNY_CACHE_DIR", str(cache / "anny"))
    os.environ.setdefault("WARP_CACHE_PATH", str(cache / "warp"))
    import torch

    return import_module("anny").Anny().to(dtype=torch.float32)


def _phenotype(number: int) -> dict[str, float]:
    rng = generator_of(_LIBRARY_SEED, "body", number)
    is_child = number % 16 == 15
    return {
        "gender": float(number % 2) * 0.9 + 0.05,
        "age": float(rng.uniform(0.40, 0.52) if is_child else rng.uniform(0.62, 0.95)),
        "muscle": float(rng.uniform(0.25, 0.75)),
        "weight": float(np.clip(rng.normal(0.42, 0.2), 0.05, 1.0)),
        "height": float(np.clip(rng.normal(0.42, 0.07), 0.25, 0.6)),
        "proportions": float(rng.uniform(0.3, 0.7)),
    }


def _rest_shape(model: Any, phenotype: dict[str, float]) -> tuple[Floats, Floats]:
    import torch

    with torch.no_grad():
        shape = model(
            pose_parameters=torch.eye(4).repeat(1, len(model.bone_labels), 1, 1),
            phenotype_kwargs={name: torch.tensor([value]) for name, value in phenotype.items()},
        )
    return shape["rest_vertices"][0].numpy(), shape["rest_bone_heads"][0].numpy()


def _joint_of_bone(labels: list[str], *, parents: list[int]) -> NDArray[np.int64]:
    joint_of_bone: list[int] = []
    for label, parent in zip(labels, parents, strict=True):
        joint_of_bone.append(JOINTS.index(label) if label in JOINTS else joint_of_bone[parent])
    return np.array(joint_of_bone)


def _parents(labels: list[str], *, parents: list[int]) -> NDArray[np.int64]:
    joint_of_bone = _joint_of_bone(labels, parents=parents)
    above = [parents[labels.index(name)] for name in JOINTS]
    return np.array([joint_of_bone[bone] if bone >= 0 else -1 for bone in above])


def _mean_of_cubes(values: NDArray[Any], *, cube_V: NDArray[np.int64]) -> Floats:
    count = np.bincount(cube_V)[:, None]
    summed = np.stack([np.bincount(cube_V, weights=column) for column in values.T], axis=1)
    return (summed / count).astype(np.float32)
