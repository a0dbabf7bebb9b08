"""Starting the real programs in tests."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """This process's environment without settings of its own, and with a data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REID_")}
    return kept | {"REID_DATA_DIR": str(data_dir)} | more


@dataclass(frozen=True, kw_only=True)
class Reid:
    """The ``reid`` command on one data folder."""

    environment: Mapping[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "reid_app.cli.main", *arguments],
            cwd=ROOT,
            env=dict(self.environment),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=timeout_s)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def json(self, *arguments: str, code: int = 0) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running_service(
    environment: Mapping[str, str], *, module: str = "services", wait_s: float = 60
) -> Iterator[httpx.Client]:
    """A service on a free port, ready to answer; ended in order afterwards."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**environment, "REID_HTTP__PORT": str(port)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _wait_until_ready(client, process, wait_s=wait_s)
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[str], *, wait_s: float) -> None:
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"the service ended with {process.returncode}: {process.communicate()[1]}")
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the service was not ready after {wait_s} s")


def finished_job(client: httpx.Client, response: httpx.Response, *, wait_s: float = 180) -> dict[str, Any]:
    """The job that a request led to, once it is final, by its events."""
    assert response.status_code == 202, response.text
    last: dict[str, Any] = {}
    with client.stream("GET", f"{response.headers['location']}/events", timeout=wait_s) as events:
        for line in events.iter_lines():
            if line.startswith("data:"):
                last = json.loads(line.removeprefix("data:"))
    return last


def wait_for(what: str, is_true: Callable[[], bool], *, wait_s: float = 60) -> None:
    """Ask again and again until a condition holds."""
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        if is_true():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {wait_s} s")
