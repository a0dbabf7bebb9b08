"""How fast a training goes, and whether its batches come in time."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


class Pace:
    """Measures steps and their waiting for batches, since it was last asked.

    Args:
        frames_per_step: Pictures in a batch, of all processes together.
        clock: Seconds.
    """

    def __init__(self, *, frames_per_step: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._frames_per_step = frames_per_step
        self._clock = clock
        self._num_steps = 0
        self._waited_s = 0.0
        self._since_s = self._clock()

    def timed(self, batches: Iterable[Item]) -> Iterator[Item]:
        """The batches; until each is there is waiting."""
        iterator = iter(batches)
        while True:
            asked_s = self._clock()
            try:
                batch = next(iterator)
            except StopIteration:
                return
            self._waited_s += self._clock() - asked_s
            self._num_steps += 1
            yield batch

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What is done in this block is no part of the training's time."""
        begun_s = self._clock()
        yield
        self._since_s += self._clock() - begun_s

    def take(self) -> dict[str, float]:
        """``frames_per_s`` and ``waiting_share``, the share of time in which the network waited for its batch."""
        now_s = self._clock()
        elapsed_s = now_s - self._since_s
        rates = {
            "frames_per_s": self._num_steps * self._frames_per_step / elapsed_s,
            "waiting_share": self._waited_s / elapsed_s,
        }
        self._num_steps, self._waited_s, self._since_s = 0, 0.0, now_s
        return rates
