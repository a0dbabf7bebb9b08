"""A set of scenes on disk: ``c001.mp4`` and ``c001.txt`` (MOTChallenge ground truth) a camera, and a manifest.

A camera is made beside its place and moved there when it is whole, the video last: where the video is, all is.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reid_app.data.synthetic.camera import Camera, draw_camera
from reid_app.data.synthetic.dataset import making_folder, manifest_of
from reid_app.data.synthetic.scene import SceneFrame, SceneStudio, outfit_of, person_of
from reid_app.data.synthetic.scene_config import SceneConfig
from reid_app.data.synthetic.view import FRAME_HEIGHT, FRAME_WIDTH
from reid_app.video.writing import VideoWriter


def camera_name(number: int) -> str:
    """Name of a camera, and of its files."""
    return f"c{number:03d}"


def is_filmed(root: Path, *, camera: int) -> bool:
    """Whether a camera's files are there; if so, they are whole."""
    return (root / f"{camera_name(camera)}.mp4").is_file()


def write_scene(root: Path, *, camera: int, config: SceneConfig, studio: SceneStudio) -> Iterator[int]:
    """Make one camera's files; yields the number of frames made since the last time it yielded."""
    folder, name = making_folder(root, number=camera), camera_name(camera)
    folder.mkdir()
    lines: list[str] = []
    with VideoWriter(folder / f"{name}.mp4", height=FRAME_HEIGHT, width=FRAME_WIDTH, fps=config.fps) as video:
        for number, frame in enumerate(studio.film(studio.camera(camera)), start=1):
            video.write(frame.image)
            lines += mot_lines(frame, number=number)
            yield 1
    (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
    for suffix in ("txt", "mp4"):
        (folder / f"{name}.{suffix}").replace(root / f"{name}.{suffix}")
    folder.rmdir()


def mot_lines(frame: SceneFrame, *, number: int) -> list[str]:
    """Ground truth of one frame: ``frame,id,left,top,width,height,1,1,visibility``, frames from 1, pixels from 0."""
    lines = []
    for seen in sorted(frame.sightings, key=lambda seen: seen.identity):
        x1, y1, x2, y2 = seen.box
        box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
        lines.append(f"{number},{seen.identity},{box},1,1,{seen.visibility:.3f}")
    return lines


def scenes_manifest(*, seed: int, config: SceneConfig, renderer: str) -> dict[str, Any]:
    """What shapes a set of scenes, and who is in it."""
    cameras = range(1, config.num_cameras + 1)
    identities = {}
    for identity in range(1, config.num_identities + 1):
        person = person_of(identity, seed=seed, config=config)
        outfits = {
            camera_name(camera): asdict(outfit_of(identity, person=person, seed=seed, camera=camera))
            for camera in cameras
        }
        identities[str(identity)] = {"person": asdict(person), "cameras": outfits}
    return manifest_of(seed=seed, config=config, renderer=renderer) | {
        "cameras": {
            camera_name(camera): _site(draw_camera(seed=seed, number=camera, config=config.looks, beside=False))
            for camera in cameras
        },
        "identities": identities,
    }


def _site(camera: Camera) -> dict[str, Any]:
    return {"place": camera.place, "view": asdict(camera.view), "light": asdict(camera.light)}
