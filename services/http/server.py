"""Running an app."""

import signal
import threading
from types import FrameType

import uvicorn
from fastapi import FastAPI

_SHUTDOWN_GRACE_S = 5


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, *, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        super().handle_exit(sig, frame)


def serve(app: FastAPI, *, host: str, port: int) -> None:
    """Answer requests until SIGTERM or SIGINT, then let those in flight end and return.

    Endless answers have to look at `app.state.stopping`.

    Args:
        app: The app.
        host: Address to listen on; `auth.check_bind` says whether it may.
        port: TCP port.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # the `Edge` logs, without query strings
        proxy_headers=False,  # uvicorn would believe X-Forwarded-For from loopback, and `auth` would see a local client
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_GRACE_S,
    )
    # uvicorn raises the signal that ended it once more: without these it would end the process before the caller's
    # `finally` and `with` blocks.
    handlers = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        _Server(config, stopping=app.state.stopping).run()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
