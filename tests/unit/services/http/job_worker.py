"""A worker process for the tests: `python -m tests.unit.services.http.job_worker URL QUEUE EXECUTOR_ID FOLDER`.

What the handlers do is written to `ledger` in the folder, one line each; every connection that the process makes, to
`connections`.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from reid_app.errors import CancelledError, VideoError
from services.http.logs import configure_logging
from services.http.worker import JobContext, run_worker


class Handlers:
    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger

    def _note(self, line: str) -> None:
        with self._ledger.open("a") as file:
            print(line, file=file)

    def count(self, arguments: dict[str, Any], context: JobContext) -> dict[str, Any]:
        """Counts slowly, and lets itself be stopped."""
        self._note(f"start {arguments['name']}")
        for done in range(arguments["steps"]):
            context.check_cancelled()
            context.progress(done, arguments["steps"], "steps")
            time.sleep(arguments["step_s"])
        context.progress(arguments["steps"], arguments["steps"], "steps")
        self._note(f"end {arguments['name']}")
        return {"counted": arguments["steps"]}

    def ignore_everything(self, arguments: dict[str, Any], context: JobContext) -> dict[str, Any]:
        self._note("start ignore_everything")
        time.sleep(arguments["seconds"])
        return {}

    def die(self, arguments: dict[str, Any], context: JobContext) -> dict[str, Any]:
        self._note("die")
        os.kill(os.getpid(), 9)
        return {}

    def refuse(self, arguments: dict[str, Any], context: JobContext) -> dict[str, Any]:
        raise VideoError("cannot open /srv/uploads/a1: it is a text file")

    def break_down(self, arguments: dict[str, Any], context: JobContext) -> dict[str, Any]:
        raise RuntimeError("swordfish")

    def give_up(self, arguments: dict[str, Any], context: JobContext) -> dict[str, Any]:
        raise CancelledError("nobody asked for this")

    def return_no_json(self, arguments: dict[str, Any], context: JobContext) -> dict[str, Any]:
        return {"path": Path("/srv")}


def main() -> None:
    url, queue, executor_id, folder = sys.argv[1:]

    def write_down_connections(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            with Path(folder, "connections").open("a") as file:
                print(event, arguments[1:], file=file)

    sys.addaudithook(write_down_connections)
    configure_logging()
    handlers = Handlers(Path(folder, "ledger"))
    names = ("count", "ignore_everything", "die", "refuse", "break_down", "give_up", "return_no_json")
    run_worker(url, queue=queue, executor_id=executor_id, handlers={name: getattr(handlers, name) for name in names})


if __name__ == "__main__":
    main()
