"""How every program of the services ends when it cannot go on."""

import sys
from collections.abc import Callable

from reid_app.errors import ReidError
from services.http.logs import configure_logging

_EXIT_FAILED = 2


def run_main(main: Callable[[], None]) -> None:
    """Run a program; errors that people can act on end it with one line instead of a stack trace."""
    configure_logging()
    try:
        main()
    except ReidError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(_EXIT_FAILED)
