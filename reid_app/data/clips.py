"""Clips: frames of tracklets, stacked and normalised into what a network takes.

Shape letters: B tracklets, T frames of a clip, H height, W width, C channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reid_app.data.augmentation import Rgb, Variation, vary_clip
from reid_app.data.resized import ResizedPictures
from reid_app.data.types import LabelledTracklet
from reid_app.model.config import Preprocess


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipBatch:
    """Clips on their way into a network."""

    clips_BTCHW: Tensor
    """Float32, preprocessed; in memory the channels of a pixel lie side by side (``torch.channels_last``)."""
    mask_BT: Tensor
    """Bool; False where a frame only fills up a short clip. It is a real picture all the same, a repeated one."""
    pids_B: Tensor
    """Int64: in training the class in [0, I), in evaluation the data set's identity."""
    quality_BT: Tensor | None
    """Float32 in [0, 1]; None where the pooling does not need it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """One row of a batch, before its pictures are read."""

    tracklet: LabelledTracklet
    indices_T: NDArray[np.int64]
    """Frames of the tracklet; those that fill up come last."""
    num_real: int
    """How many of them count."""
    pid: int
    """For `ClipBatch.pids_B`."""
    variation: Variation | None
    """None leaves the pictures as they are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StackedClips:
    """A batch in NumPy, one byte a value; made by other threads than those that compute."""

    clips_BTHW3: NDArray[np.uint8]
    """RGB."""
    mask_BT: NDArray[np.bool_]
    pids_B: NDArray[np.int64]
    quality_BT: NDArray[np.float32] | None


def stack_clips(clips: Sequence[Clip], *, pictures: ResizedPictures) -> StackedClips:
    """Read and vary the pictures of a batch; all its clips have the same number of frames.

    Raises:
        InputError: A picture is missing.
        DamagedError: A file is not a picture.
    """
    preprocess = pictures.preprocess
    shape = (len(clips), len(clips[0].indices_T))
    clips_BTHW3 = np.empty((*shape, preprocess.height, preprocess.width, 3), np.uint8)
    quality_BT = np.empty(shape, np.float32)
    for row, clip in enumerate(clips):
        for column, index in enumerate(clip.indices_T):
            picture = pictures.read(clip.tracklet.frame_paths[index], box_xyxy=clip.tracklet.box_xyxy)
            clips_BTHW3[row, column], quality_BT[row, column] = picture
        if clip.variation is not None:
            clips_BTHW3[row] = vary_clip(clips_BTHW3[row], clip.variation, mean_colour=mean_colour(preprocess))
    return StackedClips(
        clips_BTHW3=clips_BTHW3,
        mask_BT=np.arange(shape[1]) < np.array([[clip.num_real] for clip in clips]),
        pids_B=np.array([clip.pid for clip in clips], np.int64),
        quality_BT=quality_BT if pictures.with_quality else None,
    )


def to_batch(stacked: StackedClips, *, preprocess: Preprocess, device: torch.device) -> ClipBatch:
    """Move a batch to its device, bytes still, and normalise it there."""
    quality_BT = stacked.quality_BT
    return ClipBatch(
        clips_BTCHW=normalise(torch.from_numpy(stacked.clips_BTHW3).to(device), preprocess=preprocess),
        mask_BT=torch.from_numpy(stacked.mask_BT).to(device),
        pids_B=torch.from_numpy(stacked.pids_B).to(device),
        quality_BT=None if quality_BT is None else torch.from_numpy(quality_BT).to(device),
    )


def normalise(clips_BTHW3: Tensor, *, preprocess: Preprocess) -> Tensor:
    """The arithmetic of `preprocess_crops`, bit for bit, on pictures that have the network's size.

    Args:
        clips_BTHW3: RGB uint8, contiguous.
        preprocess: Channel order and normalisation.

    Returns:
        Float32 ``(B, T, C, H, W)``, a view of ``(B, T, H, W, C)``: no value is moved, and convolutions on CPU and GPU
        are faster so.
    """
    if preprocess.channel_order == "bgr":
        clips_BTHW3 = clips_BTHW3.flip(-1)
    std = np.asarray(preprocess.std)
    gain, offset = (
        torch.from_numpy(np.tile(values, preprocess.width).astype(np.float32)).to(clips_BTHW3.device)
        for values in (preprocess.scale / std, -np.asarray(preprocess.mean) / std)
    )
    rows = clips_BTHW3.flatten(-2).to(torch.float32).mul_(gain).add_(offset)
    return rows.view(clips_BTHW3.shape).permute(0, 1, 4, 2, 3)


def mean_colour(preprocess: Preprocess) -> Rgb:
    """The colour that becomes zeros, as nearly as bytes can say it."""
    first, green, last = (round(min(255.0, max(0.0, mean / preprocess.scale))) for mean in preprocess.mean)
    return (first, green, last) if preprocess.channel_order == "rgb" else (last, green, first)
