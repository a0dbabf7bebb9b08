"""PK batches: P identities with K tracklets of each, so that every batch has positive and negative pairs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reid_app.data.clip_config import TrackletDraw


class PKBatchSampler:
    """Draws the batches of an epoch, as a pure function of seed and epoch: to resume, leave out the first n batches.

    With I identities an epoch is ``ceil(I / P)`` batches. Every identity comes once, in random order; where P does not
    divide I, the last batch is filled up with the ``-I mod P`` identities that came first. No identity is twice in a
    batch. K different tracklets of an identity are drawn, all equally likely; one with n < K has each of them
    ``floor(K / n)`` or ``ceil(K / n)`` times.

    Args:
        pids: Identity of each tracklet ``(N,)``, any integers.
        num_identities: P.
        num_tracklets: K.
        seed: Not negative.
        tracklets: ``independent`` draws each of the K from all n, so the same one may come twice: the form of the
            paper's code (3 x 2; arXiv 1811.01459).

    Raises:
        ValueError: P or K is below 1, or there are fewer than P identities.

    Examples:
        >>> pids = np.array([7, 7, 7, 4, 4, 9])
        >>> sampler = PKBatchSampler(pids, num_identities=2, num_tracklets=2, seed=0)
        >>> batches_NB = sampler.batches(epoch=0)  # 2 batches of 4 tracklets for 3 identities
        >>> batches_NB.shape
        (2, 4)
        >>> sorted(set(pids[batches_NB].ravel().tolist()))
        [4, 7, 9]
    """

    def __init__(
        self,
        pids: Sequence[int] | NDArray[np.int64],
        *,
        num_identities: int,
        num_tracklets: int,
        seed: int,
        tracklets: TrackletDraw = "distinct",
    ) -> None:
        if num_identities < 1 or num_tracklets < 1:
            raise ValueError(
                f"a batch needs at least 1 identity and 1 tracklet of each, got {num_identities} and {num_tracklets}"
            )
        pids_N = np.asarray(pids, np.int64)
        self._rows_of = [np.flatnonzero(pids_N == pid) for pid in np.unique(pids_N)]
        if len(self._rows_of) < num_identities:
            raise ValueError(
                f"a batch of {num_identities} identities cannot be drawn from {len(self._rows_of)}: "
                f"lower num_identities or add data"
            )
        self._num_identities = num_identities
        self._num_tracklets = num_tracklets
        self._seed = seed
        self._tracklets = tracklets

    @property
    def num_batches(self) -> int:
        """Batches in an epoch: ``ceil(I / P)``."""
        return -(-len(self._rows_of) // self._num_identities)

    def batches(self, epoch: int) -> NDArray[np.int64]:
        """Rows of ``pids`` for every batch of an epoch, int64 ``(num_batches, P * K)``, identity by identity.

        Args:
            epoch: From 0.
        """
        generator = np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=(epoch,)))
        order = generator.permutation(len(self._rows_of))
        filled = np.resize(order, self.num_batches * self._num_identities)
        drawn = [self._draw(self._rows_of[identity], generator) for identity in filled]
        return np.concatenate(drawn).reshape(self.num_batches, -1)

    def _draw(self, rows: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
        if self._tracklets == "independent":
            return generator.choice(rows, self._num_tracklets)
        return np.resize(generator.permutation(rows), self._num_tracklets)


def share_of_rank(batch_B: NDArray[np.int64], *, rank: int, num_ranks: int) -> NDArray[np.int64]:
    """A process's part of a batch: equal consecutive parts, which in the order of the ranks are the whole batch.

    Identities may be cut apart: the losses form their pairs over all processes.

    Raises:
        ValueError: The batch cannot be divided equally, or there is no such rank.

    Examples:
        >>> share_of_rank(np.array([5, 2, 9, 4]), rank=1, num_ranks=2)
        array([9, 4])
    """
    if not 0 <= rank < num_ranks or len(batch_B) % num_ranks:
        raise ValueError(f"rank {rank} of {num_ranks} cannot have an equal part of {len(batch_B)} tracklets")
    return np.split(batch_B, num_ranks)[rank]
