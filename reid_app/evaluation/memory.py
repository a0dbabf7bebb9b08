"""A limit on memory, kept by work that goes through a matrix in blocks of rows."""

import math
from collections.abc import Iterator

from reid_app.errors import SettingsError

_MIB = 1024 * 1024
_FEWEST_ROWS = 16
"""Matrix products of fewer rows waste most of their time."""
_MOST_ROWS = 256
"""More rows at once are no faster."""


class MemoryBudget:
    """What a piece of work holds already, and how many rows it may take beside that.

    Args:
        memory_mib: The limit in MiB.
        work: What needs the memory, as the subject of an error message.
    """

    def __init__(self, memory_mib: int, *, work: str) -> None:
        self._memory_mib = memory_mib
        self._work = work
        self._held_bytes = 0

    def hold(self, num_bytes: int) -> None:
        """Count memory that stays taken; a negative number gives it back."""
        self._held_bytes += num_bytes

    def rows_at_once(self, *, bytes_per_row: int) -> int:
        """How many rows fit beside what is held: from 16 to 256.

        Raises:
            SettingsError: Not even 16 fit; the message says how much memory is needed.
        """
        num_rows = (self._memory_mib * _MIB - self._held_bytes) // bytes_per_row
        if num_rows < _FEWEST_ROWS:
            needed_mib = math.ceil((self._held_bytes + _FEWEST_ROWS * bytes_per_row) / _MIB)
            raise SettingsError(
                f"{self._work} needs {needed_mib} MiB of memory, and memory_mib is {self._memory_mib}: "
                f"set it to {needed_mib} or more"
            )
        return min(num_rows, _MOST_ROWS)

    def blocks(self, num_rows: int, *, bytes_per_row: int) -> Iterator[slice]:
        """Go through rows in blocks, each as large as what is held at that time allows.

        Raises:
            SettingsError: As `rows_at_once`.
        """
        start = 0
        while start < num_rows:
            stop = min(start + self.rows_at_once(bytes_per_row=bytes_per_row), num_rows)
            yield slice(start, stop)
            start = stop
