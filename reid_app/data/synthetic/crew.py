"""Processes that make numbered things side by side; they end with whoever started them."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty

import cv2

from reid_app.errors import CancelledError, ReidError

_PATIENCE = 2.0
"""Seconds without news after which it is looked whether a process died."""

Make = Callable[[int], Iterable[int]]
"""Makes one thing, and tells now and then how many units more are done."""
OpenMaker = Callable[[], AbstractContextManager[Make]]
"""Opens what makes things, in the process that will use it; can be pickled."""

_News = int | BaseException | None
"""Units done, what went wrong, or None for one thing that is finished."""


def made_by_crew(open_maker: OpenMaker, *, numbers: Sequence[int], workers: int) -> Generator[int]:
    """Make things in processes of one core each, and yield units as they become done, in any order.

    Close it to end the processes: whatever ends it, they end.

    Raises:
        CancelledError: A process was killed.
        ReidError: What a process raised.
    """
    context = multiprocessing.get_context("spawn")
    news: Queue[_News] = context.Queue()
    crew = [
        context.Process(target=_work, args=(open_maker, numbers[first::workers], news, os.getpid()), daemon=True)
        for first in range(min(workers, len(numbers)))
    ]
    for process in crew:
        process.start()
    try:
        num_finished = 0
        while num_finished < len(numbers):
            units = _next_of(news, crew=crew)
            if units is None:
                num_finished += 1
            else:
                yield units
    finally:
        for process in crew:
            process.terminate()
            process.join()


def _next_of(news: "Queue[_News]", *, crew: Sequence[BaseProcess]) -> int | None:
    while True:
        try:
            told = news.get(timeout=_PATIENCE)
        except Empty:
            dead = [process for process in crew if process.exitcode not in (None, 0)]
            if dead:
                message = f"a process that makes people ended with code {dead[0].exitcode}: run the same command again"
                raise CancelledError(message) from None
            continue
        if isinstance(told, BaseException):
            raise told
        return told


def _work(open_maker: OpenMaker, numbers: Sequence[int], news: "Queue[_News]", parent: int) -> None:
    """Make some of the things, on one core, as long as the parent lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["LP_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)
    try:
        with open_maker() as make:
            for number in numbers:
                for units in make(number):
                    if os.getppid() != parent:
                        return
                    news.put(units)
                news.put(None)
    except (ReidError, OSError) as error:
        news.put(error)
