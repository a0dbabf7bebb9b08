import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, Depends, Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from reid_app.errors import ConflictError
from services.http.auth import public
from services.http.uploads import UploadedForm, received_form, sweep_uploads
from tests.unit.services.http.conftest import AppClient, MakeClient, SmallLimits

BOUNDARY = "limit-of-parts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "uploads"


@pytest.fixture
def make_uploader(make_client: MakeClient, folder: Path) -> Callable[[SmallLimits], AppClient]:
    def make(limits: SmallLimits) -> AppClient:
        router = APIRouter(dependencies=[Depends(public)])

        @router.post("/videos")
        async def upload(request: Request, keep: bool = True, fail: bool = False) -> dict[str, object]:
            async with received_form(request, folder=folder, config=limits) as form:
                if fail:
                    raise ConflictError("not today")
                return {
                    "fields": form.fields,
                    "files": [
                        [file.field, file.name, file.sha256, file.num_bytes, file.keep().name if keep else None]
                        for file in form.files
                    ],
                }

        return make_client(router)

    return make


@pytest.fixture
def client(make_uploader: Callable[[SmallLimits], AppClient]) -> AppClient:
    return make_uploader(SmallLimits())


def send(client: AppClient, *files: tuple[str, bytes], query: str = "") -> httpx.Response:
    return client.post(f"/videos{query}", files=[("file", file) for file in files], data={"camera": "cam1"})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_files_and_fields_arrive_whole(client: AppClient, folder: Path) -> None:
    contents = [os.urandom(1_300_000), b"", b"\r\n--" * 1000]
    files = [("file", (f"{number}.mp4", content)) for number, content in enumerate(contents)]
    answer = client.post("/videos", files=files, data={"camera": "Tür 1", "empty": ""})
    assert answer.status_code == 200
    assert answer.json()["fields"] == {"camera": "Tür 1", "empty": ""}
    for number, content in enumerate(contents):
        field, name, sha256, num_bytes, stored = answer.json()["files"][number]
        assert (field, name, num_bytes) == ("file", f"{number}.mp4", len(content))
        assert sha256 == hashlib.sha256(content).hexdigest()
        assert (folder / stored).read_bytes() == content
    assert len(names(folder)) == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), cuts=st.lists(st.integers(0, 600), max_size=8))
def test_a_form_may_arrive_in_any_pieces(folder: Path, content: bytes, cuts: list[int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    form = UploadedForm(BOUNDARY.encode(), folder=folder, config=SmallLimits())
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    for start, end in pairwise(edges):
        form.feed(body[start:end])
    form.finish()
    assert form.files[0].keep().read_bytes() == content


def test_what_is_not_kept_is_removed(client: AppClient, folder: Path) -> None:
    assert send(client, ("a", b"abc"), query="?keep=false").status_code == 200
    assert send(client, ("a", b"abc"), query="?fail=true").status_code == 409
    assert names(folder) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\Windows\\passwd", "passwd", "pass\twd"])
def test_the_client_does_not_choose_where_a_file_lies(client: AppClient, folder: Path, name: str) -> None:
    ((_, label, _, _, stored),) = send(client, (name, b"abc")).json()["files"]
    assert names(folder) == [stored]
    assert label in ("passwd", "pass%09wd")


def test_a_file_over_the_limit_leaves_nothing(client: AppClient, folder: Path) -> None:
    answer = send(client, ("a", b"a" * 3_000_001))
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:reid:problem:limit-exceeded"
    assert names(folder) == []


def test_an_upload_of_unannounced_length_is_stopped_at_the_limit(client: AppClient, folder: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
        for _ in range(1000):
            sent += 100_000
            yield b"x" * 100_000

    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    assert client.post("/videos", content=endless(), headers=headers).status_code == 413
    assert sent <= 3_200_000
    assert names(folder) == []


def test_too_many_files_fields_or_too_long_a_field(client: AppClient, folder: Path) -> None:
    assert send(client, *[("a", b"abc")] * 4).status_code == 413
    assert client.post("/videos", files={"a": b""}, data={f"f{n}": "" for n in range(65)}).status_code == 413
    assert client.post("/videos", files={"a": b""}, data={"f": "x" * 70_000}).status_code == 413
    assert names(folder) == []


def test_a_disk_that_would_be_full_is_507(make_uploader: Callable[[SmallLimits], AppClient], folder: Path) -> None:
    answer = send(make_uploader(replace(SmallLimits(), min_free_bytes=1 << 60)), ("a", b"abc"))
    assert answer.status_code == 507
    assert answer.json()["type"] == "urn:reid:problem:storage-full"
    assert names(folder) == []


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "multipart/form-data; boundary="])
def test_anything_but_a_form_is_415(client: AppClient, content_type: str) -> None:
    answer = client.post("/videos", content=b"abc", headers={"content-type": content_type})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        b"--limit-of-parts\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nhalf",
        b"--limit-of-parts\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nhalf\r\n--limit-of-parts\r\n",
        b"--limit-of-parts\r\n" + b"x" * 100_000,
    ],
)
def test_a_malformed_form_is_refused(client: AppClient, folder: Path, body: bytes) -> None:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = client.post("/videos", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:reid:problem:invalid-input"
    assert names(folder) == []


def test_a_client_that_hangs_up_leaves_nothing(client: AppClient, folder: Path) -> None:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
    messages: Iterator[Message] = iter(
        [
            {"type": "http.request", "body": head + b"x" * 500_000, "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    seen: list[list[str]] = []
    sent: list[object] = []

    async def receive() -> Message:
        seen.append(names(folder))
        return next(messages)

    async def send_nothing(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/videos",
        "query_string": b"",
        "headers": [(b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode()), (b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
    }
    asyncio.run(client.app(scope, receive, send_nothing))
    assert len(seen[-1]) == 1  # it had begun
    assert names(folder) == []
    assert sent == []


def test_sweeping_removes_what_killed_processes_left(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in ("old.part", "young.part", "kept"):
        (folder / name).write_bytes(b"abc")
    an_hour_ago = time.time() - 3601
    os.utime(folder / "old.part", (an_hour_ago, an_hour_ago))
    os.utime(folder / "kept", (an_hour_ago, an_hour_ago))
    assert sweep_uploads(folder) == 1
    assert names(folder) == ["kept", "young.part"]
    assert sweep_uploads(folder, kept_for_s=3600) == 1
    assert names(folder) == ["young.part"]
    assert sweep_uploads(folder / "nowhere") == 0
