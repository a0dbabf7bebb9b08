"""A private PostgreSQL server for tests: `from tests.postgres import postgres_cluster, postgres_url` in a conftest."""

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

_USER = "reid"
_START_TIMEOUT_S = 60.0
# An order of texts unlike Python's, as servers have it.
_LOCALE = ("--locale=C", "--locale-provider=icu", "--icu-locale=en-US")
_INITDB_OPTIONS = ("--auth=trust", "--no-sync", "--encoding=UTF8", *_LOCALE)


class PostgresCluster:
    """A server on a Unix socket in a folder of its own; it ends when its starter does, however that happens."""

    def __init__(self, binaries: Path, folder: Path, *, is_durable: bool) -> None:
        self._binaries = binaries
        self._folder = folder
        self._data = folder / "data"
        self._is_durable = is_durable
        self._owner = _owner()
        self._numbers = itertools.count()
        self._server: subprocess.Popen[bytes] | None = None
        if self._owner is not None:
            account = pwd.getpwnam(self._owner)
            os.chown(folder, account.pw_uid, account.pw_gid)
        subprocess.run(
            [binaries / "initdb", "-D", self._data, "-U", _USER, *_INITDB_OPTIONS],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._owner,
            group=self._group(),
            extra_groups=[] if self._owner else None,
            cwd=folder,
        )

    def start(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "max_connections": "60",
            "shared_buffers": "32MB",
            "fsync": "on" if self._is_durable else "off",
            "full_page_writes": "on" if self._is_durable else "off",
            # Not the application's own time zone, so that a time that is read without its zone is found out.
            "timezone": "Asia/Kathmandu",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # The shell waits on a pipe from this process; when that closes, it stops the server.
        script = '"$@" & server=$!; read -r _; kill -QUIT "$server"; wait "$server"'
        with (self._folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                ["/bin/sh", "-c", script, "sh", self._binaries / "postgres", "-D", self._data, *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                user=self._owner,
                group=self._group(),
                extra_groups=[] if self._owner else None,
                cwd=self._folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                psycopg.connect(host=str(self._folder), user=_USER, dbname="postgres").close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._server.poll() is not None:
                    log_text = (self._folder / "server.log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{log_text}") from None
                time.sleep(0.05)

    def stop(self) -> None:
        """At once, like a crash; what was committed is there after the next start."""
        if self._server is not None:
            assert self._server.stdin is not None
            self._server.stdin.close()
            self._server.wait(timeout=30)
            self._server = None

    def new_database(self, *, template: str = "template1") -> str:
        """URL of a new database: empty, or a copy of one that nobody is connected to."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(host=str(self._folder), user=_USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return f"postgresql+psycopg://{_USER}@/{name}?host={self._folder}"

    def _group(self) -> int | None:
        return None if self._owner is None else pwd.getpwnam(self._owner).pw_gid


def _owner() -> str | None:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("PostgreSQL needs an account that is not root: neither postgres nor nobody is there")


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "postgres").exists()), None)


@contextlib.contextmanager
def running_cluster(*, is_durable: bool) -> Iterator[PostgresCluster]:
    binaries = _binaries()
    if binaries is None:
        message = "PostgreSQL's initdb and postgres are not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{message}; CI never skips", pytrace=False)
        pytest.skip(message)
    # Not pytest's temporary folder: another account may not enter it, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="reid-pg-"))
    try:
        cluster = PostgresCluster(binaries, folder, is_durable=is_durable)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """A server for the whole session: fast, not safe against a power cut."""
    with running_cluster(is_durable=False) as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres_cluster: PostgresCluster) -> str:
    """An empty database."""
    return postgres_cluster.new_database()
