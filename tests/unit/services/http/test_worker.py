"""The working side, in real processes, on both databases."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.http.job_state import JobState
from services.http.jobs import MAX_DEATHS, Job, JobClient

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

PROGRAM = "tests.unit.services.http.job_worker"
REPOSITORY = Path(__file__).parents[4]


class Workers:
    """Starts worker processes, and ends them with the test."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, queue: str = "counting") -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, self._url, queue, f"{queue}-worker", str(self._folder)],
                cwd=self._folder,
                env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
                stderr=log,
            )
        self._processes.append(process)
        return process

    def lines(self, name: str) -> list[str]:
        path = self._folder / name
        return path.read_text().splitlines() if path.exists() else []

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@pytest.fixture
def workers(jobs_url: str, tmp_path: Path) -> Iterator[Workers]:
    folder = tmp_path / "worker"
    folder.mkdir()
    made = Workers(jobs_url, folder)
    yield made
    made.end()


def wait_for(ask: Callable[[], Job], condition: Callable[[Job], object]) -> Job:
    deadline = time.monotonic() + 60
    while not condition(job := ask()):
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return job


def finished(jobs: JobClient, job_id: str) -> Job:
    return wait_for(lambda: jobs.get(job_id), lambda job: job.state.is_final)


def under_way(jobs: JobClient, job_id: str) -> Job:
    return wait_for(lambda: jobs.get(job_id), lambda job: job.state is JobState.RUNNING and job.progress)


def enqueue(jobs: JobClient, kind: str, *, queue: str = "counting", **arguments: object) -> str:
    return jobs.enqueue(kind, arguments, queue=queue, owner="me").job.job_id


def test_jobs_of_two_queues_are_done_at_once_without_a_locked_database(jobs: JobClient, workers: Workers) -> None:
    workers.start("counting")
    workers.start("drawing")
    ids = [
        enqueue(jobs, "count", queue=queue, name=f"{queue}{number}", steps=20, step_s=0.002)
        for number in range(8)
        for queue in ("counting", "drawing")
    ]
    for job_id in ids:
        job = finished(jobs, job_id)
        assert (job.state, job.result, job.error) == (JobState.SUCCEEDED, {"counted": 20}, None)
        assert job.progress is not None
        assert (job.progress.done, job.progress.total, job.progress.unit) == (20, 20, "steps")
        assert job.started_at is not None
        assert job.finished_at is not None
        assert job.created_at <= job.started_at <= job.finished_at
    assert len(workers.lines("ledger")) == 32
    assert not [line for line in workers.lines("log") if "locked" in line or '"level": "error"' in line]
    # Neither telemetry nor anything else: the database is a file or a Unix socket.
    assert workers.lines("connections") == []


def test_failures_are_problems(jobs: JobClient, workers: Workers) -> None:
    kinds = ("refuse", "break_down", "give_up", "return_no_json", "unheard_of")
    ids = {kind: enqueue(jobs, kind) for kind in kinds}
    workers.start()
    found = {kind: finished(jobs, job_id) for kind, job_id in ids.items()}
    assert {job.state for job in found.values()} == {JobState.FAILED}
    problems = {kind: job.error for kind, job in found.items() if job.error}
    types = {kind: problem.type.rsplit(":", 1)[-1] for kind, problem in problems.items()}
    assert types == {
        "refuse": "unreadable-video",
        "break_down": "internal",
        "give_up": "cancelled",
        "return_no_json": "internal",
        "unheard_of": "misconfigured",
    }
    assert problems["refuse"].detail == "cannot open a1: it is a text file"
    assert "swordfish" not in problems["break_down"].model_dump_json()
    log = workers.lines("log")
    assert len([line for line in log if "swordfish" in line and ids["break_down"] in line]) == 1
    assert not [line for line in log if '"logger": "dbos"' in line]


def test_a_failed_job_can_be_retried_with_its_arguments(jobs: JobClient, workers: Workers) -> None:
    job_id = enqueue(jobs, "count", name="a", steps="many", step_s=0)
    workers.start()
    assert finished(jobs, job_id).state is JobState.FAILED
    assert jobs.retry(job_id).state is JobState.QUEUED
    again = finished(jobs, job_id)
    assert (again.state, again.job_id) == (JobState.FAILED, job_id)
    assert workers.lines("ledger") == ["start a"] * 2


def test_a_killed_worker_runs_its_job_again(jobs: JobClient, workers: Workers) -> None:
    job_id = enqueue(jobs, "count", name="long", steps=40, step_s=0.05)
    behind = enqueue(jobs, "count", name="next", steps=1, step_s=0)
    process = workers.start()
    under_way(jobs, job_id)
    process.kill()
    process.wait()
    assert jobs.get(job_id).state is JobState.RUNNING
    workers.start()
    assert finished(jobs, job_id).result == {"counted": 40}
    assert finished(jobs, behind).result == {"counted": 1}
    assert workers.lines("ledger") == ["start long", "start long", "end long", "start next", "end next"]


def test_a_job_that_kills_its_workers_fails_and_the_next_one_is_done(jobs: JobClient, workers: Workers) -> None:
    deadly = enqueue(jobs, "die")
    behind = enqueue(jobs, "count", name="next", steps=1, step_s=0)
    for _ in range(MAX_DEATHS):
        assert workers.start().wait(30) == -signal.SIGKILL
    workers.start()
    job = finished(jobs, deadly)
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.detail == f"The worker died of this job {MAX_DEATHS} times."
    assert finished(jobs, behind).state is JobState.SUCCEEDED
    assert workers.lines("ledger")[:-2] == ["die"] * MAX_DEATHS


def test_a_stopped_worker_puts_its_job_back_however_often(jobs: JobClient, workers: Workers) -> None:
    job_id = enqueue(jobs, "count", name="long", steps=400, step_s=0.02)
    for _ in range(MAX_DEATHS + 1):
        process = workers.start()
        wait_for(lambda: jobs.get(job_id), lambda job: job.state is JobState.RUNNING)
        process.terminate()
        assert process.wait(30) == 0
        assert jobs.get(job_id).state is JobState.QUEUED
    assert jobs.get(job_id).error is None


def test_a_cancelled_job_stops_and_its_worker_goes_on(jobs: JobClient, workers: Workers) -> None:
    long = enqueue(jobs, "count", name="long", steps=2000, step_s=0.05)
    behind = enqueue(jobs, "count", name="next", steps=1, step_s=0)
    workers.start()
    under_way(jobs, long)
    assert jobs.cancel(long).state is JobState.CANCELLED
    assert finished(jobs, behind).state is JobState.SUCCEEDED
    assert jobs.get(long).state is JobState.CANCELLED
    assert workers.lines("ledger") == ["start long", "start next", "end next"]
    assert jobs.retry(long).state is JobState.QUEUED
    under_way(jobs, long)
    assert jobs.cancel(long).state is JobState.CANCELLED


def test_a_handler_that_does_not_stop_is_abandoned(jobs: JobClient, workers: Workers) -> None:
    job_id = enqueue(jobs, "ignore_everything", seconds=600)
    process = workers.start()
    wait_for(lambda: jobs.get(job_id), lambda job: workers.lines("ledger"))
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 1
    assert jobs.get(job_id).state is JobState.RUNNING


def test_nothing_is_written_outside_the_store(jobs: JobClient, workers: Workers, tmp_path: Path) -> None:
    workers.start()
    finished(jobs, enqueue(jobs, "count", name="a", steps=1, step_s=0))
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {file for file in files if not file.startswith("data/jobs.sqlite3")} == {"worker/log", "worker/ledger"}
