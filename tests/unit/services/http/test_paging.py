import base64
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from services.http.auth import public
from services.http.paging import Page, PageQuery, encode_cursor
from tests.unit.services.http.conftest import AppClient, MakeClient


class Place(BaseModel):
    number: int
    name: str


@pytest.fixture
def client(make_client: MakeClient) -> AppClient:
    router = APIRouter()

    @router.get("/numbers", dependencies=[Depends(public)])
    def numbers(query: Annotated[PageQuery, Depends()]) -> Page[int]:
        place = query.position(Place)
        start = place.number if place else 0
        end = min(start + query.limit, 450)
        cursor = encode_cursor(Place(number=end, name="ö")) if end < 450 else None
        return Page(items=list(range(start, end)), next_cursor=cursor)

    return make_client(router)


@pytest.mark.parametrize("limit", [None, 1, 149, 150, 200])
def test_following_the_cursors_gives_everything_once(client: AppClient, limit: int | None) -> None:
    found: list[int] = []
    parameters = {"limit": limit} if limit else {}
    page = client.get("/numbers", params=parameters).json()
    assert len(page["items"]) == (limit or 50)
    while True:
        found += page["items"]
        if page["next_cursor"] is None:
            break
        page = client.get("/numbers", params=parameters | {"cursor": page["next_cursor"]}).json()
    assert found == list(range(450))


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many"])
def test_the_limit_has_limits(client: AppClient, limit: str) -> None:
    answer = client.get("/numbers", params={"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/limit"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "%",
        "x",
        "ü",
        "=" * 8,
        "A" * 2000,
        _encoded(b"{}"),
        _encoded(b"null"),
        _encoded(b'{"number": "1", "name": "a"}'),
        _encoded(b'{"number": 1}'),
        _encoded(b"\xff\xfe"),
        _encoded(b"[" * 600),
    ],
)
def test_a_tampered_cursor_is_refused(client: AppClient, cursor: str) -> None:
    answer = client.get("/numbers", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


@given(number=st.integers(-(2**62), 2**62), name=st.text(max_size=50))
def test_a_cursor_brings_its_position_back(number: int, name: str) -> None:
    place = Place(number=number, name=name)
    assert PageQuery(cursor=encode_cursor(place)).position(Place) == place
