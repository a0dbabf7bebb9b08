import json
from pathlib import Path

import pytest
from fastapi import APIRouter, Depends, Response

from services.http.auth import Scope, require, unscoped_routes
from services.http.job_routes import IdempotencyKey, accepted, job_router
from services.http.job_state import JobState
from services.http.jobs import Job, JobClient
from tests.unit.services.http.conftest import AppClient, FakeKeys, MakeClient


@pytest.fixture
def jobs_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/jobs.sqlite3"


@pytest.fixture
def client(make_client: MakeClient, jobs: JobClient) -> AppClient:
    router = APIRouter(prefix="/v1")

    @router.post("/counts", status_code=202, dependencies=[Depends(require(Scope.WRITE))])
    def count(steps: int, response: Response, idempotency_key: IdempotencyKey = None) -> Job:
        enqueued = jobs.enqueue("count", {"steps": steps}, queue="q", owner="me", idempotency_key=idempotency_key)
        return accepted(response, enqueued.job)

    return make_client(router, job_router(jobs))


def test_every_route_has_a_scope(client: AppClient) -> None:
    assert unscoped_routes(client.app) == []


def test_scopes_of_jobs(client: AppClient, keys: FakeKeys) -> None:
    job_id = client.post("/v1/counts?steps=3").json()["job_id"]
    keys.add("reid_r", "read")
    keys.add("reid_w", "write")
    for path in ("/v1/jobs", f"/v1/jobs/{job_id}"):
        assert client.get(path, headers={"X-API-Key": "reid_r"}).status_code == 200
        assert client.get(path, headers={"X-API-Key": "reid_w"}).status_code == 403
    for path in (f"/v1/jobs/{job_id}:cancel", f"/v1/jobs/{job_id}:retry"):
        assert client.post(path, headers={"X-API-Key": "reid_r"}).status_code == 403
        assert client.post(path, headers={"X-API-Key": "reid_w"}).status_code in (200, 202)
    assert client.get(f"/v1/jobs/{job_id}/events", headers={"X-API-Key": "reid_w"}).status_code == 403


def test_a_job_is_accepted_and_found_where_it_says(client: AppClient) -> None:
    answer = client.post("/v1/counts?steps=3")
    assert answer.status_code == 202
    found = client.get(answer.headers["location"])
    assert found.json() == answer.json()
    assert found.json()["state"] == "queued"


def test_an_idempotency_key_is_honoured(client: AppClient) -> None:
    headers = {"Idempotency-Key": "upload-7"}
    first = client.post("/v1/counts?steps=3", headers=headers)
    again = client.post("/v1/counts?steps=3", headers=headers)
    assert first.json() == again.json()
    assert client.post("/v1/counts?steps=4", headers=headers).status_code == 409
    too_long = client.post("/v1/counts?steps=4", headers={"Idempotency-Key": "x" * 201})
    assert too_long.json()["errors"][0]["in"] == "header"


def test_jobs_are_listed_in_pages(client: AppClient) -> None:
    made = {client.post(f"/v1/counts?steps={steps}").json()["job_id"] for steps in range(5)}
    first = client.get("/v1/jobs?limit=3").json()
    rest = client.get("/v1/jobs", params={"cursor": first["next_cursor"]}).json()
    assert {job["job_id"] for job in first["items"] + rest["items"]} == made
    assert rest["next_cursor"] is None


def test_cancel_and_retry(client: AppClient) -> None:
    job_id = client.post("/v1/counts?steps=3").json()["job_id"]
    retry_too_early = client.post(f"/v1/jobs/{job_id}:retry")
    assert (retry_too_early.status_code, retry_too_early.json()["type"]) == (409, "urn:reid:problem:conflict")
    cancelled = client.post(f"/v1/jobs/{job_id}:cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    again = client.post(f"/v1/jobs/{job_id}:retry")
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert again.headers["location"] == f"/v1/jobs/{job_id}"


def test_a_job_that_is_not_there(client: AppClient) -> None:
    for answer in (
        client.get("/v1/jobs/nothing"),
        client.get("/v1/jobs/nothing/events"),
        client.post("/v1/jobs/nothing:cancel"),
        client.post("/v1/jobs/nothing:retry"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:reid:problem:not-found")


def test_events_end_with_the_job_and_start_after_what_was_seen(client: AppClient, jobs: JobClient) -> None:
    job_id = client.post("/v1/counts?steps=3").json()["job_id"]
    jobs.cancel(job_id)
    answer = client.get(f"/v1/jobs/{job_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = dict(line.split(": ", 1) for line in answer.text.strip().splitlines())
    assert lines["event"] == "job"
    assert json.loads(lines["data"])["state"] == JobState.CANCELLED
    seen = client.get(f"/v1/jobs/{job_id}/events", headers={"Last-Event-ID": lines["id"]})
    assert seen.text == ""
    other = client.get(f"/v1/jobs/{job_id}/events", headers={"Last-Event-ID": "older"})
    assert other.text == answer.text
