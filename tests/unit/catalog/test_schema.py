import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.schema import MIGRATIONS, NEWEST, VERSION_TABLE
from reid_app.catalog.tables import metadata
from reid_app.errors import SettingsError


def test_migrations_make_the_tables_that_the_code_knows(empty_url: str) -> None:
    Catalog.open(empty_url).close()
    engine = sa.create_engine(empty_url)
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    assert differences == []


def test_migrations_write_the_same_sql_as_the_tables(tmp_path: Path) -> None:
    """Sees what Alembic's comparison does not: checks, what deletions do, names of constraints."""

    def statements(file: Path) -> set[str]:
        connection = sqlite3.connect(file)
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        connection.close()
        parts: set[str] = set()
        for (text,) in rows:
            # The order of constraints inside a table is free.
            head, _, body = re.sub(r"\s+", " ", text).partition("(")
            parts |= {f"{head}{part.strip()}" for part in re.split(r", (?=[a-z_]+ [A-Z]|CONSTRAINT)", body[:-1])}
        return {part for part in parts if VERSION_TABLE not in part}

    migrated, made = tmp_path / "migrated.sqlite3", tmp_path / "made.sqlite3"
    Catalog.open(f"sqlite:///{migrated}").close()
    engine = sa.create_engine(f"sqlite:///{made}")
    metadata.create_all(engine)
    engine.dispose()
    assert statements(migrated) == statements(made)


def test_the_code_knows_the_last_migration() -> None:
    assert ScriptDirectory(MIGRATIONS, version_locations=[MIGRATIONS]).get_current_head() == NEWEST


def test_a_catalog_opens_again_with_what_it_had(empty_url: str) -> None:
    with Catalog.open(empty_url) as catalog:
        catalog.keys.create("laptop", scopes=["read"])
    with Catalog.open(empty_url, migrate=False) as catalog:
        assert [key.name for key in catalog.keys.list()] == ["laptop"]


def test_without_leave_to_migrate_no_tables_are_made(empty_url: str) -> None:
    with pytest.raises(SettingsError, match=r"schema .* is missing|there is no catalog"):
        Catalog.open(empty_url, migrate=False)
    if empty_url.startswith("sqlite"):
        assert not Path(empty_url.removeprefix("sqlite:///")).exists()


def test_a_newer_schema_is_refused_and_left_alone(empty_url: str) -> None:
    Catalog.open(empty_url).close()
    engine = sa.create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(SettingsError, match=f"newer version.*9999.*{NEWEST}.*update"):
        Catalog.open(empty_url)
    with engine.connect() as connection:
        assert connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one() == "9999"
    engine.dispose()


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "jobs.sqlite3"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE jobs (id INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(SettingsError, match="not a catalog"):
        Catalog.open(f"sqlite:///{file}")
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("jobs",)]
    connection.close()


def test_what_a_kill_left_before_the_tables_is_completed(tmp_path: Path) -> None:
    file = tmp_path / "catalog.sqlite3"
    file.touch()
    with Catalog.open(f"sqlite:///{file}") as catalog:
        assert catalog.changes.last_number() == 0


def test_many_processes_may_open_a_new_catalog_at_once(empty_url: str) -> None:
    script = (
        "import sys; from reid_app.catalog.catalog import Catalog; print(Catalog.open(sys.argv[1]).tracklets.count())"
    )
    command = [sys.executable, "-c", script, empty_url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    results = [(*process.communicate(timeout=120), process.returncode) for process in processes]
    assert [(out.strip(), code) for out, _, code in results] == [(b"0", 0)] * 4, results


def test_a_copy_in_another_journal_mode_opens(tmp_path: Path) -> None:
    """Backups made with VACUUM INTO are not in WAL mode."""
    file, copy = tmp_path / "catalog.sqlite3", tmp_path / "copy.sqlite3"
    Catalog.open(f"sqlite:///{file}").close()
    shutil.copy(file, copy)
    connection = sqlite3.connect(copy)
    assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    connection.close()
    Catalog.open(f"sqlite:///{copy}").close()
    connection = sqlite3.connect(copy)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
