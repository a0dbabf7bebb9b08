"""The routes of jobs, which both APIs show."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from services.http.auth import Scope, require
from services.http.jobs import Job, JobClient, JobPosition
from services.http.paging import Page, PageQuery, encode_cursor

_POLL_INTERVAL_S = 0.5
_RECONNECT_MS = 1000

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Your name for this request: sent again, it leads to the same job; with another body, to a 409.",
    ),
]
"""Parameter of a route that enqueues a job."""


def accepted(response: Response, job: Job) -> Job:
    """The answer to a request that led to a job: 202, and where to follow it."""
    response.status_code = 202
    response.headers["Location"] = f"/v1/jobs/{job.job_id}"
    return job


def job_router(jobs: JobClient) -> APIRouter:
    """Routes to list, read, follow, cancel and retry jobs."""
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    def existing(job_id: str) -> Job:
        return jobs.get(job_id)

    @router.get("", dependencies=[Depends(require(Scope.READ))])
    def list_jobs(query: Annotated[PageQuery, Depends()]) -> Page[Job]:
        """All jobs, newest first."""
        items, following = jobs.page(limit=query.limit, position=query.position(JobPosition))
        return Page(items=items, next_cursor=encode_cursor(following) if following else None)

    @router.get("/{job_id}", dependencies=[Depends(require(Scope.READ))])
    def get_job(job: Annotated[Job, Depends(existing)]) -> Job:
        """One job."""
        return job

    @router.get("/{job_id}/events", dependencies=[Depends(require(Scope.READ))], response_class=EventSourceResponse)
    async def follow_job(
        request: Request,
        job: Annotated[Job, Depends(existing)],
        last_event_id: Annotated[str | None, Header(description="What a client has seen when it comes back.")] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        """The job each time that it changes, as events named `job`, until it is final.

        When the service restarts, the stream ends earlier: come back with the last id in `Last-Event-ID`.
        """
        seen = last_event_id
        while True:
            data = job.model_dump_json(exclude_none=True)
            version = hashlib.sha256(data.encode()).hexdigest()[:16]
            if version != seen:
                yield ServerSentEvent(event="job", id=version, raw_data=data, retry=_RECONNECT_MS)
                seen = version
            if job.state.is_final or request.app.state.stopping.is_set():
                return
            await asyncio.sleep(_POLL_INTERVAL_S)
            job = await run_in_threadpool(jobs.get, job.job_id)

    @router.post("/{job_id}:cancel", dependencies=[Depends(require(Scope.WRITE))])
    def cancel_job(job_id: str) -> Job:
        """Cancel a job that is queued or running."""
        return jobs.cancel(job_id)

    @router.post("/{job_id}:retry", dependencies=[Depends(require(Scope.WRITE))], status_code=202)
    def retry_job(job_id: str, response: Response) -> Job:
        """Run a job again that failed or was cancelled."""
        return accepted(response, jobs.retry(job_id))

    return router
