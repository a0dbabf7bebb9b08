"""G-buffers: what each pixel of a crop shows of a mesh, by OpenGL without a display."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.data.synthetic.mesh import Floats
from reid_app.errors import SettingsError

_VERTEX_SHADER = """
#version 330
in vec4 place; in vec3 surface; in float material; in vec3 normal;
out vec4 on_surface; out vec4 facing;
void main() {
    gl_Position = place;
    on_surface = vec4(surface, material);
    facing = vec4(normal, place.w);
}
"""
_FRAGMENT_SHADER = """
#version 330
in vec4 on_surface; in vec4 facing;
layout(location = 0) out vec4 surface_out;
layout(location = 1) out vec4 facing_out;
void main() { surface_out = on_surface; facing_out = facing; }
"""
_REMEDY = "install '.[synth]' and the libraries for drawing without a display: libegl1, libgl1-mesa-dri, libglx-mesa0"


@dataclass(frozen=True, slots=True, kw_only=True)
class GBuffer:
    """What the pixels of a picture show; zero where they show nothing."""

    surface_HW3: Floats
    """Place on the cloth (`Mesh.surface_V3`)."""
    material_HW: Floats
    normal_HW3: Floats
    """In the world, about unit length."""
    depth_HW: Floats
    """Metres along the camera's axis."""


class Rasteriser:
    """Draws triangles into G-buffers of one size. Use it in the process and thread that made it."""

    def __init__(self, *, height: int, width: int) -> None:
        self._size = (width, height)
        context = _context()
        self._context = context
        self._program = context.program(vertex_shader=_VERTEX_SHADER, fragment_shader=_FRAGMENT_SHADER)
        self._targets = [context.texture(self._size, 4, dtype="f4") for _ in range(2)]
        self._frame = context.framebuffer(self._targets, context.depth_renderbuffer(self._size))

    def draw(
        self,
        *,
        clip_V4: Floats,
        surface_V3: Floats,
        material_V: Floats,
        normals_V3: Floats,
        faces_F3: NDArray[np.int32],
    ) -> GBuffer:
        """Draw one mesh; ``clip_V4`` are OpenGL's clip coordinates, with metres of depth as the fourth."""
        packed = np.concatenate([clip_V4, surface_V3, material_V[:, None], normals_V3], axis=1, dtype=np.float32)
        vertices = self._context.buffer(np.ascontiguousarray(packed))
        triangles = self._context.buffer(np.ascontiguousarray(faces_F3, dtype=np.int32))
        array = self._context.vertex_array(
            self._program, [(vertices, "4f 3f 1f 3f", "place", "surface", "material", "normal")], triangles
        )
        self._frame.use()
        self._context.enable_only(self._context.DEPTH_TEST)
        self._frame.clear(0.0, 0.0, 0.0, 0.0)
        array.render()
        surface, facing = (self._pixels(target) for target in self._targets)
        for part in (array, vertices, triangles):
            part.release()
        return GBuffer(
            surface_HW3=surface[..., :3],
            material_HW=surface[..., 3],
            normal_HW3=facing[..., :3],
            depth_HW=facing[..., 3],
        )

    def _pixels(self, target: Any) -> Floats:
        width, height = self._size
        return np.frombuffer(target.read(), dtype=np.float32).reshape(height, width, 4)[::-1]

    def close(self) -> None:
        """Give the context back."""
        self._context.release()


def _context() -> Any:
    try:
        import moderngl
    except ImportError as error:
        raise SettingsError(f"people are drawn with moderngl, which is not there ({error}): {_REMEDY}") from error
    try:
        create: Any = moderngl.create_context
        return create(standalone=True, backend="egl")
    except Exception as error:
        raise SettingsError(f"EGL gives no OpenGL context ({error}): {_REMEDY}") from error


def renderer_name() -> str:
    """The OpenGL renderer; other renderers make other bytes of the same seed.

    Raises:
        SettingsError: moderngl or EGL is missing.
    """
    context = _context()
    try:
        return str(context.info["GL_RENDERER"])
    finally:
        context.release()
