"""How the generator tells how far it is; `reid_app.pipelines.watch` has the same shape."""

from typing import Protocol


class Watch(Protocol):
    """Looks on while people are made."""

    def progress(self, done: int, total: int, unit: str) -> None:
        """Called after each identity; ``done`` of ``total`` units are done."""
        ...

    def check_cancelled(self) -> None:
        """Called often, at points from which the work can go on later.

        Raises:
            CancelledError: The work should stop.
        """
        ...
