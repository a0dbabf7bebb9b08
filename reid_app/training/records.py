"""What a training writes down on its way: CSV files, and TensorBoard's on request."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reid_app.errors import SettingsError
from reid_app.tracklets.files import full_disk_is_named, write_atomically

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

Kind = Literal["training", "validation"]


class Records:
    """Tables ``training.csv`` and ``validation.csv`` with a row for each noted step.

    Args:
        out_dir: Where they lie.
        num_done: Steps done; later rows, of a training that was interrupted, are dropped: they will come again.
        with_tensorboard: Whether to write for TensorBoard too, below ``tensorboard/``.

    Raises:
        SettingsError: TensorBoard is not installed.
    """

    def __init__(self, out_dir: Path, *, num_done: int, with_tensorboard: bool) -> None:
        self._paths: dict[Kind, Path] = {
            "training": out_dir / "training.csv",
            "validation": out_dir / "validation.csv",
        }
        for path in self._paths.values():
            _keep_rows(path, num_done=num_done)
        self._board = _open_board(out_dir / "tensorboard", num_done=num_done) if with_tensorboard else None

    def note(self, kind: Kind, *, num_done: int, values: Mapping[str, float]) -> None:
        """Add a row.

        Args:
            kind: Of which table.
            num_done: Steps done.
            values: By column; always the same columns.

        Raises:
            StorageFullError: The disk is full.
        """
        path = self._paths[kind]
        with full_disk_is_named(f"no space left to write {path}: free some disk space and resume"):
            is_new = not path.exists()
            with path.open("a", newline="") as file:
                writer = csv.DictWriter(file, ["step", *values])
                if is_new:
                    writer.writeheader()
                writer.writerow({"step": num_done, **values})
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"{kind}/{name}", value, num_done)

    def close(self) -> None:
        """Write what is still in memory."""
        if self._board is not None:
            self._board.close()


def _keep_rows(path: Path, *, num_done: int) -> None:
    if not path.exists():
        return
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    whole = (row for row in rows if None not in row.values())
    kept = [row for row in whole if int(row["step"]) <= num_done]
    if not kept:
        path.unlink()
        return
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(kept[0]))
    writer.writeheader()
    writer.writerows(kept)
    write_atomically(path, text.getvalue().encode())


def _open_board(folder: Path, *, num_done: int) -> "SummaryWriter":
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise SettingsError("records.tensorboard needs TensorBoard: pip install 'reid-app[train]'") from error
    return SummaryWriter(str(folder), purge_step=num_done + 1)
