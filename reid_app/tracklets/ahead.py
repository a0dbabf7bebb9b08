"""Preparing the next items while this one is dealt with."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Prepared = TypeVar("Prepared")


def prepared_ahead(items: Iterable[Item], prepare: Callable[[Item], Prepared], *, threads: int) -> Generator[Prepared]:
    """What each item was prepared to, in order; up to twice as many items as threads are under way.

    Items are taken in the caller's thread. With one thread they are prepared in order. Whatever ends the iteration ends
    the threads.

    Args:
        items: In order.
        prepare: Called in other threads; what it raises comes out here, at its item.
        threads: At least 1.

    Examples:
        >>> list(prepared_ahead([3, 1, 2], lambda number: number * 10, threads=2))
        [30, 10, 20]
    """
    waiting: deque[Future[Prepared]] = deque()
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="prepare")
    try:
        for item in items:
            waiting.append(pool.submit(prepare, item))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
