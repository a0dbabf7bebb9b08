"""Places in ordered lists, as text: a time and an id, so that a page starts right even where its row is gone."""

from datetime import UTC, datetime

from reid_app.errors import InputError


def encode_cursor(moment: datetime, key: str) -> str:
    """Text of a place.

    Examples:
        >>> encode_cursor(datetime(2026, 1, 31, 8, tzinfo=UTC), "abc")
        '2026-01-31T08:00:00.000000Z|abc'
    """
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z|{key}"


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    """Time and id of a place.

    Raises:
        InputError: The text is not a place.
    """
    moment, separator, key = cursor.partition("|")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not separator or not key:
        raise InputError(f"the cursor {cursor!r} is not one that a list returned: start again without a cursor")
    return at.astimezone(UTC), key
