from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.times import UtcDateTime
from tests.unit.catalog.builders import START, add_run, add_video


def test_times_come_back_as_the_same_moment_in_utc(catalog: Catalog) -> None:
    at = datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    video = catalog.videos.get(add_video(catalog, start_at=at).video_id)
    assert video.start_at == at
    assert video.start_at.tzinfo is UTC
    assert video.created_at.tzinfo is UTC


def test_times_in_the_database_compare_as_moments(
    catalog: Catalog, sql: Callable[[str], list[tuple[object, ...]]]
) -> None:
    """Also around 0 microseconds, where a text of free width would not."""
    moments = [START + timedelta(microseconds=micro) for micro in (-1, 0, 1, 1_000_000)]
    for moment in reversed(moments):
        add_video(catalog, start_at=moment)
    ordered = [row[0] for row in sql("SELECT video_id FROM videos ORDER BY start_at")]
    assert [catalog.videos.get(str(video_id)).start_at for video_id in ordered] == moments


def test_the_column_itself_converts_and_refuses(tmp_path: Path) -> None:
    """Whoever writes to a table without going through the API's checks."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/times.sqlite3")
    table = sa.Table("moments", sa.MetaData(), sa.Column("at", UtcDateTime))
    table.create(engine)
    elsewhere = START.astimezone(timezone(timedelta(hours=-7)))
    with engine.begin() as connection:
        connection.execute(sa.insert(table), [{"at": elsewhere}, {"at": None}])
        assert connection.scalars(sa.select(table.c.at)).all() == [START, None]
        assert connection.exec_driver_sql("SELECT at FROM moments").scalars().all() == [
            "2026-01-31 08:00:00.000000",
            None,
        ]
        with pytest.raises(sa.exc.StatementError, match="naive"):
            connection.execute(sa.insert(table), [{"at": START.replace(tzinfo=None)}])
    engine.dispose()


def test_naive_times_are_refused(catalog: Catalog) -> None:
    naive = datetime(2026, 1, 31)
    with pytest.raises(ValueError, match="naive"):
        add_video(catalog, start_at=naive)
    with pytest.raises(ValueError, match=r"start_from.*naive"):
        catalog.tracklets.list(limit=1, start_from=naive)
    with pytest.raises(ValueError, match=r"expires_at.*naive"):
        catalog.probes.add("p1", tracklets=[], expires_at=naive)
    assert catalog.videos.list(limit=1) == []


def test_a_tracklets_time_is_that_of_its_video_without_the_offset_of_the_file(catalog: Catalog) -> None:
    """The first frame is at 0.5 s of the file and at 08:00:00; tracklet 3 starts at 3.5 s and ends at 5.5 s."""
    _, tracklets = add_run(catalog, add_video(catalog), num=4)
    row = catalog.tracklets.get(tracklets[3].tracklet_id)
    assert row.start_at == START + timedelta(seconds=3)
    assert row.end_at == START + timedelta(seconds=5)
    assert (row.start_s, row.end_s) == (3.5, 5.5)


def test_without_a_recording_start_a_tracklet_has_no_date(catalog: Catalog) -> None:
    _, tracklets = add_run(catalog, add_video(catalog, start_at=None), num=1)
    row = catalog.tracklets.get(tracklets[0].tracklet_id)
    assert row.start_at is None
    assert row.end_at is None
