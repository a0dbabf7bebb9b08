import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reid_app.errors import (
    LockedError,
    ModelInvalidError,
    ModelMissingError,
    ReidError,
    SettingsError,
    StorageFullError,
)
from reid_app.model import pull
from reid_app.model.known import KnownModel
from reid_app.model.pull import pull_model
from reid_app.tracklets.locks import file_lock
from tests.unit.model.people import entry
from tests.unit.model.web import CONTENT, Site, site

PART = ".tiny.onnx.part"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Site]:
    with site() as running:
        yield running


def known(server: Site, page: str) -> KnownModel:
    return entry(CONTENT, url=server.url(page))


def quiet(done: int, total: int) -> None:
    assert 0 < done <= total == len(CONTENT)


def visible(folder: Path) -> set[str]:
    """What a pull leaves: everything but its lock file."""
    return {path.name for path in folder.iterdir()} - {".tiny.onnx.lock"} if folder.exists() else set()


@pytest.mark.parametrize("page", ["ok", "moved", "unsized"])
def test_the_right_file_arrives_with_progress(server: Site, tmp_path: Path, page: str) -> None:
    seen: list[tuple[int, int]] = []
    path = pull_model(known(server, page), destination=tmp_path / "new" / "models", progress=lambda *a: seen.append(a))
    assert path == tmp_path / "new" / "models" / "tiny.onnx"
    assert path.read_bytes() == CONTENT
    assert visible(path.parent) == {"tiny.onnx"}
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert len(seen) > 1
    assert {encoding for _, encoding in server.requests} == {"identity"}


def test_a_right_file_is_not_downloaded_again(server: Site, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    (tmp_path / "tiny.onnx").write_bytes(CONTENT)
    for model in (known(server, "ok"), entry(CONTENT)):
        pull_model(model, destination=tmp_path, progress=lambda *a: seen.append(a))
    assert server.requests == []
    assert seen == [(len(CONTENT), len(CONTENT))] * 2


def test_a_wrong_file_is_replaced_but_only_by_the_right_one(server: Site, tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(b"wrong")
    with pytest.raises(ModelInvalidError):
        pull_model(known(server, "altered"), destination=tmp_path, progress=quiet)
    assert path.read_bytes() == b"wrong"
    pull_model(known(server, "ok"), destination=tmp_path, progress=quiet)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("page", "error", "said"),
    [
        ("altered", ModelInvalidError, "gave a file with sha256 .*nothing was stored"),
        ("short", ModelInvalidError, "gave 1000 bytes, tiny has 256000"),
        ("endless", ModelInvalidError, "gives more than the 256000 bytes"),
        ("cut", ModelMissingError, "failed .*nothing was stored"),
        ("missing", ModelMissingError, "answered 404 Not Found"),
        ("broken", ModelMissingError, "answered 503"),
        ("elsewhere", ModelMissingError, "failed "),
    ],
)
def test_a_bad_download_leaves_nothing(
    server: Site, tmp_path: Path, page: str, error: type[ReidError], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        pull_model(known(server, page), destination=tmp_path, progress=quiet)
    assert server.url(page) in str(caught.value)
    assert visible(tmp_path) == set()
    assert server.sent_bytes < 50_000_000


def test_a_server_that_falls_silent_is_given_up(server: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "_TIMEOUT_S", 0.2)
    with pytest.raises(ModelMissingError, match="ReadTimeout"):
        pull_model(known(server, "silent"), destination=tmp_path, progress=quiet)
    assert visible(tmp_path) == set()


def test_no_server_at_all_is_said(tmp_path: Path) -> None:
    with site() as gone:
        model = known(gone, "ok")
    with pytest.raises(ModelMissingError, match="ConnectError"):
        pull_model(model, destination=tmp_path, progress=quiet)
    assert visible(tmp_path) == set()


def test_a_local_model_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"tiny has no download address: copy tiny\.onnx .*For tests\."):
        pull_model(entry(CONTENT), destination=tmp_path, progress=quiet)
    assert visible(tmp_path) == set()


def test_ctrl_c_leaves_nothing(server: Site, tmp_path: Path) -> None:
    def interrupted(done: int, _: int) -> None:
        assert (tmp_path / PART).exists()
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull_model(known(server, "ok"), destination=tmp_path, progress=interrupted)
    assert visible(tmp_path) == set()
    pull_model(known(server, "ok"), destination=tmp_path, progress=quiet)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["fsync", "open"])
def test_a_full_disk_is_said_and_leaves_nothing(
    server: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, call: str
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full) if call == "fsync" else patched.setattr(Path, "open", full)
        with pytest.raises(StorageFullError, match=r"tiny\.onnx\.part: free some disk space"):
            pull_model(known(server, "ok"), destination=tmp_path, progress=quiet)
    assert visible(tmp_path) == set()


def test_a_write_that_fails_in_the_middle_is_a_full_disk(
    server: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's own full disk: what is opened as the part file is /dev/full."""
    real_open = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *a, **k: real_open(Path("/dev/full") if path.name == PART else path, *a, **k)
    )
    with pytest.raises(StorageFullError, match="free some disk space"):
        pull_model(known(server, "ok"), destination=tmp_path, progress=quiet)
    assert visible(tmp_path) == set()


def test_a_folder_that_cannot_be_written_is_a_setting(server: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match=r"cannot be written .*REID_DATA_DIR"):
        pull_model(known(server, "ok"), destination=tmp_path / "file" / "models", progress=quiet)


def test_two_pulls_of_a_model_do_not_meet(server: Site, tmp_path: Path) -> None:
    lock = file_lock(tmp_path / ".tiny.onnx.lock", what="a test")
    with lock, pytest.raises(LockedError, match=f"the download of tiny is in use by process {os.getpid()}"):
        pull_model(known(server, "ok"), destination=tmp_path, progress=quiet)


def test_what_a_killed_pull_left_goes_with_the_next(server: Site, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from reid_app.model.known import KnownModel; "
        "from reid_app.model.pull import pull_model; "
        "kill = lambda done, total: os.kill(os.getpid(), signal.SIGKILL); "
        "pull_model(KnownModel.model_validate_json(sys.argv[1]), destination=Path(sys.argv[2]), progress=kill)"
    )
    model = known(server, "ok")
    done = subprocess.run([sys.executable, "-c", code, model.model_dump_json(), str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert visible(tmp_path) == {PART}
    pull_model(model, destination=tmp_path, progress=quiet)
    assert visible(tmp_path) == {"tiny.onnx"}
    (tmp_path / PART).write_bytes(b"left")
    pull_model(model, destination=tmp_path, progress=quiet)
    assert visible(tmp_path) == {"tiny.onnx"}
