"""Teaching a guide where in a picture the person is, from the masks of synthetic people: minutes on one core.

Only the head learns; the detector's features stay as they are. Whoever it is taught on needs no identity, so this
comes before any training of a network, and serves every network that is guided.

Shape letters: N pictures, H height, W width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save as write_safetensors
from torch import Tensor
from torch.nn import functional

from reid_app.data.augmentation import draw_variation, vary_clip
from reid_app.data.clip_config import AugmentationConfig
from reid_app.data.datasets import load_dataset
from reid_app.data.pictures import read_picture
from reid_app.data.synthetic.dataset import MASKS
from reid_app.data.types import LabelledTracklet
from reid_app.errors import InputError
from reid_app.model.backbones.guide import PREFIX, Guide
from reid_app.model.backbones.yolox import load_yolox_nano
from reid_app.model.embedder_config import GUIDE_GREY
from reid_app.model.preprocess import resize_crop
from reid_app.tracklets.files import write_atomically
from reid_app.tracklets.watch import Watch
from reid_app.training.reproducible import reproducible

HEIGHT, WIDTH = 128, 64
"""Of the pictures that it is taught on."""
_BATCH = 96
_RATE = 4e-3
_WARMUP = 0.3
"""Share of the steps in which the learning rate rises; then it falls along half a cosine."""
_HELD_OUT = 0.05
"""Share of the people, the last ones, who are not learned from."""
_MOST_TRACKLETS = 20_000
"""One picture of each is learned from; they lie in memory, half a gigabyte."""
_VARIATION = AugmentationConfig(
    flip=0.5, shift_px=4, brightness=0.25, contrast=0.3, saturation=0.3, balance=0.2, erase=0.25
)
_GREY = (round(GUIDE_GREY),) * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideReport:
    """What became of it."""

    path: str
    num_tracklets: int
    """That were learned from."""
    overlap: float
    """Of found and true foreground among people who were not learned from: intersection over union, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Masked:
    """Pictures and the truth about them."""

    images_NHW3: NDArray[np.uint8]
    """RGB."""
    masks_NHW: NDArray[np.uint8]
    """Of the same size."""


def train_guide(root: Path, *, detector: Path, out: Path, steps: int, seed: int, watch: Watch) -> GuideReport:
    """Teach a guide and write it, whole or not at all.

    Args:
        root: Folder of synthetic people, as `reid synth people` makes it.
        detector: The standard ONNX export of YOLOX-nano.
        out: File that gets the guide, safetensors.
        steps: Batches of 96 pictures.
        seed: Of the head's first weights, the batches and their variation.
        watch: Hears of progress; may cancel, and then nothing is written.

    Raises:
        InputError: There is no such folder, a tracklet in it has no masks, or all its people are one.
        ModelMissingError: The detector's file does not exist.
        ModelInvalidError: It is not YOLOX-nano's.
        CancelledError: The watch said so.
    """
    learned, held_out = _divided(root)
    with reproducible(threads=1, device=torch.device("cpu")):
        torch.manual_seed(seed)
        guide = Guide()
        load_yolox_nano(guide.trunk, path=detector)
        _teach(guide, _read(learned), steps=steps, generator=np.random.default_rng(seed), watch=watch)
        overlap = _overlap(guide, _read(held_out))
    weights = {PREFIX + name: tensor.contiguous() for name, tensor in guide.state_dict().items()}
    write_atomically(out, write_safetensors(weights))
    return GuideReport(path=str(out), num_tracklets=len(learned), overlap=overlap)


def _divided(root: Path) -> tuple[list[LabelledTracklet], list[LabelledTracklet]]:
    """Tracklets to learn from, and those of the last people."""
    tracklets = load_dataset("folder", root).train
    last = max(tracklet.pid for tracklet in tracklets)
    first_held_out = min(last, round(last * (1.0 - _HELD_OUT)) + 1)
    learned = [tracklet for tracklet in tracklets if tracklet.pid < first_held_out]
    if not learned:
        raise InputError(f"{root} holds one person only: a guide needs several, the last of them to be judged by")
    held_out = [tracklet for tracklet in tracklets if tracklet.pid >= first_held_out]
    return learned[:: -(-len(learned) // _MOST_TRACKLETS)], held_out


def _read(tracklets: Sequence[LabelledTracklet]) -> _Masked:
    """One picture of each tracklet, the pictures of all tracklets in turn."""
    images_NHW3 = np.empty((len(tracklets), HEIGHT, WIDTH, 3), np.uint8)
    masks_NHW = np.empty((len(tracklets), HEIGHT, WIDTH), np.uint8)
    for row, tracklet in enumerate(tracklets):
        frame = row % len(tracklet.frame_paths)
        path = tracklet.frame_paths[frame].parent / MASKS
        try:
            mask_HW = np.load(path)[frame]
        except (OSError, ValueError, IndexError) as error:
            raise InputError(
                f"{path} holds no masks of {tracklet.name} ({error}): make people with masks by `reid synth people`"
            ) from error
        image_HW3 = read_picture(tracklet.frame_paths[frame])
        images_NHW3[row] = resize_crop(image_HW3, height=HEIGHT, width=WIDTH)
        masks_NHW[row] = cv2.resize(mask_HW, (WIDTH, HEIGHT))
    return _Masked(images_NHW3=images_NHW3, masks_NHW=masks_NHW)


def _teach(guide: Guide, learned: _Masked, *, steps: int, generator: np.random.Generator, watch: Watch) -> None:
    head = guide.foreground.requires_grad_(True).train()
    optimiser = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps, pct_start=_WARMUP)
    for step in range(steps):
        rows_N = generator.integers(len(learned.images_NHW3), size=_BATCH)
        images_NCHW, truth_N1HW = _batch(*_varied(learned, rows_N, generator=generator))
        with torch.no_grad():
            maps_NCHW = guide.trunk(images_NCHW)
        loss = functional.binary_cross_entropy_with_logits(head(maps_NCHW), truth_N1HW)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        watch.progress(step + 1, steps, "steps")
        watch.check_cancelled()
    guide.requires_grad_(False).train()


def _varied(
    masked: _Masked, rows_N: NDArray[np.int64], *, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Some pictures and masks, each pair mirrored, moved and erased alike; colours vary in pictures only."""
    images_NHW3, masks_NHW = masked.images_NHW3[rows_N], masked.masks_NHW[rows_N]
    for row in range(len(rows_N)):
        variation = draw_variation(_VARIATION, height=HEIGHT, width=WIDTH, generator=generator)
        images_NHW3[row] = vary_clip(images_NHW3[row : row + 1], variation, mean_colour=_GREY)[0]
        moved = replace(variation, brightness=1.0, contrast=1.0, saturation=1.0, balance=(1.0, 1.0, 1.0))
        mask_1HW3 = np.repeat(masks_NHW[row, None, ..., None], 3, axis=3)
        masks_NHW[row] = vary_clip(mask_1HW3, moved, mean_colour=(0, 0, 0))[0, ..., 0]
    return images_NHW3, masks_NHW


def _batch(images_NHW3: NDArray[np.uint8], masks_NHW: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """Pictures as the guide takes them, and the true foreground ``(N, 1, H / 4, W / 4)`` in [0, 1]."""
    images_NCHW = torch.from_numpy(images_NHW3).flip(-1).permute(0, 3, 1, 2).float()
    truth_N1HW = functional.avg_pool2d(torch.from_numpy(masks_NHW).unsqueeze(1).float() / 255.0, 4)
    return images_NCHW, truth_N1HW


@torch.inference_mode()
def _overlap(guide: Guide, held_out: _Masked) -> float:
    common = either = 0
    for first in range(0, len(held_out.images_NHW3), _BATCH):
        part = slice(first, first + _BATCH)
        images_NCHW, truth_N1HW = _batch(held_out.images_NHW3[part], held_out.masks_NHW[part])
        found, true = guide(images_NCHW)[1] > 0.5, truth_N1HW > 0.5
        common += int((found & true).sum())
        either += int((found | true).sum())
    return common / max(either, 1)
