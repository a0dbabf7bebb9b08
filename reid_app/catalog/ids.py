"""Ids that follow from what they name, so that doing the same again finds what is there."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reid_app.catalog.times import require_utc

# 80 bits: two of a million million videos would meet with a chance below one in two.
_NUM_DIGITS = 20


def canonical_json(value: Any) -> str:
    """The same text for equal JSON values.

    Raises:
        ValueError: A number is NaN or infinite.
        TypeError: A value is not JSON.

    Examples:
        >>> canonical_json({"b": 1.5, "a": [None, True]})
        '{"a":[null,true],"b":1.5}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _derived(prefix: str, parts: list[Any]) -> str:
    return prefix + hashlib.sha256(canonical_json(parts).encode("ascii")).hexdigest()[:_NUM_DIGITS]


def video_id(*, sha256: str, camera_id: str, start_at: datetime | None) -> str:
    """Id of a video: content, camera, start. The same moment in another time zone is the same video."""
    start = None if start_at is None else require_utc("start_at", start_at).isoformat(timespec="microseconds")
    return _derived("v", [sha256, camera_id, start])


def run_id(video: str, *, settings: Mapping[str, Any]) -> str:
    """Id of a run: a video id and everything that shapes its tracklets, as JSON values."""
    return _derived("r", [video, dict(settings)])


def tracklet_id(run: str, ordinal: int) -> str:
    """Id of a tracklet: its run and its position there.

    Examples:
        >>> tracklet_id("r0123456789abcdef0123", 12)
        't0123456789abcdef0123-00012'
    """
    return f"t{run[1:]}-{ordinal:05d}"


def random_id(prefix: str) -> str:
    """An id that follows from nothing."""
    return prefix + secrets.token_hex(_NUM_DIGITS // 2)
