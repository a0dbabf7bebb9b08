import json
from collections.abc import Iterator

import pytest
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from reid_app import errors
from services.http.auth import public
from services.http.problems import KINDS, MEDIA_TYPE, invalid_field, problem_of, without_paths
from tests.unit.services.http.conftest import AppClient, MakeClient, ReadLog


class Person(BaseModel):
    name: str
    embedding: list[float] = Field(max_length=2)
    tags: dict[str, int] = {}


def every_leaf(base: type[errors.ReidError]) -> Iterator[type[errors.ReidError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from every_leaf(kind)


@pytest.fixture
def client(make_client: MakeClient) -> AppClient:
    router = APIRouter(dependencies=[Depends(public)])

    @router.get("/raise/{name}")
    def raise_it(name: str) -> None:
        raise getattr(errors, name)("cannot read /srv/data/uploads/x.mp4: bad")

    @router.get("/crash")
    def crash() -> None:
        raise RuntimeError("the password is swordfish, in /srv/data")

    @router.post("/people")
    def add(person: Person, limit: int = 3) -> None:
        if limit == 4:
            raise invalid_field("query", "limit", detail="four is unlucky")

    return make_client(router)


def test_every_error_has_a_problem_of_its_own() -> None:
    leaves = set(every_leaf(errors.ReidError))
    assert len(leaves) > 10
    assert leaves - set(KINDS) == set()
    assert len({kind.slug for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("kind", list(every_leaf(errors.ReidError)))
def test_every_error_is_answered_as_a_problem(client: AppClient, kind: type[errors.ReidError]) -> None:
    answer = client.get(f"/raise/{kind.__name__}")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.status_code == KINDS[kind].status == answer.json()["status"]
    assert answer.json()["type"] == f"urn:reid:problem:{KINDS[kind].slug}"
    assert answer.json()["detail"] == "cannot read x.mp4: bad"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_new_error_counts_as_its_nearest_base() -> None:
    class OddVideoError(errors.VideoError):
        pass

    assert problem_of(OddVideoError("odd")).type == "urn:reid:problem:unreadable-video"


def test_an_unexpected_error_says_nothing_but_to_the_log(client: AppClient, read_log: ReadLog) -> None:
    answer = client.get("/crash")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["type"] == "urn:reid:problem:internal"
    assert "swordfish" not in answer.text
    assert "/srv" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    (logged,) = read_log("unhandled_error")
    assert logged["request_id"] == answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "swordfish" in str(logged["exception"])


def test_an_invalid_request_names_the_fields_but_not_their_values(client: AppClient) -> None:
    body = {"embedding": [0.125, 0.25, 0.375], "tags": {"a/b~c": "many"}}
    answer = client.post("/people?limit=x", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["type"] == "urn:reid:problem:invalid-request"
    found = {(error["in"], error["pointer"]) for error in answer.json()["errors"]}
    assert found == {("query", "/limit"), ("body", "/name"), ("body", "/embedding"), ("body", "/tags/a~1b~0c")}
    assert "0.375" not in answer.text
    assert "many" not in answer.text


def test_a_route_can_name_a_field(client: AppClient) -> None:
    answer = client.post("/people?limit=4", json={"name": "a", "embedding": []})
    assert answer.json()["errors"] == [{"in": "query", "pointer": "/limit", "detail": "four is unlucky"}]


def test_a_body_that_is_no_json_is_a_problem(client: AppClient) -> None:
    answer = client.post("/people", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, MEDIA_TYPE)


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [("GET", "/nowhere", 404, "no-such-address"), ("DELETE", "/people", 405, "method-not-allowed")],
)
def test_addresses_and_methods_that_are_not_there(
    client: AppClient, method: str, path: str, status: int, slug: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert json.loads(answer.text)["type"] == f"urn:reid:problem:{slug}"
    if status == 405:
        assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("no file '/a/b/c.onnx': pull it", "no file 'c.onnx': pull it"),
        ("in ../data/x and ~/models/y", "in x and y"),
        ("data/uploads/0af3 is empty", "0af3 is empty"),
        ("3/5 of video/mp4 and/or GET https://example.org/a/b", "3/5 of video/mp4 and/or GET https://example.org/a/b"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_paths_are_cut_to_their_last_part(message: str, shown: str) -> None:
    assert without_paths(message) == shown
