"""Both APIs, mounted as ``python -m services`` does, on a small data folder."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from reid_app.pipelines.index import index_tracklets
from reid_app.pipelines.parts import open_catalog
from reid_app.settings import load_settings
from services.http.app import create_app
from services.http.auth import unscoped_routes
from services.http.job_routes import job_router
from services.http.jobs import JobClient
from services.http.limits import Limits
from services.ingest import app as ingest
from services.query import app as query
from tests.unit.services.http.conftest import AppClient
from tests.world import store_people

RED, OTHER_RED, BLUE, GREEN = (200, 30, 30), (208, 36, 34), (30, 30, 200), (30, 180, 30)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    monkeypatch.delenv("REID_MODELS_DIR", raising=False)
    settings = load_settings(arguments={"data_dir": tmp_path / "data"})
    with ExitStack() as closing:
        catalog = closing.enter_context(open_catalog(settings))
        store_people({"red": RED, "blue": BLUE}, camera_id="yard", settings=settings, catalog=catalog)
        store_people({"red": OTHER_RED, "green": GREEN}, camera_id="door", settings=settings, catalog=catalog)
        index_tracklets(settings=settings, catalog=catalog)
        jobs = JobClient(settings.jobs_location)
        closing.callback(jobs.close)
        parts = (settings, catalog, jobs, closing)
        yield create_app(
            title="reid",
            version="0",
            description="",
            routers=[*ingest.build(*parts), *query.build(*parts), job_router(jobs)],
            keys=catalog.keys,
            limits=Limits.of(settings.http),
            checks={},
        )


@pytest.fixture
def client(app: FastAPI) -> AppClient:
    return AppClient(app)


def search(client: AppClient, body: dict[str, Any]) -> Any:
    return client.post("/v1/searches", json=body)


def test_no_route_is_without_a_scope(app: FastAPI) -> None:
    assert unscoped_routes(app) == []


def test_openapi_describes_every_route_with_examples(client: AppClient) -> None:
    described = client.get("/openapi.json").json()
    paths = described["paths"]
    assert {"/v1/videos", "/v1/tracklets/{tracklet_id}/film-strip", "/v1/probes", "/v1/searches"} <= paths.keys()
    for operations in paths.values():
        for operation in operations.values():
            assert operation["description"], operation["operationId"]
    assert described["components"]["schemas"]["SearchBody"]["examples"]
    assert "multipart/form-data" in paths["/v1/videos"]["post"]["requestBody"]["content"]


def test_tracklets_in_pages(client: AppClient) -> None:
    found, cursor = [], ""
    while True:
        page = client.get(f"/v1/tracklets?limit=3{cursor}").json()
        found += [item["tracklet_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(found) == ["door-green", "door-red", "yard-blue", "yard-red"]
    assert len(client.get("/v1/tracklets?camera=door").json()["items"]) == 2
    assert client.get("/v1/tracklets?from=2026-02-01T00:00:00Z").json()["items"] == []
    assert client.get("/v1/tracklets?cursor=nonsense").status_code == 422
    assert client.get("/v1/tracklets?from=2026-02-01").status_code == 422


def test_pictures_of_a_tracklet(client: AppClient) -> None:
    for path in ("/v1/tracklets/yard-red/film-strip", "/v1/tracklets/yard-red/crops/2"):
        picture = client.get(path)
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
        assert picture.content[:2] == b"\xff\xd8"
    for path in ("/v1/tracklets/yard-red/crops/3", "/v1/tracklets/nobody/film-strip", "/v1/tracklets/nobody"):
        problem = client.get(path)
        assert (problem.status_code, problem.json()["type"]) == (404, "urn:reid:problem:not-found")


def test_a_search_ranks_identities(client: AppClient) -> None:
    named = client.request("PUT", "/v1/tracklets/door-red/identity", json={"name": "Ada"}).json()
    assert (named["name"], named["num_tracklets"]) == ("Ada", 1)
    answer = search(client, {"probe": {"tracklet_id": "yard-red"}, "top_k": 2}).json()
    assert (answer["decision"], answer["threshold"], answer["gallery_size"]) == ("uncalibrated", None, 4)
    first = answer["results"][0]
    assert (first["rank"], first["name"], first["identity_id"]) == (1, "Ada", named["identity_id"])
    best = first["tracklets"][0]
    assert best["tracklet"]["tracklet_id"] == "door-red"
    assert client.get(best["evidence_frames"][0]).status_code == 200
    assert client.request("DELETE", "/v1/tracklets/door-red/identity").status_code == 204
    again = search(client, {"probe": {"tracklet_id": "yard-red"}, "filter": {"exclude_same_camera": True}}).json()
    assert [result["name"] for result in again["results"]] == [None, None]


def test_a_search_by_embedding_names_its_model(client: AppClient) -> None:
    (model,) = client.get("/v1/models").json()
    numbers = [1.0] + [0.0] * (model["dimension"] - 1)
    body = {"probe": {"embedding": numbers, "model_id": model["model_id"]}}
    assert len(search(client, body).json()["results"]) == 4
    stranger = search(client, {"probe": {"embedding": numbers, "model_id": "other"}})
    assert (stranger.status_code, stranger.json()["type"]) == (409, "urn:reid:problem:model-mismatch")
    assert "other" in stranger.json()["detail"]
    assert model["model_id"] in stranger.json()["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/probe"),
        ({"probe": {}}, "/probe"),
        ({"probe": {"tracklet_id": "a", "embedding": [1.0], "model_id": "m"}}, "/probe"),
        ({"probe": {"embedding": [1.0]}}, "/probe"),
        ({"probe": {"embedding": [0.0], "model_id": "m"}}, "/probe/embedding"),
        ({"probe": {"tracklet_id": "yard-red"}, "top_k": 0}, "/top_k"),
        ({"probe": {"tracklet_id": "yard-red"}, "topk": 3}, "/topk"),
        ({"probe": {"tracklet_id": "yard-red"}, "filter": {"from": "2026-01-31T08:00:00"}}, "/filter/from"),
        ({"probe": {"tracklet_id": "yard-red"}, "group_by": "camera"}, "/group_by"),
    ],
)
def test_a_wrong_search_names_the_field(client: AppClient, body: dict[str, Any], pointer: str) -> None:
    problem = search(client, body)
    assert (problem.status_code, problem.headers["content-type"]) == (422, "application/problem+json")
    assert pointer in [field["pointer"] for field in problem.json()["errors"]]


@pytest.mark.parametrize(
    ("path", "form", "files", "pointer"),
    [
        ("/v1/videos", {}, {"file": b"x"}, "/camera"),
        ("/v1/videos", {"camera": "../etc"}, {"file": b"x"}, "/camera"),
        ("/v1/videos", {"camera": "c", "start": "2026-01-31"}, {"file": b"x"}, "/start"),
        ("/v1/videos", {"camera": "c", "colour": "red"}, {"file": b"x"}, "/colour"),
        ("/v1/videos", {"camera": "c"}, {"file": b""}, "/file"),
        ("/v1/videos", {"camera": "c"}, {"film": b"x"}, "/film"),
        ("/v1/probes", {}, {"file": b"x"}, "/kind"),
        ("/v1/probes", {"kind": "song"}, {"file": b"x"}, "/kind"),
        ("/v1/probes", {"kind": "video"}, {"file": b""}, "/file"),
    ],
)
def test_a_wrong_upload_names_the_field_and_leaves_nothing(
    client: AppClient, tmp_path: Path, path: str, form: dict[str, str], files: dict[str, bytes], pointer: str
) -> None:
    problem = client.post(path, data=form, files=files)
    assert problem.status_code == 422, problem.text
    assert pointer in [field["pointer"] for field in problem.json()["errors"]]
    assert list((tmp_path / "data" / "uploads").glob("*")) == []


def test_the_same_upload_twice_under_one_key_is_one_job(client: AppClient, tmp_path: Path) -> None:
    def upload(content: bytes) -> Any:
        headers = {"Idempotency-Key": "mine"}
        return client.post("/v1/videos", data={"camera": "c"}, files={"file": content}, headers=headers)

    first, second, other = upload(b"film"), upload(b"film"), upload(b"another film")
    assert (first.status_code, second.status_code, other.status_code) == (202, 202, 409)
    assert first.json()["job_id"] == second.json()["job_id"]
    assert first.headers["location"] == f"/v1/jobs/{first.json()['job_id']}"
    assert len(list((tmp_path / "data" / "uploads").glob("*"))) == 1
