from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_app.catalog.cursors import decode_cursor, encode_cursor
from reid_app.catalog.ids import canonical_json, run_id, tracklet_id, video_id
from reid_app.errors import InputError

START = datetime(2026, 1, 31, 8, tzinfo=UTC)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def test_ids_stay_what_they_are() -> None:
    """Written down: another id for the same video would ingest every archive anew."""
    video = video_id(sha256="a" * 64, camera_id="cam1", start_at=START)
    assert video == "v3aaa25cd6befc416fdf5"
    assert run_id(video, settings={"b": 0.1, "a": [1, None]}) == "r9b5f8d6fc941bf1f398c"
    assert tracklet_id("r0123456789abcdef0123", 7) == "t0123456789abcdef0123-00007"


def test_a_video_is_its_content_camera_and_start() -> None:
    ids = {
        video_id(sha256=sha256, camera_id=camera_id, start_at=start_at)
        for sha256 in ("a" * 64, "b" * 64)
        for camera_id in ("cam1", "cam2")
        for start_at in (None, START, START + timedelta(microseconds=1))
    }
    assert len(ids) == 12


def test_a_start_in_another_time_zone_is_the_same_video() -> None:
    elsewhere = START.astimezone(timezone(timedelta(hours=5, minutes=45)))
    same = [video_id(sha256="a" * 64, camera_id="cam1", start_at=at) for at in (START, elsewhere)]
    assert same[0] == same[1]


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match=r"start_at .*naive"):
        video_id(sha256="a" * 64, camera_id="cam1", start_at=datetime(2026, 1, 31))


@given(st.dictionaries(st.text(), _json, max_size=4))
def test_the_order_of_settings_is_irrelevant(settings: dict[str, object]) -> None:
    backwards = dict(reversed(settings.items()))
    assert run_id("v1", settings=settings) == run_id("v1", settings=backwards)


@given(_json, _json)
def test_different_settings_are_different_runs(first: object, second: object) -> None:
    # JSON's own text decides what is different: 1, 1.0 and true are.
    is_same = canonical_json(first) == canonical_json(second)
    assert (run_id("v1", settings={"x": first}) == run_id("v1", settings={"x": second})) == is_same


@given(st.datetimes(timezones=st.just(UTC)), st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_cursors_come_back(moment: datetime, key: str) -> None:
    assert decode_cursor(encode_cursor(moment, key)) == (moment, key)


@pytest.mark.parametrize("text", ["", "|", "yesterday|t1", "2026-01-31T08:00:00|t1", "2026-01-31T08:00:00Z|", "t1"])
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="cursor"):
        decode_cursor(text)
