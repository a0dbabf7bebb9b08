"""Handwritten characters as training and retrieval sets, and the ways in which training data is spoilt.

Five alphabets; a rotation trains on three, chooses on the fourth and reports retrieval on the fifth, so all characters
asked for are new to the network.
"""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Condition = Literal["clean", "wrong20", "wrong40", "outliers20"]
SPOILT_SHARE: dict[Condition, float] = {"clean": 0.0, "wrong40": 0.4, "wrong20": 0.2, "outliers20": 0.2}
NUM_ROTATIONS = 5
SIDE_PX = 28
NUM_TILES = 4
"""An outlier is cut into this many by this many tiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """Pictures of characters with who drew what."""

    pictures_NCHW: Tensor
    """Ink from 0 (paper) to 1, float32 ``(N, 1, 28, 28)``."""
    class_N: NDArray[np.int64]
    """The character drawn, from 0 without gaps."""
    writer_N: NDArray[np.int64]
    """Who drew it; the same number is the same person only within one alphabet."""
    alphabet_N: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.class_N)

    def of(self, alphabets: tuple[int, ...]) -> "Characters":
        """The characters of some alphabets, their classes renumbered."""
        rows = np.flatnonzero(np.isin(self.alphabet_N, alphabets))
        return Characters(
            pictures_NCHW=self.pictures_NCHW[rows],
            class_N=np.unique(self.class_N[rows], return_inverse=True)[1],
            writer_N=self.writer_N[rows],
            alphabet_N=self.alphabet_N[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Three alphabets to train on, one to choose on, one to report."""

    train: Characters
    development: Characters
    test: Characters


def read_characters(archive: Path) -> Characters:
    """All pictures of the archive, alphabets and characters in the order of their names."""
    pictures, names, writers, alphabets = [], [], [], []
    with zipfile.ZipFile(archive) as file:
        for member in sorted(name for name in file.namelist() if name.endswith(".png")):
            _, alphabet, character, stem = member.removesuffix(".png").split("/")
            page = cv2.imdecode(np.frombuffer(file.read(member), np.uint8), cv2.IMREAD_GRAYSCALE)
            pictures.append(cv2.resize(255 - page, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA))
            names.append(f"{alphabet}/{character}")
            writers.append(int(stem.split("_")[1]))
            alphabets.append(alphabet)
    return Characters(
        pictures_NCHW=torch.from_numpy(np.stack(pictures)[:, None].astype(np.float32) / 255),
        class_N=np.unique(names, return_inverse=True)[1],
        writer_N=np.array(writers),
        alphabet_N=np.unique(alphabets, return_inverse=True)[1],
    )


def rotate(characters: Characters, *, rotation: int) -> Rotation:
    """Rotation r reports alphabet r and chooses on the next one."""
    test, development = rotation, (rotation + 1) % NUM_ROTATIONS
    rest = tuple(alphabet for alphabet in range(NUM_ROTATIONS) if alphabet not in (test, development))
    return Rotation(train=characters.of(rest), development=characters.of((development,)), test=characters.of((test,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """Training data as a network gets it, and what it does not get to know."""

    seen: Characters
    truth_N: NDArray[np.int64]
    """True classes; an outlier is a class of its own, numbered from -1 downwards."""


def spoil(train: Characters, *, condition: Condition, generator: np.random.Generator) -> Spoilt:
    """Training data with wrong labels, or with pictures that show no character at all.

    A wrong label is any other training class with equal chance. An outlier keeps its label, but its picture becomes the
    jigsaw of another training picture: 4 x 4 tiles in random order, so the strokes are real and the character is gone.
    """
    share = SPOILT_SHARE[condition]
    rows = generator.choice(len(train), size=round(share * len(train)), replace=False)
    pictures_NCHW, class_N, truth_N = train.pictures_NCHW.clone(), train.class_N.copy(), train.class_N.copy()
    if condition == "outliers20":
        for row in rows:
            pictures_NCHW[row, 0] = _jigsaw(train.pictures_NCHW[generator.integers(len(train)), 0], generator)
        truth_N[rows] = -1 - np.arange(len(rows))
    else:
        num_classes = int(class_N.max()) + 1
        class_N[rows] = (class_N[rows] + generator.integers(1, num_classes, size=len(rows))) % num_classes
    seen = replace(train, pictures_NCHW=pictures_NCHW, class_N=class_N)
    return Spoilt(seen=seen, truth_N=truth_N)


def _jigsaw(picture_HW: Tensor, generator: np.random.Generator) -> Tensor:
    side = SIDE_PX // NUM_TILES
    tiles = picture_HW.reshape(NUM_TILES, side, NUM_TILES, side).transpose(1, 2).reshape(-1, side, side)
    shuffled = tiles[generator.permutation(len(tiles))].reshape(NUM_TILES, NUM_TILES, side, side)
    return shuffled.transpose(1, 2).reshape(SIDE_PX, SIDE_PX)


def draw_batch(
    rows_by_class: list[NDArray[np.int64]], *, num_classes: int, per_class: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Rows of one batch: some classes, and pictures of each; a class with too few pictures repeats some."""
    classes = generator.choice(len(rows_by_class), size=num_classes, replace=False)
    return np.concatenate(
        [
            generator.choice(rows_by_class[index], size=per_class, replace=len(rows_by_class[index]) < per_class)
            for index in classes
        ]
    )
