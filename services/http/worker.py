"""Durable jobs, the working side: one process takes the jobs of one queue, one after the other.

A job that was running when its worker died is run again from the start by the next worker with the same executor id;
handlers are idempotent. A job during which `MAX_DEATHS` workers died has failed.
"""

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from dbos import DBOS, DBOSPortableJSONSerializer, PortableWorkflowError

from reid_app.errors import CancelledError, ReidError, SettingsError
from services.http.job_state import JobState, Progress
from services.http.jobs import APPLICATION, MAX_DEATHS, WORKFLOW, JobClient
from services.http.problems import Problem, internal_problem, problem_of

STOP_GRACE_S = 8
"""A handler that has not stopped so long after the worker was asked to is abandoned, and its job is run again."""

_REPORT_INTERVAL_S = 0.5
_CHECK_INTERVAL_S = 1.0
_POLL_INTERVAL_S = 0.25
_JOB_VERSION = "1"  # dbos recovers only what its own version began; handlers take over from older ones, so it is fixed

_log = structlog.get_logger(__name__)


class JobContext:
    """What a handler knows of its job. Cheap enough to be called for every frame; callable from any thread."""

    def __init__(self, job_id: str, *, jobs: JobClient, stopping: threading.Event) -> None:
        self.job_id = job_id
        self._jobs = jobs
        self._stopping = stopping
        self._reported: Progress | None = None
        self._next_report = self._next_check = 0.0

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Say how far the job is. Written at most twice a second, and at the end."""
        progress = Progress(done=done, total=total, unit=unit)
        is_due = time.monotonic() >= self._next_report or done == total
        if is_due and progress != self._reported:
            self._jobs.report(self.job_id, progress)
            self._reported = progress
            self._next_report = time.monotonic() + _REPORT_INTERVAL_S

    def check_cancelled(self) -> None:
        """Stop here if the job is no longer wanted, or the worker is to end. Asks the store at most once a second.

        Raises:
            CancelledError: To be let through by the handler, at a point from which it can go on.
        """
        if self._stopping.is_set():
            raise CancelledError("the worker is stopping; the job goes on when it is back")
        if time.monotonic() >= self._next_check:
            self._next_check = time.monotonic() + _CHECK_INTERVAL_S
            if not self._is_wanted():
                raise CancelledError("the job was cancelled")

    def _is_wanted(self) -> bool:
        return self._jobs.get(self.job_id).state is JobState.RUNNING


Handler = Callable[[dict[str, Any], JobContext], dict[str, Any]]
"""Does the work of one kind of job: JSON arguments in, JSON result out. Idempotent."""


class _LeftAlone(BaseException):
    """Leaves the row of a job as it is: no `Exception`, so dbos records no outcome."""


class _Runner:
    def __init__(self, *, jobs: JobClient, handlers: Mapping[str, Handler], stopping: threading.Event) -> None:
        self.interrupted: list[str] = []
        self._jobs, self._handlers, self._stopping = jobs, handlers, stopping
        self._busy = threading.Lock()

    @property
    def is_busy(self) -> bool:
        return self._busy.locked()

    def run(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        job_id = str(DBOS.workflow_id)
        context = JobContext(job_id, jobs=self._jobs, stopping=self._stopping)
        with self._busy, structlog.contextvars.bound_contextvars(job_id=job_id, kind=kind):
            _log.info("job_started")
            try:
                result = self._handler(kind)(arguments, context)
                json.dumps(result, allow_nan=False)  # a result that is no JSON is the handler's mistake, found here
            except CancelledError as error:
                if self._jobs.get(job_id).state is JobState.RUNNING:  # nobody cancelled it
                    if not self._stopping.is_set():
                        raise _failure(problem_of(error)) from error
                    self.interrupted.append(job_id)
                _log.info("job_stopped", reason=str(error))
                raise _LeftAlone from error
            except ReidError as error:
                _log.warning("job_failed", message=str(error))
                raise _failure(problem_of(error)) from error
            except Exception as error:
                _log.exception("job_failed")
                raise _failure(internal_problem()) from error
            _log.info("job_succeeded")
            return result

    def _handler(self, kind: str) -> Handler:
        if kind not in self._handlers:
            raise SettingsError(f"no worker of this queue does jobs of the kind {kind!r}")
        return self._handlers[kind]


def run_worker(url: str, *, queue: str, executor_id: str, handlers: Mapping[str, Handler]) -> None:
    """Take jobs from a queue until SIGTERM or SIGINT. Owns its process: call it in the main thread, once.

    A signal ends it in order: the running handler stops at its next `check_cancelled`, and its job goes back to the
    queue. One that does not stop within `STOP_GRACE_S` is abandoned, and the process exits.

    Args:
        url: The store, as for `JobClient`.
        queue: The queue.
        executor_id: Names this worker, over restarts too; it is how the next process finds the jobs of a dead one. No
            two living processes may have the same.
        handlers: By kind of job.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    jobs = JobClient(url, is_patient=True)
    runner = _Runner(jobs=jobs, handlers=handlers, stopping=stopping)
    DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": url,
            "serializer": DBOSPortableJSONSerializer(),
            "application_version": _JOB_VERSION,
            "executor_id": executor_id,
            "log_level": "WARNING",
        }
    )
    logging.getLogger("dbos").addFilter(_is_no_job_failure)

    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MAX_DEATHS - 1)
    def job(kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return runner.run(kind, arguments)

    DBOS.listen_queues([queue])
    DBOS.launch()
    DBOS.register_queue(queue, worker_concurrency=1, polling_interval_sec=_POLL_INTERVAL_S, on_conflict="always_update")
    _log.info("worker_ready", queue=queue, executor_id=executor_id)
    stopping.wait()
    DBOS.destroy(workflow_completion_timeout_sec=STOP_GRACE_S)
    for job_id in runner.interrupted:
        jobs.put_back(job_id)
    if runner.is_busy:
        _log.warning("worker_abandons_job", grace_s=STOP_GRACE_S)
        os._exit(1)  # the thread of the handler would keep the process alive
    jobs.close()


def _failure(problem: Problem) -> PortableWorkflowError:
    data = problem.model_dump(mode="json", exclude_none=True)
    return PortableWorkflowError(message=problem.detail or problem.title, name=problem.type, data=data)


def _is_no_job_failure(record: logging.LogRecord) -> bool:
    # dbos logs with a stack trace what the runner has logged already.
    return not (record.exc_info and isinstance(record.exc_info[1], PortableWorkflowError))
