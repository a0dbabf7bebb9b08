"""Starting, hearing and ending the process that decodes one video."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from reid_app.errors import LimitError, VideoError
from reid_app.video.channel import FREE, Channel, ChannelClosedError, ChannelTimeoutError
from reid_app.video.messages import Failed, FromChild, Opened, OpenRequest, Progress, RingReady, parse_from_child
from reid_app.video.ring import NUM_SLOTS, Ring, create_memory, size_memory

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")
_ALLOCATOR = {
    # Frames are large: without these glibc maps and unmaps each of them, over a quarter of decord's time.
    "MALLOC_MMAP_THRESHOLD_": str(1 << 27),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
    "MALLOC_ARENA_MAX": "2",
    # NumPy's BLAS would start threads that decoding never uses.
    "OPENBLAS_NUM_THREADS": "1",
}


class DecoderProcess:
    """The confined process, from the request to its end; it never outlives this object or this thread."""

    def __init__(self, video: int, *, name: str, request: OpenRequest) -> None:
        """Start the process.

        Args:
            video: Descriptor of the open file; it stays the caller's.
            name: What messages call the file.
            request: What is to be done.
        """
        self._name = name
        self._config = request.config
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)
        self._memory = create_memory()
        try:
            self._process = _start(theirs.fileno(), video, self._memory)
            with contextlib.suppress(ChannelClosedError):
                self._channel.send(request)
        except BaseException:
            ours.close()
            os.close(self._memory)
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def start_frames(self, *, height: int, width: int) -> Ring:
        """Give the process room for frames and let it begin; returns our view of that room."""
        size_memory(self._memory, height=height, width=width)
        ring = Ring(self._memory, height=height, width=width, is_writer=False)
        with contextlib.suppress(ChannelClosedError):
            self._channel.send(RingReady(num_slots=NUM_SLOTS))
        return ring

    def free_slot(self) -> None:
        """Say that the oldest slot was copied."""
        with contextlib.suppress(ChannelClosedError):
            self._channel.send_line(FREE)

    def receive(self) -> FromChild:
        """The next thing that the process has to say, progress left out.

        Raises:
            VideoError: The file cannot be used, or the process died or hangs.
            LimitError: The file is larger than a limit allows.
        """
        try:
            while isinstance(
                message := parse_from_child(self._channel.receive(timeout_s=self._config.stall_s)), Progress
            ):
                pass
        except ChannelClosedError:
            raise self._death() from None
        except ChannelTimeoutError:
            self.kill()
            raise VideoError(
                f"{self._name}: decoding was ended: no progress for {self._config.stall_s:g} s, the limit stall_s"
            ) from None
        except ValueError:
            self.kill()
            raise VideoError(
                f"{self._name}: its decoder was corrupted and was ended; the file may be hostile"
            ) from None
        if isinstance(message, Failed):
            self.kill()
            raise (LimitError if message.is_limit else VideoError)(f"{self._name}: {message.reason}")
        return message

    def receive_opened(self) -> Opened:
        """What the file is.

        Raises:
            VideoError: The file cannot be used, or the process died or hangs.
            LimitError: The file is larger than a limit allows.
        """
        message = self.receive()
        if not isinstance(message, Opened):
            raise self.nonsense()
        return message

    def nonsense(self) -> VideoError:
        """End the process, which said what makes no sense here; returns the error to raise."""
        self.kill()
        return VideoError(f"{self._name}: its decoder was corrupted and was ended; the file may be hostile")

    def kill(self) -> None:
        """End the process now and take back everything it held; may be called again."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._channel.close()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1

    def _death(self) -> VideoError | LimitError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        status = self._process.returncode
        self.kill()
        if status == -signal.SIGXCPU:
            return LimitError(
                f"{self._name}: decoding used more processor time than the limits cpu_s and cpu_s_per_frame allow"
            )
        if status == -signal.SIGKILL:
            how = "was killed (by the system when memory is short, or by hand)"
        elif status is not None and status < 0:
            how = f"crashed ({signal.Signals(-status).name}); the file is damaged or hostile"
        else:
            how = f"ended unexpectedly (exit code {status})"
        return VideoError(f"{self._name}: the process that decodes it {how}")


def _start(connection: int, video: int, memory: int) -> "subprocess.Popen[bytes]":
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ALLOCATOR
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = f"{inherited}{os.pathsep}{_PACKAGE_ROOT}" if inherited else str(_PACKAGE_ROOT)
    numbers = [str(number) for number in (connection, video, memory, os.getpid())]
    return subprocess.Popen(  # noqa: S603  # our own interpreter and module, numbers as arguments
        [sys.executable, "-P", "-m", "reid_app.video.child", *numbers],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=True,
        pass_fds=(connection, video, memory),
        start_new_session=True,
        cwd="/",
        env=environment,
    )
