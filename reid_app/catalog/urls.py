"""The catalog's address: a file for SQLite or a server for PostgreSQL."""

from pathlib import Path

import sqlalchemy as sa

from reid_app.errors import SettingsError

_FORMS = "write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE"
_SECRET_PARAMETERS = frozenset({"password", "sslpassword", "passfile"})


def parse_url(text: str) -> sa.URL:
    """The address that a text names.

    Raises:
        SettingsError: It is neither of the two forms. The message does not repeat it, for it may hold a password.
    """
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        # The cause would show the text too.
        raise SettingsError(f"the catalog's URL cannot be read: {_FORMS}") from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite":
        raise SettingsError(f"the catalog's URL begins with {url.drivername!r}, which is not known here: {_FORMS}")
    if not url.database or url.database == ":memory:" or url.query or url.host:
        raise SettingsError(f"the catalog's URL {shown_url(url)!r} does not name a file: {_FORMS}")
    return url


def shown_url(url: sa.URL) -> str:
    """The address for people: without its password."""
    secrets = {name: "***" for name in url.query if name in _SECRET_PARAMETERS}
    return url.update_query_dict(secrets).render_as_string(hide_password=True)


def sqlite_path(url: sa.URL) -> Path | None:
    """The file of an SQLite address, nothing for a server."""
    return Path(str(url.database)) if url.drivername == "sqlite" else None
