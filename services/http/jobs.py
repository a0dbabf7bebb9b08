"""Durable jobs, the asking side: enqueue, read, cancel and retry. Nothing is executed here (`worker` does that).

A job is a dbos workflow. What dbos knows of it (state, times, result, error) is read from its row; what dbos does not
know (kind, queue, progress) lies in the attributes of the same row, so that one query reads a whole page of jobs.
"""

import hashlib
import json
import sqlite3
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, PortableWorkflowError, WorkflowStatus
from dbos import error as dbos_errors
from pydantic import BaseModel, Field

from reid_app.errors import ConflictError, NotFoundError, SettingsError
from services.http.job_state import JobState, Progress, state_of
from services.http.problems import Problem, internal_problem

APPLICATION = "reid"
WORKFLOW = "job"
MAX_DEATHS = 3
"""So many times a job is given to a worker that dies of it."""

_SQLITE = "sqlite:///"
_MILLISECONDS_SINCE = (3, 42)


class Job(BaseModel):
    """Work that takes long."""

    job_id: str
    kind: str = Field(description="What is done, such as `ingest`.")
    state: JobState
    progress: Progress | None = None
    result: dict[str, Any] | None = Field(default=None, description="Of a job that succeeded.")
    error: Problem | None = Field(default=None, description="Of a job that failed.")
    created_at: datetime
    started_at: datetime | None = Field(default=None, description="Of the latest attempt.")
    finished_at: datetime | None = None


class JobPosition(BaseModel):
    """Where a page of jobs starts: so many back from the newest job at the time of the first page.

    In SQLite dbos keeps whole seconds; a job made in the same second as that one can shift the page by one.
    """

    newest_ms: int = Field(ge=0, le=1 << 43)
    offset: int = Field(ge=0, le=1 << 31)


@dataclass(frozen=True)
class Enqueued:
    """The job that a request led to."""

    job: Job
    is_new: bool
    """False when the same request had been made before under its idempotency key."""


class JobClient:
    """The jobs of one store. Methods may be called from any thread, and block it for a few milliseconds."""

    def __init__(self, url: str, *, is_patient: bool = False) -> None:
        """Open the store, made or migrated when needed.

        Args:
            url: ``sqlite:///path`` or ``postgresql://...``.
            is_patient: Wait for a database that goes away, instead of failing: for workers, not for requests.

        Raises:
            SettingsError: This machine's SQLite is too old for this Python.
        """
        if url.startswith(_SQLITE):
            _check_sqlite()
            _write_ahead(Path(url.removeprefix(_SQLITE)))
        DBOS.migrate(url)
        self._dbos = DBOSClient(
            system_database_url=url,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=is_patient,
        )

    def close(self) -> None:
        """Close the connections."""
        self._dbos.destroy()

    def check(self) -> str | None:
        """Why the store cannot be used now, or None: a check for `/readyz`."""
        try:
            self._dbos.check_connection()
        except Exception:  # whichever database and driver it is, it cannot be reached
            return "the job store cannot be reached"
        return None

    def enqueue(
        self,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        queue: str,
        owner: str,
        idempotency_key: str | None = None,
        fingerprint: str | None = None,
    ) -> Enqueued:
        """Put a job into a queue, once for each idempotency key.

        Args:
            kind: Names the handler in the worker.
            arguments: JSON for the handler.
            queue: Which worker takes it.
            owner: Who asks; equal idempotency keys of two owners have nothing to do with each other.
            idempotency_key: The client's name for this request.
            fingerprint: What makes two requests the same one; by default kind and arguments do. To be given where
                arguments differ for equal requests, such as the name under which an upload was stored.

        Raises:
            ConflictError: The idempotency key was used for a different request.
        """
        fingerprint = fingerprint or _digest(kind, dict(arguments))
        job_id = str(uuid.uuid4() if idempotency_key is None else uuid.UUID(_digest(owner, idempotency_key)[:32]))
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": queue,
            "workflow_id": job_id,
            "workflow_id_reuse_policy": "reject",
            "attributes": {"kind": kind, "queue": queue, "fingerprint": fingerprint},
        }
        try:
            self._dbos.enqueue(options, kind, dict(arguments))
        except dbos_errors.DBOSWorkflowIDInUseError:
            earlier = self._row(job_id)
            if _attributes(earlier)["fingerprint"] != fingerprint:
                raise ConflictError(
                    f"the Idempotency-Key {idempotency_key!r} was used for a different request: use a new one"
                ) from None
            return Enqueued(_job(earlier), is_new=False)
        return Enqueued(self.get(job_id), is_new=True)

    def get(self, job_id: str) -> Job:
        """One job.

        Raises:
            NotFoundError: There is no such job.
        """
        return _job(self._row(job_id))

    def page(self, *, limit: int, position: JobPosition | None) -> tuple[list[Job], JobPosition | None]:
        """Jobs, newest first, and where the next page starts if there is one."""
        newest_ms = position.newest_ms if position else None
        offset = position.offset if position else 0
        rows = self._dbos.list_workflows(
            name=WORKFLOW,
            sort_desc=True,
            end_time=None if newest_ms is None else _just_after(newest_ms),
            offset=offset,
            limit=limit + 1,
            load_input=False,
        )
        jobs = [_job(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return jobs, None
        newest_ms = newest_ms or rows[0].created_at or 0
        return jobs, JobPosition(newest_ms=newest_ms, offset=offset + limit)

    def cancel(self, job_id: str) -> Job:
        """Cancel a job; what runs already stops at its next check.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: It succeeded or failed.
        """
        job = self.get(job_id)
        if job.state in (JobState.SUCCEEDED, JobState.FAILED):
            raise ConflictError(f"job {job_id} has {job.state.value} and cannot be cancelled")
        self._dbos.cancel_workflow(job_id)
        return self.get(job_id)

    def retry(self, job_id: str) -> Job:
        """Put a failed or cancelled job into its queue again, with the same arguments.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: It did not fail and was not cancelled.
        """
        row = self._row(job_id)
        state = state_of(row)
        if state not in (JobState.FAILED, JobState.CANCELLED):
            raise ConflictError(f"job {job_id} is {state.value}: only a failed or cancelled one can be retried")
        self.report(job_id, None)
        try:
            self._dbos.rewind_workflow(job_id, queue_name=_attributes(row)["queue"])
        except dbos_errors.DBOSException as error:
            raise ConflictError(f"job {job_id} is being retried already") from error
        return self.get(job_id)

    def report(self, job_id: str, progress: Progress | None) -> None:
        """Store the progress of a job. For workers."""
        value = None if progress is None else progress.model_dump()
        self._dbos.update_workflow_attributes(job_id, {"progress": value}, merge=True)

    def put_back(self, job_id: str) -> None:
        """Return an interrupted job to its queue; the attempt does not count. For workers that stop."""
        self._dbos.resume_workflow(job_id, queue_name=_attributes(self._row(job_id))["queue"])

    def _row(self, job_id: str) -> WorkflowStatus:
        rows = self._dbos.list_workflows(workflow_ids=[job_id], name=WORKFLOW, load_input=False)
        if not rows:
            raise NotFoundError(f"there is no job {job_id}")
        return rows[0]


def _check_sqlite() -> None:
    # dbos reads the clock in SQL, from Python 3.12 on in milliseconds, which an older SQLite answers with NULL.
    if sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < _MILLISECONDS_SINCE:
        needed = ".".join(map(str, _MILLISECONDS_SINCE))
        raise SettingsError(
            f"jobs on Python {sys.version_info[0]}.{sys.version_info[1]} need SQLite {needed} or newer, this is "
            f"{sqlite3.sqlite_version}: use Python 3.11 or a newer SQLite, or set REID_JOBS__URL to a PostgreSQL"
        )


def _write_ahead(path: Path) -> None:
    # In write-ahead mode, which the file remembers, readers and the writer do not lock each other out.
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _job(row: WorkflowStatus) -> Job:
    attributes = _attributes(row)
    state = state_of(row)
    return Job(
        job_id=row.workflow_id,
        kind=attributes["kind"],
        state=state,
        progress=attributes.get("progress"),
        result=row.output if state is JobState.SUCCEEDED else None,
        error=_problem(row) if state is JobState.FAILED else None,
        created_at=_time(row.created_at or 0),
        started_at=_time(row.dequeued_at) if row.dequeued_at else None,
        finished_at=_time(row.completed_at) if row.completed_at else None,
    )


def _problem(row: WorkflowStatus) -> Problem:
    if isinstance(row.error, PortableWorkflowError) and isinstance(row.error.data, dict):
        return Problem.model_validate(row.error.data)
    if row.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
        return internal_problem().model_copy(update={"detail": f"The worker died of this job {MAX_DEATHS} times."})
    return internal_problem()


def _attributes(row: WorkflowStatus) -> dict[str, Any]:
    return row.attributes or {}


def _time(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _just_after(epoch_ms: int) -> str:
    # dbos truncates to milliseconds: half of one more keeps rounding errors from losing the job itself.
    return (_time(epoch_ms) + timedelta(microseconds=500)).isoformat()
