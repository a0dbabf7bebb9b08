from datetime import timedelta

import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import TrackletRow
from reid_app.errors import InputError, NotFoundError
from tests.unit.catalog.builders import START, add_run, add_video


def pages(catalog: Catalog, *, limit: int, camera_id: str | None = None) -> list[TrackletRow]:
    seen = page = catalog.tracklets.list(limit=limit, camera_id=camera_id)
    while page:
        assert len(page) <= limit
        page = catalog.tracklets.list(limit=limit, camera_id=camera_id, after_cursor=page[-1].cursor)
        seen = seen + page
    return seen


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    """Two cameras at the same time, so that starts tie, and a video without a date."""
    for camera_id in ("cam1", "cam2"):
        add_run(catalog, add_video(catalog, camera_id=camera_id), num=5)
    add_run(catalog, add_video(catalog, camera_id="cam3", start_at=None), num=3)
    return catalog


def test_pages_follow_each_other_in_the_order_of_start_and_id(filled: Catalog) -> None:
    whole = filled.tracklets.list(limit=100)
    assert len(whole) == filled.tracklets.count() == 13
    for limit in (1, 2, 3, 13):
        assert pages(filled, limit=limit) == whole
    keys = [(row.start_at is not None, row.start_at or row.start_s, row.tracklet_id) for row in whole]
    assert keys == sorted(keys)
    assert [row.camera_id for row in pages(filled, limit=2, camera_id="cam2")] == ["cam2"] * 5


def test_a_page_starts_right_where_its_row_is_gone(catalog: Catalog) -> None:
    video = add_video(catalog)
    add_run(catalog, video, num=3)
    cursor = catalog.tracklets.list(limit=2)[-1].cursor
    new, tracklets = add_run(catalog, video, num=3, settings={"stride": 1})
    catalog.runs.finish(new.run_id, report={}, observations=lambda path: pytest.fail(path))
    rest = {row.tracklet_id for row in catalog.tracklets.list(limit=10, after_cursor=cursor)}
    assert tracklets[2].tracklet_id in rest
    assert tracklets[0].tracklet_id not in rest


def test_filters_narrow_the_list(filled: Catalog) -> None:
    at = START + timedelta(seconds=2)
    later = filled.tracklets.list(limit=100, start_from=at)
    earlier = filled.tracklets.list(limit=100, start_to=at)
    assert sorted(row.ordinal for row in later) == [2, 2, 3, 3, 4, 4]
    assert sorted(row.ordinal for row in earlier) == [0, 0, 1, 1]
    both = filled.tracklets.list(limit=100, start_from=at, start_to=at + timedelta(microseconds=1), camera_id="cam1")
    assert [(row.camera_id, row.ordinal) for row in both] == [("cam1", 2)]
    of_video = filled.tracklets.list(limit=100, video_id=both[0].video_id)
    assert {row.camera_id for row in of_video} == {"cam1"}
    assert len(of_video) == 5
    assert filled.tracklets.list(limit=100, identity_id="i404") == []


def test_an_unknown_tracklet_is_named_or_left_out(filled: Catalog) -> None:
    with pytest.raises(NotFoundError, match="t404"):
        filled.tracklets.get("t404")
    known = filled.tracklets.list(limit=1)[0]
    assert filled.tracklets.get_many(["t404", known.tracklet_id]) == {known.tracklet_id: known}
    assert filled.tracklets.get_many([]) == {}


@pytest.mark.parametrize("text", ["a\x00b", "\udc80", "'; DROP TABLE tracklets; --", "x" * 100_000])
def test_an_id_of_any_text_is_only_unknown(filled: Catalog, text: str) -> None:
    """Ids come from URLs."""
    with pytest.raises((NotFoundError, InputError)):
        filled.tracklets.get(text)
    assert filled.tracklets.count() == 13


def test_more_ids_than_fit_a_statement(catalog: Catalog) -> None:
    _, tracklets = add_run(catalog, add_video(catalog), num=4500)
    ids = [tracklet.tracklet_id for tracklet in tracklets]
    assert list(catalog.tracklets.get_many(ids)) == ids


def test_a_made_up_cursor_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="cursor"):
        catalog.tracklets.list(limit=1, after_cursor="1")
