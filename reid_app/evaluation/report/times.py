"""How times are written for people."""

from datetime import UTC, datetime, timedelta


def video_time(seconds: float) -> str:
    """A time into a video, to a tenth of a second.

    Examples:
        >>> video_time(72.34), video_time(59.96), video_time(3725.0), video_time(-0.5)
        ('1:12.3', '1:00.0', '1:02:05.0', '-0:00.5')
    """
    tenths = round(abs(seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    ahead = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{'-' if seconds < 0 and tenths else ''}{ahead}:{rest // 10:02d}.{rest % 10}"


def span_text(start_s: float, end_s: float, *, starts_at: datetime | None) -> str:
    """From when to when: in UTC where that is known, otherwise as times into the video.

    Args:
        start_s: Presentation time in seconds.
        end_s: Presentation time in seconds, not before `start_s`.
        starts_at: When `start_s` was, with a time zone.

    Raises:
        ValueError: `starts_at` has no time zone.

    Examples:
        >>> span_text(2.0, 9.5, starts_at=None)
        '0:02.0 to 0:09.5 into the video'
        >>> span_text(2.0, 9.5, starts_at=datetime(2026, 1, 31, 8, 0, 2, tzinfo=UTC))
        '2026-01-31 08:00:02 to 08:00:09 UTC'
    """
    if starts_at is None:
        return f"{video_time(start_s)} to {video_time(end_s)} into the video"
    if starts_at.tzinfo is None:
        raise ValueError(f"starts_at must have a time zone, got {starts_at.isoformat()}")
    first = starts_at.astimezone(UTC)
    last = first + timedelta(seconds=end_s - start_s)
    same_day = first.date() == last.date()
    return f"{first:%Y-%m-%d %H:%M:%S} to {last.strftime('%H:%M:%S' if same_day else '%Y-%m-%d %H:%M:%S')} UTC"


def moment_text(moment: datetime) -> str:
    """A moment in UTC, to the second.

    Raises:
        ValueError: It has no time zone.

    Examples:
        >>> moment_text(datetime(2026, 1, 31, 8, 0, 2, 900_000, tzinfo=UTC))
        '2026-01-31 08:00:02 UTC'
    """
    if moment.tzinfo is None:
        raise ValueError(f"a moment must have a time zone, got {moment.isoformat()}")
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
