"""A real service with a real child process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

REPOSITORY = Path(__file__).parents[4]


class Service:
    def __init__(self, folder: Path, *, child: str) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.unit.services.http.small_service", str(self.port), str(folder), child],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
                stderr=log,
            )
        self.url = f"http://127.0.0.1:{self.port}"
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return httpx.get(f"{self.url}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def ledger(self, word: str) -> list[int]:
        path = self.folder / "ledger"
        lines = path.read_text().splitlines() if path.exists() else []
        return [int(line.split()[1]) for line in lines if line.startswith(word)]

    def child(self) -> int:
        wait_until(lambda: self.ledger("started"))
        return self.ledger("started")[-1]


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


StartService = Callable[[str], Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartService]:
    made: list[Service] = []

    def start_service(child: str) -> Service:
        made.append(Service(tmp_path, child=child))
        return made[-1]

    yield start_service
    for service in made:
        service.process.kill()
        service.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_service_and_child_in_order(start: StartService, number: signal.Signals) -> None:
    service = start("steady")
    child = service.child()
    service.process.send_signal(number)
    assert service.process.wait(30) == 0
    assert (service.folder / "end").read_text() == "in order"
    assert service.ledger("stopped") == [child]
    assert not is_alive(child)


def test_a_killed_service_takes_its_child_along(start: StartService) -> None:
    service = start("steady")
    child = service.child()
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not is_alive(child))
    assert service.ledger("stopped") == []


def test_a_killed_child_is_started_again(start: StartService) -> None:
    service = start("steady")
    first = service.child()
    assert httpx.get(f"{service.url}/readyz").status_code == 200
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: httpx.get(f"{service.url}/readyz").status_code == 503)
    assert httpx.get(f"{service.url}/readyz").json()["detail"] == "children: down: steady"
    wait_until(lambda: len(service.ledger("started")) == 2)
    wait_until(lambda: httpx.get(f"{service.url}/readyz").status_code == 200)


def test_a_child_that_crashes_at_once_is_started_ever_more_slowly(start: StartService) -> None:
    begun_at = time.monotonic()
    service = start("feeble")
    wait_until(lambda: len(service.ledger("started")) == 3)
    assert time.monotonic() - begun_at >= 1.0 + 2.0
    died = [json.loads(line) for line in (service.folder / "log").read_text().splitlines() if "child_died" in line]
    assert [line["restart_s"] for line in died][:2] == [1.0, 2.0]


def test_a_proxy_header_is_not_believed(start: StartService) -> None:
    service = start("steady")
    assert httpx.get(f"{service.url}/v1/limits").status_code == 200
    answer = httpx.get(f"{service.url}/v1/limits", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 403
    assert "203.0.113.9" not in (service.folder / "log").read_text()
    assert "server" not in answer.headers


def test_an_upload_that_is_broken_off_leaves_nothing(start: StartService) -> None:
    service = start("steady")
    uploads = service.folder / "uploads"
    head = b"POST /videos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n"
    head += b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(head + part + b"x" * 1_000_000)
        wait_until(lambda: uploads.exists() and list(uploads.iterdir()))
    wait_until(lambda: not list(uploads.iterdir()))


def test_job_events_arrive_while_the_job_lives_and_do_not_hold_up_the_end(start: StartService) -> None:
    service = start("steady")
    job_id = httpx.post(f"{service.url}/jobs").json()
    with httpx.stream("GET", f"{service.url}/v1/jobs/{job_id}/events", timeout=30) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: job"
        assert '"queued"' in next(lines)
        httpx.post(f"{service.url}/v1/jobs/{job_id}:cancel")
        assert [line for line in lines if '"cancelled"' in line]
    again = httpx.post(f"{service.url}/jobs").json()
    with httpx.stream("GET", f"{service.url}/v1/jobs/{again}/events", timeout=30) as answer:
        lines = answer.iter_lines()
        next(lines)
        service.process.terminate()
        assert service.process.wait(30) == 0
    assert '"level": "error"' not in (service.folder / "log").read_text()
