"""Which tables a database has, and bringing them up to date."""

from pathlib import Path

import sqlalchemy as sa

from reid_app.errors import SettingsError

NEWEST = "0001"
"""Number of the last file in `migrations`."""

MIGRATIONS = Path(__file__).with_name("migrations")
# Named apart from Alembic's default, so that a PostgreSQL database may be shared with others who use Alembic.
VERSION_TABLE = "catalog_version"


def is_current(connection: sa.Connection, *, may_migrate: bool, shown: str) -> bool:
    """Whether the tables are those of this code; false means that `migrate` will make them so.

    Raises:
        SettingsError: They are newer than this code, are somebody else's, or are older and may not be changed.
    """
    found = _found_revision(connection)
    if found == NEWEST:
        return True
    if found is None and connection.dialect.name == "sqlite" and sa.inspect(connection).get_table_names():
        raise SettingsError(f"{shown} is a database, but not a catalog: check the catalog's address")
    if found is not None and found > NEWEST:
        raise SettingsError(
            f"the catalog {shown} was made by a newer version (its schema is {found}, this version knows up to "
            f"{NEWEST}): update this program"
        )
    if not may_migrate:
        raise SettingsError(
            f"the schema of the catalog {shown} is {found or 'missing'}, this version needs {NEWEST}: "
            "start a command that writes, such as `reid serve`, and it will be brought up to date"
        )
    return False


def migrate(connection: sa.Connection) -> None:
    """Run the missing migrations inside the present transaction, so that a crash leaves the old tables."""
    # A quarter of a second to import, needed once in a catalog's life and after an update.
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(MIGRATIONS, version_locations=[MIGRATIONS])
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    missing = list(scripts.iterate_revisions(NEWEST, context.get_current_revision() or "base"))
    with Operations.context(context):
        for script in reversed(missing):
            script.module.upgrade()
            context.stamp(scripts, script.revision)


def _found_revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()  # noqa: S608
    return None if found is None else str(found)
