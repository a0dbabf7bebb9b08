"""A small real HTTP server that misbehaves on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

CONTENT = bytes(range(256)) * 1000


class _Handler(BaseHTTPRequestHandler):
    server: "Site"

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers["Accept-Encoding"]))
        try:
            getattr(self, f"_{self.path.strip('/')}")()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _send(self, body: bytes) -> None:
        self.wfile.write(body)
        self.server.sent_bytes += len(body)

    def _ok(self) -> None:
        self._answer(200, Content_Length=str(len(CONTENT)))
        self._send(CONTENT)

    def _moved(self) -> None:
        self._answer(302, Location="/ok", Content_Length="0")

    def _unsized(self) -> None:
        self._answer(200)
        self._send(CONTENT)

    def _altered(self) -> None:
        self._answer(200, Content_Length=str(len(CONTENT)))
        self._send(CONTENT[:-1] + b"?")

    def _short(self) -> None:
        self._answer(200, Content_Length="1000")
        self._send(CONTENT[:1000])

    def _endless(self) -> None:
        self._answer(200)
        while self.server.sent_bytes < 500_000_000:
            self._send(CONTENT)

    def _cut(self) -> None:
        self._answer(200, Content_Length=str(len(CONTENT)))
        self._send(CONTENT[:100_000])

    def _missing(self) -> None:
        self._answer(404, Content_Length="0")

    def _broken(self) -> None:
        self._answer(503, Content_Length="0")

    def _elsewhere(self) -> None:
        self._answer(302, Location="file:///etc/hostname", Content_Length="0")

    def _silent(self) -> None:
        self._answer(200, Content_Length=str(len(CONTENT)))
        self._send(CONTENT[:1000])
        self.server.may_end.wait(20)


class Site(ThreadingHTTPServer):
    """Counts what it was asked and what it sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, str]] = []
        self.sent_bytes = 0
        self.may_end = Event()

    def url(self, page: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{page}"


@contextmanager
def site() -> Iterator[Site]:
    """A running server for the length of a block."""
    server = Site()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.may_end.set()
        server.shutdown()
        thread.join()
        server.server_close()
