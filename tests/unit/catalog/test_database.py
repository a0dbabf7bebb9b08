import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.database import Database
from reid_app.catalog.tables import CHANGES_COUNTER, counters
from reid_app.errors import DamagedError, LockedError, SettingsError, StorageFullError
from tests.unit.catalog.builders import add_run, add_video, new_tracklets


def test_the_file_and_its_folder_are_made_for_the_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "catalog.sqlite3"
    with Catalog.open(f"sqlite:///{file}") as catalog:
        add_video(catalog)
        for path in file.parent.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.parametrize(
    "text",
    ["sqlite://", "sqlite:///:memory:", "mysql://root:hunter2@host/db", "catalog.sqlite3", "", "sqlite:///a?mode=ro"],
)
def test_an_address_of_no_known_form_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="sqlite:///PATH") as caught:
        Catalog.open(text)
    assert "hunter2" not in str(caught.value)


def test_a_url_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        Catalog.open("postgresql://reid:hunter2@host:port/db")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    with pytest.raises(SettingsError, match=r"reid:\*\*\*@127.0.0.1:1/db") as caught:
        Catalog.open("postgresql://reid:hunter2@127.0.0.1:1/db?sslpassword=hunter3")
    assert "hunter" not in str(caught.value)


def test_a_database_that_is_not_there_is_named(postgres_url: str) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        Catalog.open(sa.make_url(postgres_url).set(database="nowhere").render_as_string(hide_password=False))


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "catalog.sqlite3"
    file.write_bytes(b"this is no database, but it is long enough to be one" * 100)
    content = file.read_bytes()
    with pytest.raises(DamagedError, match=r"catalog\.sqlite3.*damaged"):
        Catalog.open(f"sqlite:///{file}")
    assert file.read_bytes() == content


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "catalog.sqlite3"
    with Catalog.open(f"sqlite:///{file}") as catalog:
        add_run(catalog, add_video(catalog), num=2000)
    content = bytearray(file.read_bytes())
    # The first page holds the list of tables, which opening needs; the others hold rows.
    content[4096:] = b"\x55" * (len(content) - 4096)
    file.write_bytes(bytes(content))
    with pytest.raises(DamagedError, match=r"catalog\.sqlite3"), Catalog.open(f"sqlite:///{file}") as catalog:
        catalog.tracklets.list(limit=10)


def test_a_path_that_cannot_be_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for bad in (tmp_path, tmp_path / "file" / "catalog.sqlite3"):
        with pytest.raises(SettingsError, match=str(bad)):
            Catalog.open(f"sqlite:///{bad}")


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No SQLite database grows beyond 400 kB."""

    def limit(connection: object, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA max_page_count = 100")

    sa.event.listen(sa.engine.Engine, "connect", limit)
    yield
    sa.event.remove(sa.engine.Engine, "connect", limit)


def test_a_full_disk_is_named_and_leaves_what_was_there(tmp_path: Path, small_disk: None) -> None:
    with Catalog.open(f"sqlite:///{tmp_path}/catalog.sqlite3") as catalog:
        run, tracklets = add_run(catalog, add_video(catalog), num=3)
        with pytest.raises(StorageFullError, match=r"catalog\.sqlite3.*free some"):
            catalog.runs.checkpoint(
                run.run_id, tracklets=new_tracklets(run.run_id, 5000), checkpoint={"frame_index": 999}
            )
        assert catalog.tracklets.count() == len(tracklets)
        assert catalog.changes.last_number() == len(tracklets)
        assert catalog.runs.get(run.run_id).checkpoint == {"frame_index": 100}


@contextmanager
def other_writer(url: str) -> Iterator[None]:
    """Somebody else in the middle of a write."""
    database = Database.open(url, migrate=True, busy_timeout_s=5.0)
    with database.write():
        yield
    database.close()


def test_a_writer_gives_up_after_the_busy_timeout_and_can_go_on_later(url: str) -> None:
    with Catalog.open(url, busy_timeout_s=0.2) as catalog:
        with other_writer(url), pytest.raises(LockedError, match="another process"):
            catalog.keys.create("laptop", scopes=["read"])
        catalog.keys.create("laptop", scopes=["read"])


def test_a_reader_goes_on_while_somebody_writes(url: str) -> None:
    with Catalog.open(url, busy_timeout_s=0.2) as catalog, other_writer(url):
        assert catalog.keys.list() == []


def test_a_second_writer_waits_for_the_first(url: str) -> None:
    with Catalog.open(url, busy_timeout_s=30.0) as catalog:
        second = threading.Thread(target=lambda: add_video(catalog))
        with other_writer(url):
            second.start()
            second.join(0.3)
            assert second.is_alive()
        second.join(30.0)
        assert len(catalog.videos.list(limit=10)) == 1


def test_a_read_is_a_snapshot(url: str) -> None:
    database = Database.open(url, migrate=True, busy_timeout_s=5.0)
    query = sa.select(counters.c.value).where(counters.c.name == CHANGES_COUNTER)
    with database.read() as reading:
        before = reading.execute(query).scalar_one()
        with database.write() as writing:
            writing.execute(sa.update(counters).values(value=counters.c.value + 1))
        assert reading.execute(query).scalar_one() == before
    with database.read() as reading:
        assert reading.execute(query).scalar_one() == before + 1
    database.close()


def test_an_error_in_a_write_leaves_nothing(url: str) -> None:
    database = Database.open(url, migrate=True, busy_timeout_s=5.0)

    def fail_half_way() -> None:
        with database.write() as connection:
            connection.execute(sa.update(counters).values(value=7))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with database.read() as connection:
        assert connection.execute(sa.select(counters.c.value)).scalar_one() == 0
    database.close()


def test_nothing_that_is_stored_shows_in_an_error(url: str) -> None:
    """Parameters may hold names and embeddings, and errors go to logs."""
    database = Database.open(url, migrate=True, busy_timeout_s=5.0)
    with pytest.raises(sa.exc.IntegrityError) as caught, database.write() as connection:
        connection.execute(sa.insert(counters), [{"name": "changes", "value": 424242}])
    assert "424242" not in str(caught.value)
    database.close()


def test_a_folder_that_cannot_be_made_is_named() -> None:
    """Not even by root."""
    with pytest.raises(SettingsError, match="/proc/none"):
        Catalog.open("sqlite:////proc/none/catalog.sqlite3")
