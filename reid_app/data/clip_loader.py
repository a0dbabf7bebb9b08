"""Training batches of clips, prepared ahead by threads.

Threads and not processes: decoding, resizing and varying pictures happen in OpenCV, which lets other threads run; one
store of decoded pictures serves all; and nothing is left behind when training is interrupted.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from reid_app.data.augmentation import draw_variation
from reid_app.data.clip_config import AugmentationConfig, BatchConfig
from reid_app.data.clips import Clip, ClipBatch, StackedClips, stack_clips, to_batch
from reid_app.data.frame_sampling import draw_frames
from reid_app.data.pk_sampler import PKBatchSampler, share_of_rank
from reid_app.data.resized import ResizedPictures
from reid_app.data.types import LabelledTracklet
from reid_app.errors import SettingsError
from reid_app.tracklets.ahead import prepared_ahead


class _PlannedBatch(NamedTuple):
    epoch: int
    number: int
    rows_B: NDArray[np.int64]


class ClipLoader:
    """Training batches. A batch is a pure function of seed, epoch and number: threads and ranks do not change a bit.

    Args:
        tracklets: The training part, people only.
        batch: What a batch holds.
        augmentation: How clips are varied.
        pictures: Where pictures come from; says the preprocess too.
        seed: Not negative.
        threads: That prepare batches; at most twice as many batches are ready or under way.
        device: Where batches go.
        rank: Of this process among those that train together; each gets its consecutive part of every batch.
        num_ranks: Their number, 1 without distributed training.

    Raises:
        SettingsError: The tracklets do not allow such batches, they cannot be divided among the processes, or clips
            would be moved out of sight.
        ValueError: A tracklet is of nobody.
    """

    def __init__(
        self,
        tracklets: Sequence[LabelledTracklet],
        *,
        batch: BatchConfig,
        augmentation: AugmentationConfig,
        pictures: ResizedPictures,
        seed: int,
        threads: int,
        device: torch.device,
        rank: int,
        num_ranks: int,
    ) -> None:
        _check(tracklets, batch=batch, augmentation=augmentation, pictures=pictures, num_ranks=num_ranks)
        self._tracklets = tracklets
        self._batch = batch
        self._augmentation = augmentation
        self._pictures = pictures
        self._seed = seed
        self._threads = threads
        self._device = device
        self._rank = rank
        self._num_ranks = num_ranks
        self.pids = tuple(sorted({tracklet.pid for tracklet in tracklets}))
        """Identity of each class ``(I,)``."""
        self._class_of = {pid: label for label, pid in enumerate(self.pids)}
        try:
            self._sampler = PKBatchSampler(
                [tracklet.pid for tracklet in tracklets],
                num_identities=batch.num_identities,
                num_tracklets=batch.num_tracklets,
                seed=seed,
                tracklets=batch.tracklets,
            )
        except ValueError as error:
            raise SettingsError(f"the training part does not fit: {error}") from error

    @property
    def num_identities(self) -> int:
        """I: classes of the classifiers."""
        return len(self.pids)

    @property
    def num_batches(self) -> int:
        """Batches in an epoch."""
        return self._sampler.num_batches

    def steps(self, *, first: int, stop: int) -> Generator[ClipBatch]:
        """This process's part of one batch a step, epoch after epoch without a pause between them.

        Args:
            first: Step from 0 over all epochs: step s is batch ``s mod num_batches`` of epoch ``s // num_batches``.
            stop: The step after the last.

        Raises:
            InputError: A picture is missing.
            DamagedError: A file is not a picture.
        """
        prepared = prepared_ahead(self._planned(first, stop), self._stacked, threads=self._threads)
        with closing(prepared):
            for stacked in prepared:
                yield to_batch(stacked, preprocess=self._pictures.preprocess, device=self._device)

    def _planned(self, first: int, stop: int) -> Iterator[_PlannedBatch]:
        for epoch, steps in groupby(range(first, stop), key=lambda step: step // self.num_batches):
            rows_NB = self._sampler.batches(epoch)
            for step in steps:
                number = step % self.num_batches
                yield _PlannedBatch(epoch=epoch, number=number, rows_B=rows_NB[number])

    def _stacked(self, planned: _PlannedBatch) -> StackedClips:
        places = share_of_rank(np.arange(len(planned.rows_B)), rank=self._rank, num_ranks=self._num_ranks)
        clips = [
            self._clip(
                self._tracklets[planned.rows_B[place]],
                generator=np.random.default_rng(
                    np.random.SeedSequence(self._seed, spawn_key=(planned.epoch, planned.number, int(place)))
                ),
            )
            for place in places
        ]
        return stack_clips(clips, pictures=self._pictures)

    def _clip(self, tracklet: LabelledTracklet, *, generator: np.random.Generator) -> Clip:
        num_available, num_wanted = len(tracklet.frame_paths), self._batch.num_frames
        preprocess = self._pictures.preprocess
        return Clip(
            tracklet=tracklet,
            indices_T=draw_frames(num_available, num_wanted=num_wanted, frames=self._batch.frames, generator=generator),
            num_real=num_wanted if self._batch.count_repeats else min(num_available, num_wanted),
            pid=self._class_of[tracklet.pid],
            variation=draw_variation(
                self._augmentation, height=preprocess.height, width=preprocess.width, generator=generator
            ),
        )


def _check(
    tracklets: Sequence[LabelledTracklet],
    *,
    batch: BatchConfig,
    augmentation: AugmentationConfig,
    pictures: ResizedPictures,
    num_ranks: int,
) -> None:
    nobody = next((tracklet for tracklet in tracklets if not tracklet.is_person), None)
    if nobody is not None:
        raise ValueError(f"tracklet {nobody.name} has no identity (pid {nobody.pid}): it cannot train anything")
    size = batch.num_identities * batch.num_tracklets
    if size % num_ranks:
        raise SettingsError(
            f"a batch of {batch.num_identities} x {batch.num_tracklets} tracklets cannot be divided among {num_ranks} "
            f"processes: choose a multiple of {num_ranks}"
        )
    height, width = pictures.preprocess.height, pictures.preprocess.width
    if augmentation.shift_px >= min(height, width):
        raise SettingsError(
            f"augmentation.shift_px {augmentation.shift_px} would move pictures of {height} x {width} pixels out of "
            f"sight: choose less than {min(height, width)}"
        )
