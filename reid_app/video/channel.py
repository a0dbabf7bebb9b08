"""Lines over a socket between the decoding process and its parent."""

import select
import socket
import time

from pydantic import BaseModel

from reid_app.video.messages import MAX_LINE_BYTES

FREE = b"\n"
"""What the parent sends when it has copied the oldest slot: an empty line."""


class ChannelClosedError(Exception):
    """The other side has ended."""


class ChannelTimeoutError(Exception):
    """The other side has said nothing for too long."""


class Channel:
    """One side of the conversation."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def send(self, message: BaseModel) -> None:
        """Send one message.

        Raises:
            ChannelClosedError: The other side has ended.
        """
        self.send_line(message.model_dump_json().encode() + b"\n")

    def send_line(self, line: bytes) -> None:
        """Send one line as it is, with its newline.

        Raises:
            ChannelClosedError: The other side has ended.
        """
        try:
            self._connection.sendall(line)
        except OSError as error:
            raise ChannelClosedError from error

    def receive(self, *, timeout_s: float | None) -> bytes:
        """The next line without its newline; waits for ever when ``timeout_s`` is None.

        Raises:
            ChannelClosedError: The other side has ended.
            ChannelTimeoutError: No whole line came in time.
            ValueError: The line is longer than any message.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_LINE_BYTES:
                raise ValueError(f"a line is longer than {MAX_LINE_BYTES} bytes")
            self._wait(deadline)
            try:
                received = self._connection.recv(MAX_LINE_BYTES)
            except ConnectionError as error:
                raise ChannelClosedError from error
            if not received:
                raise ChannelClosedError
            self._buffer += received
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _wait(self, deadline: float | None) -> None:
        if deadline is None:
            return
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise ChannelTimeoutError

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
