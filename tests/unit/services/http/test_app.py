import re
from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Body, Depends, Request
from starlette.responses import StreamingResponse

from services.http.auth import Scope, public, require
from tests.unit.services.http.conftest import AppClient, FakeKeys, MakeClient, ReadLog


@pytest.fixture
def client(make_client: MakeClient) -> AppClient:
    router = APIRouter(prefix="/v1", tags=["things"])

    @router.get("/things/{thing_id}", dependencies=[Depends(require(Scope.READ))])
    def thing(thing_id: str) -> str:
        return thing_id

    @router.post("/things", dependencies=[Depends(require(Scope.WRITE))])
    def add(names: Annotated[list[str], Body()]) -> int:
        return len(names)

    @router.post("/raw", dependencies=[Depends(public)])
    async def raw(request: Request) -> int:
        return sum([len(data) async for data in request.stream()])

    @router.get("/broken", dependencies=[Depends(public)])
    def broken() -> StreamingResponse:
        async def content() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("swordfish")

        return StreamingResponse(content())

    return make_client(router)


def test_a_request_has_an_id_in_the_answer_and_the_log(client: AppClient, read_log: ReadLog) -> None:
    first, second = (client.get("/v1/things/a").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert [line["request_id"] for line in read_log("request")] == [first, second]


@pytest.mark.parametrize(
    ("offered", "is_taken"),
    [("abc-1.2_3", True), ("a" * 64, True), ("a" * 65, False), ("a b", False), ("", False), ("<script>", False)],
)
def test_a_short_and_plain_id_of_the_client_is_taken(client: AppClient, offered: str, is_taken: bool) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": offered})
    assert (answer.headers["x-request-id"] == offered) is is_taken


def test_the_access_log_has_no_secrets(make_client: MakeClient, keys: FakeKeys, read_log: ReadLog) -> None:
    keys.add("reid_a", "read")
    make_client().get("/v1/limits?key=reid_a", headers={"Authorization": "Bearer reid_a"})
    (line,) = read_log("request")
    assert (line["path"], line["status"], line["method"], line["client"]) == ("/v1/limits", 200, "GET", "127.0.0.1")
    assert line["key_id"] == "id-reid_a"
    assert "Bearer" not in str(line)
    assert "?" not in str(line)


def test_answers_carry_security_headers(client: AppClient) -> None:
    for path in ("/v1/things/a", "/nowhere", "/healthz"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cache-control"] == "no-store"


def test_the_documentation_needs_nothing_from_elsewhere(client: AppClient) -> None:
    page = client.get("/docs")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; connect-src 'self';")
    assert "http" not in policy
    assert "//" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"docs/{name}" in page.text
        assert client.get(f"/docs/{name}").status_code == 200
    assert client.get("/docs/__init__.py").status_code == 404


def test_a_body_over_the_limit_is_refused(client: AppClient) -> None:
    assert client.post("/v1/things", json=["a" * 1900]).json() == 1
    answer = client.post("/v1/things", json=["a" * 2001])
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:reid:problem:limit-exceeded"


def test_a_body_of_unannounced_length_is_stopped_at_the_limit(client: AppClient) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 500
            yield b"x" * 500

    assert client.post("/v1/raw", content=endless()).status_code == 413
    assert taken <= 3000


def test_a_body_announced_over_the_limit_is_not_even_read(client: AppClient) -> None:
    taken = 0

    async def announced() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(20):
            taken += 500
            yield b"x" * 500

    answer = client.post("/v1/raw", content=announced(), headers={"Content-Length": "10000"})
    assert (answer.status_code, taken) == (413, 0)


def test_an_error_in_the_middle_of_an_answer_breaks_it_off(client: AppClient, read_log: ReadLog) -> None:
    with pytest.raises(RuntimeError):  # what a server does with it is to close the connection
        client.get("/v1/broken")
    (line,) = read_log("unhandled_error")
    assert "swordfish" in line["exception"]


def test_metrics_count_by_template_and_status(client: AppClient) -> None:
    for name in ("a", "b"):
        client.get(f"/v1/things/{name}")
    client.get("/nowhere/1")
    client.request("BREW", "/v1/things/a")
    text = client.get("/metrics").text
    assert 'reid_http_requests_total{method="GET",route="/v1/things/{thing_id}",status="200"} 2.0' in text
    assert 'reid_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert re.search(r'reid_http_requests_total\{method="OTHER",route="[^"]*",status="405"\} 1.0', text)
    assert 'reid_http_request_seconds_count{method="GET",route="/v1/things/{thing_id}"} 2.0' in text


def test_two_apps_count_apart(make_client: MakeClient) -> None:
    first, second = make_client(), make_client()
    first.get("/healthz")
    assert 'route="/healthz"' not in second.get("/metrics").text


def test_readiness_names_what_is_missing(make_client: MakeClient, read_log: ReadLog) -> None:
    def crash() -> str:
        raise RuntimeError("swordfish")

    def missing() -> str:
        return "no file at /srv/data/catalog.sqlite3"

    answer = make_client(checks={"jobs": lambda: None}).get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"jobs": "ok"})
    answer = make_client(checks={"jobs": lambda: None, "catalog": missing, "index": crash}).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:reid:problem:not-ready"
    assert answer.json()["detail"] == "catalog: no file at catalog.sqlite3; index: the check itself failed"
    assert "swordfish" in read_log("check_failed")[0]["exception"]


def test_limits_are_published(client: AppClient) -> None:
    assert client.get("/v1/limits").json() == {
        "max_body_bytes": 2_000,
        "max_upload_bytes": 3_000_000,
        "max_upload_files": 3,
        "max_page_items": 200,
    }


def test_the_description_has_problems_and_keys(client: AppClient) -> None:
    schema = client.get("/openapi.json").json()
    operation = schema["paths"]["/v1/things/{thing_id}"]["get"]
    problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert set(operation["responses"]) == {"200", "default"}
    assert {"type", "title", "status"} <= set(schema["components"]["schemas"]["Problem"]["required"])
    assert "HTTPValidationError" not in str(schema)
    assert {"HTTPBearer", "APIKeyHeader"} == set(schema["components"]["securitySchemes"])
    assert "/openapi.json" not in schema["paths"]
    assert schema["info"] == {"title": "test", "version": "1", "description": "For tests."}
    assert "openapi.json" in client.get("/docs").text
