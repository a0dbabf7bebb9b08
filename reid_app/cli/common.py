"""What the commands share: settings, progress bars, exit codes. Nothing heavy is imported here."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from reid_app.settings import Settings
    from reid_app.tracklets.watch import Watch

EXIT_PARTLY = 1
"""Something was done, but not all, or a check failed."""
EXIT_FAILED = 2
"""Nothing could be done: wrong usage, a missing file, a lock."""
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options that stand before the command."""

    config_file: Path | None
    data_dir: Path | None

    def settings(self, **arguments: Any) -> "Settings":
        """All settings; arguments by dotted key with ``__`` for the dot, those that are None were not given."""
        from reid_app.settings import load_settings

        dotted = {key.replace("__", "."): value for key, value in arguments.items()}
        return load_settings(self.config_file, arguments={"data_dir": self.data_dir, **dotted})


def options_of(context: typer.Context) -> Options:
    """The options that stand before the command."""
    options = context.find_root().obj
    if not isinstance(options, Options):
        raise TypeError("the command was started without its root")
    return options


def print_json(value: Any) -> None:
    """One JSON document on standard output; dates as RFC 3339."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


@contextmanager
def progress_bar(description: str) -> Iterator["Watch"]:
    """A progress bar on standard error, for a terminal; nothing is drawn elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[unit]}"))
    drawn = Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal)
    with drawn as bar:
        task = bar.add_task(description, total=None, unit="")

        class _BarWatch:
            def progress(self, done: int, total: int, unit: str) -> None:
                bar.update(task, completed=done, total=total, unit=unit)

            def check_cancelled(self) -> None:
                """Ctrl-C raises KeyboardInterrupt by itself."""

        yield _BarWatch()
