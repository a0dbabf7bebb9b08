"""Looking at the next frames while this one is dealt with."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Seen = TypeVar("Seen")


def look_ahead(items: Iterable[Item], look: Callable[[Item], Seen], *, threads: int) -> Iterator[tuple[Item, Seen]]:
    """Each item with what was seen in it, in order; up to twice as many items as threads are under way.

    Items are taken in the caller's thread. With one thread they are looked at in order. Whatever ends the iteration
    ends the threads.

    Args:
        items: In order.
        look: Called in other threads; what it raises comes out here, at its item.
        threads: At least 1.

    Examples:
        >>> list(look_ahead([3, 1, 2], lambda number: number * 10, threads=2))
        [(3, 30), (1, 10), (2, 20)]
    """
    waiting: deque[tuple[Item, Future[Seen]]] = deque()
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="look-ahead")
    try:
        for item in items:
            waiting.append((item, pool.submit(look, item)))
            if len(waiting) >= 2 * threads:
                first, seen = waiting.popleft()
                yield first, seen.result()
        while waiting:
            first, seen = waiting.popleft()
            yield first, seen.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
