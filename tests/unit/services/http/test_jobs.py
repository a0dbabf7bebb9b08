"""The asking side, without a worker."""

import time
from pathlib import Path

import pytest

from reid_app.errors import ConflictError, NotFoundError, SettingsError
from services.http.job_state import JobState, Progress
from services.http.jobs import Job, JobClient


def enqueue(jobs: JobClient, kind: str = "count", **arguments: object) -> Job:
    return jobs.enqueue(kind, arguments, queue="counting", owner="me").job


def test_a_new_job_is_queued(jobs: JobClient) -> None:
    job = enqueue(jobs, steps=3)
    assert (job.kind, job.state, job.progress, job.result, job.error) == ("count", JobState.QUEUED, None, None, None)
    assert job.created_at.tzinfo is not None
    assert job.started_at is job.finished_at is None
    assert jobs.get(job.job_id) == job


@pytest.mark.parametrize("job_id", ["", "no-such-job", "3f0a7c0e-0000-4000-8000-000000000000"])
def test_a_job_that_is_not_there(jobs: JobClient, job_id: str) -> None:
    for ask in (jobs.get, jobs.cancel, jobs.retry):
        with pytest.raises(NotFoundError, match="there is no job"):
            ask(job_id)


def test_jobs_outlive_the_client(jobs: JobClient, jobs_url: str) -> None:
    job = enqueue(jobs)
    other = JobClient(jobs_url)
    assert other.get(job.job_id) == job
    other.close()


def test_progress_is_read_with_the_job(jobs: JobClient) -> None:
    job = enqueue(jobs)
    jobs.report(job.job_id, Progress(done=3, total=None, unit="frames"))
    found = jobs.get(job.job_id)
    assert found.progress == Progress(done=3, total=None, unit="frames")
    assert found.kind == "count"


def test_pages_show_every_job_once_and_newer_ones_do_not_shift_them(jobs: JobClient) -> None:
    expected = [enqueue(jobs, number=number).job_id for number in range(7)]
    found, position = jobs.page(limit=3, position=None)
    assert len(found) == 3
    time.sleep(1.1)  # in SQLite, dbos keeps whole seconds
    enqueue(jobs, number=7)
    while position:
        page, position = jobs.page(limit=3, position=position)
        found += page
    assert sorted(job.job_id for job in found) == sorted(expected)
    times = [job.created_at for job in found]
    assert times == sorted(times, reverse=True)


def test_there_is_no_page_after_the_last_one(jobs: JobClient) -> None:
    assert jobs.page(limit=3, position=None) == ([], None)
    for number in range(3):
        enqueue(jobs, number=number)
    found, position = jobs.page(limit=3, position=None)
    assert (len(found), position) == (3, None)


def test_the_same_request_again_is_the_same_job(jobs: JobClient) -> None:
    def ask(steps: int, *, owner: str = "me", key: str | None = "key", kind: str = "count") -> tuple[str, bool]:
        enqueued = jobs.enqueue(kind, {"steps": steps}, queue="counting", owner=owner, idempotency_key=key)
        return enqueued.job.job_id, enqueued.is_new

    first, is_new = ask(3)
    assert is_new
    assert ask(3) == (first, False)
    assert ask(3, key="other")[1]
    assert ask(3, key=None)[1]
    assert ask(4, owner="somebody else")[1]
    for steps, kind in ((4, "count"), (3, "other")):
        with pytest.raises(ConflictError, match="Idempotency-Key 'key'"):
            ask(steps, kind=kind)
    assert len(jobs.page(limit=100, position=None)[0]) == 4


def test_a_fingerprint_says_what_the_same_request_is(jobs: JobClient) -> None:
    def ask(path: str, fingerprint: str) -> bool:
        return jobs.enqueue(
            "count", {"path": path}, queue="q", owner="me", idempotency_key="key", fingerprint=fingerprint
        ).is_new

    assert ask("a", "same content")
    assert not ask("b", "same content")
    with pytest.raises(ConflictError):
        ask("a", "other content")


def test_a_queued_job_can_be_cancelled_and_retried(jobs: JobClient) -> None:
    job = enqueue(jobs)
    jobs.report(job.job_id, Progress(done=3, total=4, unit="frames"))
    cancelled = jobs.cancel(job.job_id)
    assert cancelled.state is JobState.CANCELLED
    assert cancelled.finished_at is not None
    assert jobs.cancel(job.job_id).state is JobState.CANCELLED
    again = jobs.retry(job.job_id)
    assert (again.job_id, again.state, again.progress, again.finished_at) == (job.job_id, JobState.QUEUED, None, None)
    with pytest.raises(ConflictError, match="is queued"):
        jobs.retry(job.job_id)


def test_the_store_says_whether_it_can_be_reached(jobs: JobClient) -> None:
    assert jobs.check() is None


def test_a_sqlite_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 12, 0, "final", 0))
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 40, 1))
    with pytest.raises(SettingsError, match=r"need SQLite 3\.42 or newer, .*REID_JOBS__URL"):
        JobClient(f"sqlite:///{tmp_path}/jobs.sqlite3")
