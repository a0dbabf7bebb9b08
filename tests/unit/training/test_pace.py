from collections.abc import Iterator

import pytest

from reid_app.training.pace import Pace


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_waiting_and_learning_are_told_apart() -> None:
    """Three batches of 16 frames: 1 s of waiting and 3 s of work each, and a pause of 50 s: 48 frames in 12 s."""
    clock = Clock()
    pace = Pace(frames_per_step=16, clock=clock)

    def slow_batches() -> Iterator[int]:
        for number in range(3):
            clock.now_s += 1.0
            yield number

    for number in pace.timed(slow_batches()):
        clock.now_s += 3.0
        if number == 1:
            with pace.paused():
                clock.now_s += 50.0
    assert pace.take() == {"frames_per_s": pytest.approx(4.0), "waiting_share": pytest.approx(0.25)}
    clock.now_s += 2.0
    assert pace.take() == {"frames_per_s": 0.0, "waiting_share": 0.0}
