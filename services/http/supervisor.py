"""Child processes of a service: started again when they crash, ended with their parent however it ends."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from services.http import leash

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0
_STABLE_S = 60.0
_STOP_GRACE_S = 15.0  # longer than a worker's own
_POLL_INTERVAL_S = 0.1

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Child:
    """A command that is to run as long as its parent does."""

    name: str
    command: Sequence[str]


class Supervisor:
    """Keeps children running. Use `supervise`."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._stopping = threading.Event()
        self._keepers = [_Keeper(child, stopping=self._stopping) for child in children]

    def start(self) -> None:
        """Start all children."""
        for keeper in self._keepers:
            keeper.start()

    def stop(self) -> None:
        """End all children in order, and by force those that take too long. Returns when none is left."""
        self._stopping.set()
        for keeper in self._keepers:
            keeper.join()

    def check(self) -> str | None:
        """Which children are down, or None: a check for `/readyz`."""
        down = [keeper.child.name for keeper in self._keepers if not keeper.is_up]
        return f"down: {', '.join(down)}" if down else None


class _Keeper(threading.Thread):
    # The parent-death signal is sent when the *thread* ends that started the child, so every child is started by a
    # thread that outlives it.
    def __init__(self, child: Child, *, stopping: threading.Event) -> None:
        super().__init__(name=f"keeper-{child.name}", daemon=True)
        self.child = child
        self.is_up = False
        self._stopping = stopping

    def run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            started_at = time.monotonic()
            status = self._run_once()
            if self._stopping.is_set():
                return
            lived_s = time.monotonic() - started_at
            wait_s = _FIRST_WAIT_S if lived_s >= _STABLE_S else wait_s
            _log.error("child_died", child=self.child.name, status=status, lived_s=round(lived_s, 1), restart_s=wait_s)
            self._stopping.wait(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _run_once(self) -> int:
        process = subprocess.Popen(  # noqa: S603 the command comes from our own code
            [sys.executable, "-I", str(Path(leash.__file__)), str(os.getpid()), *self.child.command],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the parent only, which ends its children in order
        )
        self.is_up = True
        while process.poll() is None and not self._stopping.wait(_POLL_INTERVAL_S):
            pass
        self.is_up = False
        process.terminate()
        try:
            return process.wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            _log.warning("child_killed", child=self.child.name, grace_s=_STOP_GRACE_S)
            process.kill()
            return process.wait()


@contextmanager
def supervise(children: Sequence[Child]) -> Iterator[Supervisor]:
    """Run children for the length of a block; a crashed one is started again, ever more slowly."""
    supervisor = Supervisor(children)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
