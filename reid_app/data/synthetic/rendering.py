"""One person at one moment in front of one camera, as the pixels of a window of its picture."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from reid_app.data.synthetic.camera import Camera
from reid_app.data.synthetic.dressing import lit_person
from reid_app.data.synthetic.figure import Figure, Posture
from reid_app.data.synthetic.light import Light
from reid_app.data.synthetic.mesh import Floats
from reid_app.data.synthetic.motion import Gait, pose
from reid_app.data.synthetic.rasteriser import Rasteriser
from reid_app.data.synthetic.skeleton import rotation_matrix
from reid_app.data.synthetic.view import View, Window
from reid_app.data.synthetic.walk import Moment
from reid_app.data.synthetic.wardrobe import Wardrobe


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person as one tracklet shows them."""

    figure: Figure
    wardrobe: Wardrobe
    gait: Gait


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A person drawn over a scene."""

    colour_HW3: Floats
    """Linear light, zero beside the person."""
    mask_HW: Floats
    depth_HW: Floats


def placed(actor: Actor, *, moment: Moment) -> Posture:
    """The actor's geometry in the world."""
    rotations = pose(actor.gait, phase=moment.phase, pace=moment.pace, arms=actor.figure.arms, glance=moment.glance)
    posture = actor.figure.posture(rotations)
    turn_33 = rotation_matrix(0, 0, float(np.degrees(moment.heading)) + 90)
    shift_3 = np.array([moment.across, moment.away, 0], dtype=np.float32)
    return replace(
        posture,
        points_V3=posture.points_V3 @ turn_33.T + shift_3,
        normals_V3=posture.normals_V3 @ turn_33.T,
    )


def rendered(
    posture: Posture,
    *,
    actor: Actor,
    camera: Camera,
    window: Window,
    rasteriser: Rasteriser,
    fabric_shading: bool,
) -> Layer:
    """Rasterise, dress and light a placed actor."""
    buffer = rasteriser.draw(
        clip_V4=camera.view.clip(posture.points_V3, window=window),
        surface_V3=posture.surface_V3,
        material_V=posture.material_V,
        normals_V3=posture.normals_V3,
        faces_F3=posture.faces_F3,
    )
    colour_HW3, mask_HW = lit_person(buffer, wardrobe=actor.wardrobe, light=camera.light, fabric_shading=fabric_shading)
    return Layer(colour_HW3=colour_HW3, mask_HW=mask_HW, depth_HW=buffer.depth_HW)


def with_shadow(scene_HW3: Floats, *, posture: Posture, view: View, light: Light, window: Window) -> Floats:
    """Darken the ground where the person keeps the light away, and where they stand."""
    height, width = scene_HW3.shape[:2]
    towards = np.array(light.towards_3, dtype=np.float32)
    points_V3 = posture.points_V3[::2]
    fallen_V3 = points_V3 - points_V3[:, 2:] / max(float(towards[2]), 0.35) * towards
    hard = _splat(fallen_V3, view=view, window=window, size=(width // 2, height // 2), spread=1.2)
    feet_V3 = points_V3[points_V3[:, 2] < 0.25] * np.array([1, 1, 0], dtype=np.float32)
    soft = _splat(feet_V3, view=view, window=window, size=(width // 2, height // 2), spread=5.0)
    dark = 1 - np.clip(light.lamp * 0.9 * hard + 0.45 * soft, 0, 0.75)
    dark = cv2.resize(dark, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    return np.asarray(scene_HW3 * dark, dtype=np.float32)


def _splat(points_N3: Floats, *, view: View, window: Window, size: tuple[int, int], spread: float) -> Floats:
    """How densely (height, width) points cover a window, 0 to 1."""
    width, height = size
    pixels_N2, depth_N = view.pixels(points_N3)
    x1, y1, x2, y2 = window
    column_N = ((pixels_N2[:, 0] - x1) / (x2 - x1) * width).astype(np.int64)
    row_N = ((pixels_N2[:, 1] - y1) / (y2 - y1) * height).astype(np.int64)
    inside_N = (column_N >= 0) & (column_N < width) & (row_N >= 0) & (row_N < height) & (depth_N > 0.1)
    counts = np.bincount(row_N[inside_N] * width + column_N[inside_N], minlength=width * height)
    covered = np.minimum(counts.reshape(height, width), 1).astype(np.float32)
    covered = cv2.dilate(covered, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(covered, (0, 0), spread), dtype=np.float32)


def over(scene_HW3: Floats, *, layer: Layer) -> Floats:
    """A layer in front of a scene."""
    return scene_HW3 * (1 - layer.mask_HW[..., None]) + layer.colour_HW3
