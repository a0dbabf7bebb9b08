import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import Mount, Route

from reid_app.errors import SettingsError
from services.http.auth import PROXY_HEADERS, Scope, check_bind, public, require, unscoped_routes
from tests.unit.services.http.conftest import FakeKeys, MakeClient


def router() -> APIRouter:
    made = APIRouter()

    @made.get("/read", dependencies=[Depends(require(Scope.READ))])
    def read() -> str:
        return "read"

    @made.post("/write", dependencies=[Depends(require(Scope.WRITE))])
    def write() -> str:
        return "written"

    return made


def test_without_keys_this_machine_may_do_everything(make_client: MakeClient) -> None:
    client = make_client(router())
    assert client.get("/read").status_code == 200
    assert client.post("/write").status_code == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_without_keys_every_loopback_address_is_this_machine(make_client: MakeClient, address: str) -> None:
    assert make_client(router(), client=address).get("/read").status_code == 200


@pytest.mark.parametrize("address", ["192.168.1.7", "10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "testclient", ""])
def test_without_keys_nobody_else_may_ask(make_client: MakeClient, address: str) -> None:
    answer = make_client(router(), client=address).get("/read")
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:reid:problem:forbidden"


@pytest.mark.parametrize("host", ["localhost", "localhost:8700", "127.0.0.1:1", "[::1]:8700", "[::1]"])
def test_without_keys_the_host_may_be_loopback(make_client: MakeClient, host: str) -> None:
    assert make_client(router()).get("/read", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8700", "localhost.evil.example", "[::1", "", "10.0.0.1"]
)
def test_without_keys_a_foreign_host_is_dns_rebinding(make_client: MakeClient, host: str) -> None:
    assert make_client(router()).get("/read", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9", "http://127.0.0.1"])
def test_without_keys_a_foreign_origin_is_another_site(make_client: MakeClient, origin: str) -> None:
    assert make_client(router()).post("/write", headers={"Origin": origin}).status_code == 403


def test_without_keys_the_own_origin_is_the_own_page(make_client: MakeClient) -> None:
    assert make_client(router()).post("/write", headers={"Origin": "http://127.0.0.1:8700"}).status_code == 200


@pytest.mark.parametrize("header", PROXY_HEADERS)
def test_without_keys_a_proxied_request_is_not_local(make_client: MakeClient, header: str) -> None:
    assert make_client(router()).get("/read", headers={header: "127.0.0.1"}).status_code == 403


def test_with_keys_every_request_needs_one(make_client: MakeClient, keys: FakeKeys) -> None:
    keys.add("reid_a", "read")
    client = make_client(router())
    answer = client.get("/read")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert client.get("/read", headers={"Authorization": "Bearer reid_b"}).status_code == 401
    assert client.get("/read", headers={"Authorization": "Bearer " + "x" * 5000}).status_code == 401
    assert client.get("/read", headers={"Authorization": "Basic reid_a"}).status_code == 401
    assert client.get("/read", headers={"Authorization": "Bearer reid_a"}).status_code == 200
    assert client.get("/read", headers={"X-API-Key": "reid_a"}).status_code == 200


def test_a_key_works_from_anywhere(make_client: MakeClient, keys: FakeKeys) -> None:
    keys.add("reid_a", "read")
    headers = {
        "Authorization": "Bearer reid_a",
        "Host": "reid.example",
        "Via": "1.1 proxy",
        "Origin": "https://x.example",
    }
    assert make_client(router(), client="203.0.113.9").get("/read", headers=headers).status_code == 200


@pytest.mark.parametrize("scope", ["read", "admin"])
def test_no_scope_implies_another(make_client: MakeClient, keys: FakeKeys, scope: str) -> None:
    keys.add("reid_a", scope)
    answer = make_client(router()).post("/write", headers={"X-API-Key": "reid_a"})
    assert answer.status_code == 403
    assert answer.json()["detail"] == "The key id-reid_a does not have the scope write."


def test_everybody_may_ask_for_health_and_documentation(make_client: MakeClient, keys: FakeKeys) -> None:
    keys.add("reid_a", "read")
    client = make_client(router(), client="203.0.113.9")
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert client.get(path).status_code == 200, path
    for path in ("/metrics", "/v1/limits"):
        assert client.get(path).status_code == 401, path


def test_a_route_without_a_scope_is_found(make_client: MakeClient) -> None:
    assert unscoped_routes(make_client(router()).app) == []
    forgotten = APIRouter(prefix="/v1")

    @forgotten.get("/videos")
    def videos() -> None: ...

    @forgotten.get("/cameras", dependencies=[Depends(public)])
    def cameras() -> None: ...

    outer = APIRouter(dependencies=[Depends(lambda: None)])
    outer.include_router(forgotten, prefix="/deep")
    app = make_client(router(), outer).app
    assert isinstance(app, FastAPI)
    app.router.routes.append(Mount("/static", app=FastAPI()))
    app.router.routes.append(Route("/plain", lambda request: None, methods=["PUT"]))
    assert unscoped_routes(app) == ["GET /deep/v1/videos", "* /static", "PUT /plain"]


def test_a_scope_of_the_router_counts(make_client: MakeClient) -> None:
    inner = APIRouter()

    @inner.get("/videos")
    def videos() -> None: ...

    outer = APIRouter(dependencies=[Depends(require(Scope.READ))])
    outer.include_router(inner)
    assert unscoped_routes(make_client(outer).app) == []


def test_without_keys_the_service_listens_on_loopback_only(keys: FakeKeys) -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        check_bind(host, keys)
    for host in ("0.0.0.0", "::", "reid.example", "192.168.1.2"):
        with pytest.raises(SettingsError, match="reid keys create"):
            check_bind(host, keys)
    keys.add("reid_a", "read")
    check_bind("0.0.0.0", keys)
