"""Pictures of data sets one below the other: what a network will see of them, at a glance.

Shape letters: H height, W width.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

import cv2
import numpy as np

from reid_app.data.pictures import read_picture
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.tracklets.types import Image

TILE_HEIGHT, TILE_WIDTH = 128, 64
_GAP = 6
_WHITE = 255


def contact_sheet(datasets: Sequence[ReidDataset], *, num_rows: int, num_columns: int, seed: int) -> Image:
    """Some pictures of each data set, every person in a row with one picture from each camera.

    Args:
        datasets: From top to bottom, with a gap between two.
        num_rows: Of each data set; fewer where it has no more people.
        num_columns: Pictures in a row.
        seed: Says which people and which pictures.

    Returns:
        RGB uint8 ``(H, W, 3)``; pictures are stretched to 128x64.

    Raises:
        InputError: A picture is missing.
        DamagedError: A picture cannot be read.
    """
    width = num_columns * TILE_WIDTH
    parts: list[Image] = []
    for dataset in datasets:
        tiles = list(islice(_pictures(dataset, seed=seed), num_rows * num_columns))
        tiles += [_blank()] * (-len(tiles) % num_columns)
        rows = [np.hstack(tiles[start : start + num_columns]) for start in range(0, len(tiles), num_columns)]
        parts += [np.full((_GAP, width, 3), _WHITE, np.uint8), *rows]
    return np.vstack(parts[1:])


def _pictures(dataset: ReidDataset, *, seed: int) -> Iterator[Image]:
    """Person by person in a drawn order, camera by camera."""
    generator = np.random.default_rng(seed)
    of_person: defaultdict[int, dict[int, list[LabelledTracklet]]] = defaultdict(dict)
    for tracklet in dict.fromkeys((*dataset.train, *dataset.query, *dataset.gallery)):
        of_person[tracklet.pid].setdefault(tracklet.camid, []).append(tracklet)
    pids = sorted(of_person)
    for place in generator.permutation(len(pids)):
        for _, tracklets in sorted(of_person[pids[place]].items()):
            tracklet = tracklets[generator.integers(len(tracklets))]
            path = tracklet.frame_paths[generator.integers(len(tracklet.frame_paths))]
            image = read_picture(path, box_xyxy=tracklet.box_xyxy)
            yield np.asarray(cv2.resize(image, (TILE_WIDTH, TILE_HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _blank() -> Image:
    return np.full((TILE_HEIGHT, TILE_WIDTH, 3), _WHITE, np.uint8)
