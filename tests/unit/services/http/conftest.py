import asyncio
import io
import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI

from services.http.app import Check, create_app
from services.http.jobs import JobClient
from services.http.limits import Limits
from services.http.logs import configure_logging
from tests.postgres import PostgresCluster
from tests.postgres import postgres_cluster as postgres_cluster

LOCAL = "http://127.0.0.1:8700"


@dataclass(frozen=True)
class SmallLimits:
    """Limits that tests can reach."""

    max_body_bytes: int = 2_000
    max_upload_bytes: int = 3_000_000
    max_upload_files: int = 3
    min_free_bytes: int = 0


@dataclass(frozen=True)
class StoredKey:
    key_id: str
    scopes: Collection[str]


@dataclass
class FakeKeys:
    """Keys by secret."""

    rows: dict[str, StoredKey] = field(default_factory=dict)

    def add(self, secret: str, *scopes: str) -> None:
        self.rows[secret] = StoredKey(key_id=f"id-{secret}", scopes=scopes)

    def verify(self, secret: str) -> StoredKey | None:
        return self.rows.get(secret)

    def any(self) -> bool:
        return bool(self.rows)


class AppClient:
    """Asks an app without a network. (Starlette's own test client asks for a package that we do not need.)"""

    def __init__(self, app: FastAPI, *, address: str = "127.0.0.1") -> None:
        self.app = app
        self._address = address

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(self._address, 50000))
            async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
                return await client.request(method, url, **options)

        return asyncio.run(send())

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)


MakeClient = Callable[..., AppClient]


@pytest.fixture
def keys() -> FakeKeys:
    return FakeKeys()


@pytest.fixture
def make_client(keys: FakeKeys) -> MakeClient:
    """A client on this machine, of an app with the given routes."""

    def make(*routers: APIRouter, checks: Mapping[str, Check] | None = None, client: str = "127.0.0.1") -> AppClient:
        app = create_app(
            title="test",
            version="1",
            description="For tests.",
            routers=routers,
            keys=keys,
            limits=Limits.of(SmallLimits()),
            checks=checks or {},
        )
        return AppClient(app, address=client)

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def jobs_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty job store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/jobs.sqlite3"
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    return cluster.new_database()


@pytest.fixture
def jobs(jobs_url: str) -> Iterator[JobClient]:
    client = JobClient(jobs_url)
    yield client
    client.close()


ReadLog = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def read_log() -> Iterator[ReadLog]:
    """What was logged of one event, as the entry points set logging up."""
    loggers = [logging.getLogger(name) for name in (None, "uvicorn", "dbos", "httpx")]
    before = [(logger.handlers, logger.level, logger.propagate) for logger in loggers]
    configure_logging()
    written = io.StringIO()
    handler = loggers[0].handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)

    def read(event: str) -> list[dict[str, Any]]:
        lines = map(json.loads, written.getvalue().splitlines())
        return [line for line in lines if line["event"] == event]

    yield read
    structlog.reset_defaults()
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
