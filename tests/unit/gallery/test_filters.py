from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_app.catalog.rows import TrackletRow
from reid_app.gallery.columns import Codes, IndexRow, encode_rows
from reid_app.gallery.filters import GalleryFilter

START = datetime(2026, 1, 31, 8, tzinfo=UTC)
CAMERAS, IDENTITIES = ["cam1", "cam2", "café"], ["p1", "p2"]
moments = st.integers(0, 5).map(lambda s: (START + timedelta(microseconds=s)).astimezone(timezone(timedelta(hours=3))))
tracklets = st.builds(
    lambda n, camera, start, identity: TrackletRow(
        tracklet_id=f"t{n}", run_id="r1", ordinal=n, video_id="v1", camera_id=camera, identity_id=identity,
        start_s=0.0, end_s=1.0, start_at=start, end_at=start, listed_at=start or START, num_observations=1,
        num_crops=1, quality=1.0, path="p", sha256="0", num_bytes=1, created_at=START,
    ),
    st.integers(0, 99),
    st.sampled_from(CAMERAS),
    st.none() | moments,
    st.none() | st.sampled_from(IDENTITIES),
)  # fmt: skip
filters = st.builds(
    GalleryFilter,
    cameras=st.none() | st.frozensets(st.sampled_from([*CAMERAS, "unknown"])),
    exclude_cameras=st.frozensets(st.sampled_from([*CAMERAS, "unknown"])),
    start_from=st.none() | moments,
    start_to=st.none() | moments,
    identities=st.none() | st.frozensets(st.sampled_from([*IDENTITIES, "unknown"])),
)


@given(st.lists(tracklets, max_size=20), filters)
def test_arrays_and_catalog_rows_are_filtered_alike(rows: list[TrackletRow], where: GalleryFilter) -> None:
    cameras, identities = Codes(), Codes()
    columns = encode_rows(
        [
            IndexRow(
                tracklet_id=row.tracklet_id, camera_id=row.camera_id, start_at=row.start_at, identity_id=row.identity_id
            )
            for row in rows
        ],
        cameras=cameras,
        identities=identities,
    )
    mask = where.mask(columns, cameras=cameras, identities=identities)
    assert (np.ones(len(rows), bool) if mask is None else mask).tolist() == [where.passes(row) for row in rows]


def test_excluded_tracklets_do_not_pass() -> None:
    where = GalleryFilter(exclude_tracklets=frozenset({"t1"}))
    row = {"run_id": "r1", "ordinal": 1, "video_id": "v1", "camera_id": "c", "identity_id": None, "start_s": 0.0,
           "end_s": 1.0, "start_at": None, "end_at": None, "listed_at": START, "num_observations": 1, "num_crops": 1,
           "quality": 1.0, "path": "p", "sha256": "0", "num_bytes": 1, "created_at": START}  # fmt: skip
    assert not where.passes(TrackletRow(tracklet_id="t1", **row))
    assert where.passes(TrackletRow(tracklet_id="t2", **row))


def test_the_first_moment_belongs_to_a_span_and_the_last_does_not() -> None:
    cameras, identities = Codes(), Codes()
    rows = [
        IndexRow(
            tracklet_id=f"t{i}", camera_id="c", start_at=START + timedelta(microseconds=i) if i else None,
            identity_id=None,
        )
        for i in range(6)
    ]  # fmt: skip
    columns = encode_rows(rows, cameras=cameras, identities=identities)
    where = GalleryFilter(start_from=START + timedelta(microseconds=2), start_to=START + timedelta(microseconds=4))
    mask = where.mask(columns, cameras=cameras, identities=identities)
    assert mask is not None
    assert np.flatnonzero(mask).tolist() == [2, 3]


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="start_to must be an aware datetime"):
        GalleryFilter(start_to=datetime(2026, 1, 1))
