"""How long work tells how far it is, and hears that it should stop."""

from typing import Protocol


class Watch(Protocol):
    """Looks on while long work is done: a progress bar, a job, or nobody."""

    def progress(self, done: int, total: int, unit: str) -> None:
        """Called often; ``done`` of ``total`` units (``frames``, ``tracklets``, ``identities``) are done."""
        ...

    def check_cancelled(self) -> None:
        """Called often, at points from which the work can go on later.

        Raises:
            CancelledError: The work should stop.
        """
        ...


class Unwatched:
    """Nobody looks on."""

    def progress(self, done: int, total: int, unit: str) -> None:
        """Nothing to tell."""

    def check_cancelled(self) -> None:
        """Never stops."""
