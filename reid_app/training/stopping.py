"""Being asked to stop (Ctrl-C, or SIGTERM from a scheduler) without stopping in the middle of a step."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Whether somebody asked."""

    def __init__(self) -> None:
        self.is_made = False


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Notes a first signal for the loop to see; the second ends the process as usual. For the main thread only."""
    request = StopRequest()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def note(number: int, frame: FrameType | None) -> None:
        request.is_made = True
        signal.signal(number, before[signal.Signals(number)])

    for number in _SIGNALS:
        signal.signal(number, note)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
