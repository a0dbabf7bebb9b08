"""Triangle meshes whose vertices follow the joints of a skeleton."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """V vertices at rest, in metres: x to the person's left, y to the back, z up; the soles at z = 0."""

    vertices_V3: Floats
    normals_V3: Floats
    """Unit length, outwards."""
    surface_V3: Floats
    """Where a vertex lies on the cloth: for bodies its place on the average body, otherwise its place in the thing."""
    material_V: Floats
    """Which thing, as ``part + 0.25``; on bodies up to half a unit more on arms (see `parts`)."""
    weights_VJ: Floats
    """How much each joint carries a vertex; rows sum to 1."""
    faces_F3: NDArray[np.int32]


def joined(meshes: list[Mesh]) -> Mesh:
    """One mesh of several for the same skeleton."""
    starts = np.cumsum([0, *(len(mesh.vertices_V3) for mesh in meshes)])
    return Mesh(
        vertices_V3=np.concatenate([mesh.vertices_V3 for mesh in meshes]),
        normals_V3=np.concatenate([mesh.normals_V3 for mesh in meshes]),
        surface_V3=np.concatenate([mesh.surface_V3 for mesh in meshes]),
        material_V=np.concatenate([mesh.material_V for mesh in meshes]),
        weights_VJ=np.concatenate([mesh.weights_VJ for mesh in meshes]),
        faces_F3=np.concatenate([mesh.faces_F3 + start for mesh, start in zip(meshes, starts, strict=False)]).astype(
            np.int32
        ),
    )


def unit(vectors: Floats) -> Floats:
    """Vectors (..., 3) of length 1; zero stays zero."""
    length = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None]
    return np.asarray(vectors / np.maximum(length, np.float32(1e-9)), dtype=np.float32)


def vertex_normals(vertices_V3: Floats, *, faces_F3: NDArray[np.int32]) -> Floats:
    """Normals of vertices: the mean of their triangles' normals, weighted by area."""
    a, b, c = (vertices_V3[faces_F3[:, corner]] for corner in range(3))
    face_F3 = np.cross(b - a, c - a)
    summed = np.stack(
        [
            np.bincount(faces_F3.ravel(), weights=np.repeat(face_F3[:, axis], 3), minlength=len(vertices_V3))
            for axis in range(3)
        ],
        axis=1,
    )
    return unit(summed.astype(np.float32))


def clustered(
    vertices_V3: Floats, *, faces_F3: NDArray[np.int64], cell: float
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Thin a mesh by merging the vertices in each cube of ``cell`` metres.

    Returns:
        The cube of each vertex, numbered from 0, and the triangles between cubes.
    """
    cubes_V3 = np.round(vertices_V3 / cell).astype(np.int64)
    cube_V = np.unique(cubes_V3, axis=0, return_inverse=True)[1].reshape(-1)
    faces = cube_V[faces_F3]
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 0] != faces[:, 2])
    faces = faces[whole]
    first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)[1]
    return cube_V, faces[np.sort(first)].astype(np.int32)
