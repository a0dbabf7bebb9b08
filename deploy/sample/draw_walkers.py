"""Draws the sample videos: two fixed cameras, six people who do not exist, and the truth about who walks where.

The same seed gives the same frames. Run it from anywhere; it needs numpy, OpenCV and PyAV.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np
from figure import Figure, Look, Pose, draw_figure
from numpy.typing import NDArray
from scenes import HEIGHT, WIDTH, Picture, Scene, hall, street

FPS = 15
TRUTH_EVERY = 3
_STRIDE_HEIGHTS = 0.80
_HORIZON_PX = 70.0

CAST = {
    "walker-1": Look(
        skin=(224, 178, 150), hair=(88, 52, 32), hair_style="long", top=(196, 34, 44), legs=(46, 66, 116),
        shoes=(232, 230, 226), shoulder_bag=(176, 122, 66), build=0.92,
    ),
    "walker-2": Look(
        skin=(206, 156, 122), hair=(30, 26, 26), hair_style="short", top=(38, 42, 56), legs=(110, 112, 118),
        shoes=(24, 22, 22), hem=0.30, build=1.08,
    ),
    "walker-3": Look(
        skin=(238, 200, 174), hair=(214, 176, 98), hair_style="bun", top=(236, 190, 40), legs=(34, 32, 40),
        shoes=(132, 62, 44), hem=0.38, build=0.95,
    ),
    "walker-4": Look(
        skin=(142, 96, 68), hair=(34, 84, 60), hair_style="cap", top=(44, 124, 84), legs=(168, 144, 104),
        shoes=(70, 52, 40), backpack=(42, 46, 54), build=1.15,
    ),
    "walker-5": Look(
        skin=(228, 184, 154), hair=(120, 112, 108), hair_style="short", top=(236, 236, 232), stripes=(44, 84, 160),
        legs=(58, 52, 50), shoes=(40, 36, 34), backpack=(222, 106, 36),
    ),
    "walker-6": Look(
        skin=(116, 76, 54), hair=(28, 22, 22), hair_style="curly", top=(126, 58, 148), legs=(118, 78, 56),
        shoes=(240, 238, 236), skirt=(96, 40, 118), build=0.90,
    ),
}  # fmt: skip


class Walk(NamedTuple):
    """One person's way through one camera's view."""

    person: str
    start_s: float
    waypoints: tuple[tuple[float, float, float], ...]
    """Seconds since the start, x and y of the feet in pixels; straight lines between them."""


def _across(person: str, start_s: float, *, y: tuple[float, float], seconds: float, to_left: bool = False) -> Walk:
    xs = (WIDTH + 70.0, -70.0) if to_left else (-70.0, WIDTH + 70.0)
    return Walk(person, start_s, ((0.0, xs[0], y[0]), (seconds, xs[1], y[1])))


STREET = (
    _across("walker-1", 2.5, y=(300, 318), seconds=7.2),
    _across("walker-2", 10.6, y=(326, 304), seconds=7.6, to_left=True),
    Walk("walker-3", 19.2, ((0.0, -70, 292), (3.4, 300, 300), (5.2, 300, 300), (8.4, 710, 312))),
    _across("walker-4", 28.4, y=(334, 322), seconds=7.4, to_left=True),
    _across("walker-5", 30.2, y=(288, 292), seconds=7.4),
    _across("walker-1", 38.4, y=(312, 328), seconds=7.0, to_left=True),
)
HALL = (
    _across("walker-3", 2.5, y=(318, 306), seconds=7.4, to_left=True),
    _across("walker-6", 10.8, y=(300, 322), seconds=7.2),
    Walk("walker-4", 19.0, ((0.0, -70, 310), (4.0, 380, 318), (5.6, 380, 318), (8.6, 710, 330))),
    _across("walker-1", 28.4, y=(290, 296), seconds=7.8),
    _across("walker-2", 30.2, y=(332, 326), seconds=7.4, to_left=True),
    _across("walker-3", 38.6, y=(300, 316), seconds=7.2),
)


class Moment(NamedTuple):
    """Where somebody is in one frame, and how they stand."""

    x: float
    y: float
    pose: Pose


def _moments(walk: Walk) -> dict[int, Moment]:
    """Frame index to moment, for every frame in which the walk goes on; turns and stops are rounded off."""
    times, xs, ys = np.array(walk.waypoints, np.float64).T
    count = round(float(times[-1]) * FPS)
    clock = np.arange(-FPS, count + FPS) / FPS
    kernel = np.hanning(11)
    kernel /= kernel.sum()
    x, y = (np.convolve(np.interp(clock, times, values), kernel, mode="same")[FPS:-FPS] for values in (xs, ys))
    speed = np.abs(np.gradient(x)) * FPS / _height_px(y)
    phase = np.cumsum(speed) / FPS / _STRIDE_HEIGHTS * 2.0 * math.pi
    swing = np.clip(speed / 0.45, 0.0, 1.0)
    facing = 1 if xs[-1] > xs[0] else -1
    first = round(walk.start_s * FPS)
    return {
        first + k: Moment(float(x[k]), float(y[k]), Pose(float(phase[k]), float(swing[k]), facing))
        for k in range(count)
    }


def _height_px(feet_y: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Height of a person whose feet stand there: a camera above their heads, looking straight ahead."""
    return np.asarray(0.66 * (np.asarray(feet_y) - _HORIZON_PX), np.float64)


def _paste(canvas: Picture, figure: Figure, feet: tuple[int, int], light: Sequence[float]) -> tuple[int, ...] | None:
    """Blend a figure into the frame; gives the box of what can be seen of it."""
    left, top = feet[0] - figure.anchor_x, feet[1] - figure.anchor_y
    rows, columns = np.nonzero(figure.alpha > 0.5)
    box = (
        max(0, left + int(columns.min())), max(0, top + int(rows.min())),
        min(WIDTH, left + int(columns.max()) + 1), min(HEIGHT, top + int(rows.max()) + 1),
    )  # fmt: skip
    x1, y1 = max(0, left), max(0, top)
    x2, y2 = min(WIDTH, left + figure.alpha.shape[1]), min(HEIGHT, top + figure.alpha.shape[0])
    if box[2] - box[0] < 4 or x2 <= x1:
        return None
    part = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
    alpha = figure.alpha[part][..., None]
    canvas[y1:y2, x1:x2] += alpha * (figure.colour[part] * np.array(light, np.float32) - canvas[y1:y2, x1:x2])
    return box


def _cast_shadow(canvas: Picture, figure: Figure, feet: tuple[int, int], scene: Scene) -> None:
    """Darken the ground by the figure's outline, laid flat, and a patch under the feet."""
    height = float(figure.anchor_y)
    flatten = 0.20 if scene.light_x < 0 else 0.05
    lay_flat = np.array([[1, -scene.shadow_slant, 0], [0, flatten, 0]], np.float32)
    lay_flat[:, 2] = feet - lay_flat[:, :2] @ np.array([figure.anchor_x, figure.anchor_y - 0.02 * height])
    # Laid flat, the head lies behind the feet: a shadow that falls away from the light and from the camera.
    shadow = cv2.GaussianBlur(cv2.warpAffine(figure.alpha, lay_flat, (WIDTH, HEIGHT)), (0, 0), 2.2)
    patch = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(patch, (feet[0], feet[1] - 2), (round(0.17 * height), round(0.03 * height)), 0, 0, 360, 1.0, -1)
    shadow = np.maximum(shadow, 0.75 * cv2.GaussianBlur(patch, (0, 0), 4.0))
    canvas *= 1.0 - scene.shadow * shadow[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFrame:
    """One frame and the people in it."""

    image: NDArray[np.uint8]
    boxes: dict[int, tuple[int, ...]]
    """Number of the walk to the box of what can be seen of it."""


def draw_camera(scene: Scene, walks: Sequence[Walk], *, num_frames: int, seed: int) -> Iterator[DrawnFrame]:
    """Draw one camera's frames in order."""
    generator = np.random.default_rng(seed)
    fixed_noise = generator.standard_normal((HEIGHT, WIDTH, 1)).astype(np.float32)
    moments = [_moments(walk) for walk in walks]
    for index in range(num_frames):
        canvas = scene.picture.copy()
        present = [(k, m[index]) for k, m in enumerate(moments) if index in m]
        boxes = {}
        for k, (x, y, pose) in sorted(present, key=lambda item: item[1].y):
            feet = math.floor(x), math.floor(y)
            figure = draw_figure(
                CAST[walks[k].person], pose, height_px=float(_height_px(y)), offset=(x - feet[0], y - feet[1]),
                light_x=scene.light_x,
            )  # fmt: skip
            _cast_shadow(canvas, figure, feet, scene)
            box = _paste(canvas, figure, feet, scene.light)
            if box is not None:
                boxes[k] = box
        canvas = cv2.GaussianBlur(canvas, (0, 0), 0.55)
        flicker = generator.standard_normal((HEIGHT, WIDTH, 1)).astype(np.float32)
        canvas += scene.noise * (0.8 * fixed_noise + 0.6 * flicker)
        yield DrawnFrame(image=np.clip(np.rint(canvas), 0, 255).astype(np.uint8), boxes=boxes)


def write_video(path: Path, frames: Iterator[DrawnFrame], walks: Sequence[Walk]) -> list[dict[str, object]]:
    """Encode a camera's frames; gives who was in them when, from the boxes of every third frame."""
    seen: dict[int, list[list[float]]] = {k: [] for k in range(len(walks))}
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        # One thread: with several, the encoder's choices depend on the machine.
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "24", "preset": "veryslow", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for index, drawn in enumerate(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(drawn.image, format="rgb24")))
            if index % TRUTH_EVERY == 0:
                for k, box in drawn.boxes.items():
                    seen[k].append([round(index / FPS, 3), *box])
        container.mux(stream.encode(None))
    return [
        {"person": walks[k].person, "start_s": rows[0][0], "end_s": rows[-1][0], "boxes": rows}
        for k, rows in seen.items()
    ]


def main() -> None:
    """Draw both videos and write the truth beside them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    parser.add_argument("--seed", type=int, default=7, help="of textures and noise; the walks are fixed")
    parser.add_argument("--seconds", type=float, default=46.0, help="length of each video")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    cameras: dict[str, object] = {}
    for number, (make_scene, walks) in enumerate(((street, STREET), (hall, HALL)), start=1):
        name, seed = f"camera_{number}", arguments.seed * 1000 + number
        frames = draw_camera(
            make_scene(np.random.default_rng(seed)), walks, num_frames=round(arguments.seconds * FPS), seed=seed
        )
        path = arguments.out / f"{name}.mp4"
        cameras[name] = {"video": path.name, "walks": write_video(path, frames, walks)}
        sys.stdout.write(f"{path}: {path.stat().st_size / 1000:.0f} kB\n")
    truth = {
        "seed": arguments.seed, "fps": FPS, "width": WIDTH, "height": HEIGHT,
        "box": "time in seconds, then x1, y1, x2, y2 in pixels of what can be seen inside the frame",
        "cameras": cameras,
    }  # fmt: skip
    text = json.dumps(truth, indent=1).replace("\n      [\n       ", "\n      [").replace(",\n       ", ", ")
    (arguments.out / "truth.json").write_text(text.replace("\n      ]", "]") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
