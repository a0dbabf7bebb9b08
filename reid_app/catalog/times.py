"""Times of the catalog: aware at the API, UTC in the tables."""

from datetime import UTC, datetime

import sqlalchemy as sa


def utc_now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def require_utc(name: str, moment: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        ValueError: The datetime is naive, so nobody can say which moment it is.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{name} must be an aware datetime, got the naive {moment.isoformat()}: give it a time zone")
    return moment.astimezone(UTC)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment. SQLite keeps it as UTC text of fixed width, so that comparing texts compares moments."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To the database: UTC; without its zone for SQLite, which has none."""
        if value is None:
            return None
        moment = require_utc("a time in the catalog", value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """From the database: aware, UTC, whatever time zone the session has."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)
