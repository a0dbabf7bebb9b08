"""Clips of whole or evenly sampled tracklets, to be embedded."""

from collections.abc import Generator, Sequence
from contextlib import closing

import numpy as np
import torch

from reid_app.data.clips import Clip, ClipBatch, StackedClips, stack_clips, to_batch
from reid_app.data.resized import ResizedPictures
from reid_app.data.types import LabelledTracklet
from reid_app.tracklets.ahead import prepared_ahead
from reid_app.tracklets.sampling import sample_evenly


def evaluation_batches(
    tracklets: Sequence[LabelledTracklet],
    *,
    num_frames: int | None,
    frames_per_batch: int,
    pictures: ResizedPictures,
    threads: int,
    device: torch.device,
) -> Generator[ClipBatch]:
    """Every tracklet once, in order and unvaried, whole or evenly sampled; short ones are filled up and masked.

    Args:
        tracklets: To be embedded.
        num_frames: Frames of each at the most, by `sample_evenly`; None takes all.
        frames_per_batch: A batch has as many tracklets as fit, filling included, and at least one.
        pictures: Where pictures come from; says the preprocess too.
        threads: That prepare batches.
        device: Where batches go.

    Raises:
        InputError: A picture is missing.
        DamagedError: A file is not a picture.
    """
    sampled = [
        sample_evenly(len(tracklet.frame_paths), num_wanted=num_frames or len(tracklet.frame_paths))
        for tracklet in tracklets
    ]

    def prepare(rows: range) -> StackedClips:
        longest = max(len(sampled[row]) for row in rows)
        clips = [
            Clip(
                tracklet=tracklets[row],
                indices_T=np.resize(sampled[row], longest),
                num_real=len(sampled[row]),
                pid=tracklets[row].pid,
                variation=None,
            )
            for row in rows
        ]
        return stack_clips(clips, pictures=pictures)

    groups = group_by_size([len(indices) for indices in sampled], largest=frames_per_batch)
    with closing(prepared_ahead(groups, prepare, threads=threads)) as prepared:
        for stacked in prepared:
            yield to_batch(stacked, preprocess=pictures.preprocess, device=device)


def group_by_size(lengths: Sequence[int], *, largest: int) -> list[range]:
    """Neighbours grouped so that ``members * longest`` stays within ``largest``; who is longer stands alone.

    Examples:
        >>> group_by_size([3, 2, 4, 9, 1], largest=8)
        [range(0, 2), range(2, 3), range(3, 4), range(4, 5)]
    """
    groups, start, longest = [], 0, 0
    for position, length in enumerate(lengths):
        longest = max(longest, length)
        if position > start and (position + 1 - start) * longest > largest:
            groups.append(range(start, position))
            start, longest = position, length
    return [*groups, range(start, len(lengths))] if lengths else []
