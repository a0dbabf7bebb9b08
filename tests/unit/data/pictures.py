"""Small data sets on disk, of pictures that know who they are."""

from pathlib import Path

import cv2
import numpy as np

from reid_app.data.types import LabelledTracklet
from reid_app.model.config import Preprocess

SMALL = Preprocess(
    height=16, width=8, channel_order="rgb", scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)
"""A preprocess of small pictures, so that tests are fast."""


def write_tracklet(folder: Path, *, pid: int, number: int = 0, num_frames: int = 3, size: tuple[int, int] = (20, 12)):
    """A tracklet of PNG files of noise; its pictures differ from all others'."""
    paths = []
    for frame in range(num_frames):
        path = folder / f"{pid:04d}T{number}F{frame:03d}.png"
        noise = np.random.default_rng((pid, number, frame)).integers(0, 256, (*size, 3), np.uint8)
        assert cv2.imwrite(str(path), noise)
        paths.append(path)
    return LabelledTracklet(name=f"{pid}T{number}", pid=pid, camid=number, frame_paths=tuple(paths))


def write_people(folder: Path, *, num_people: int, num_tracklets: int = 2, num_frames: int = 3):
    """Tracklets of people with the identities 10, 20, 30, …"""
    return [
        write_tracklet(folder, pid=10 * (person + 1), number=number, num_frames=num_frames)
        for person in range(num_people)
        for number in range(num_tracklets)
    ]
