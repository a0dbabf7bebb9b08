from datetime import UTC, datetime, timedelta, timezone

import pytest

from reid_app.evaluation.report.times import moment_text, span_text


def test_other_time_zones_are_shown_in_utc() -> None:
    two_hours_east = timezone(timedelta(hours=2))
    assert moment_text(datetime(2026, 3, 1, 1, 30, tzinfo=two_hours_east)) == "2026-02-28 23:30:00 UTC"
    text = span_text(0.0, 5.0, starts_at=datetime(2026, 3, 1, 1, 30, tzinfo=two_hours_east))
    assert text == "2026-02-28 23:30:00 to 23:30:05 UTC"


def test_a_span_over_midnight_names_both_days() -> None:
    text = span_text(10.0, 25.5, starts_at=datetime(2026, 1, 31, 23, 59, 50, tzinfo=UTC))
    assert text == "2026-01-31 23:59:50 to 2026-02-01 00:00:05 UTC"


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 1, 31)
    with pytest.raises(ValueError, match="starts_at must have a time zone, got 2026-01-31T00:00:00"):
        span_text(0.0, 1.0, starts_at=naive)
    with pytest.raises(ValueError, match="must have a time zone"):
        moment_text(naive)
