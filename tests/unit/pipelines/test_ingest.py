"""One video, many runs: what stays, what is replaced, and what people said goes along."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.errors import InputError, LockedError
from reid_app.pipelines.identities import name_tracklet
from reid_app.pipelines.ingest import IngestReport, ingest_video
from reid_app.pipelines.parts import open_catalog, open_store
from reid_app.settings import Settings, load_settings
from reid_app.tracklets.locks import file_lock

SAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "sample" / "c001.mp4"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("REID_MODELS_DIR", raising=False)
    return load_settings(arguments={"data_dir": tmp_path / "data", "ingest.stride": 5})


@pytest.fixture
def catalog(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings) as opened:
        yield opened


def ingest(path: Path, *, settings: Settings, catalog: Catalog, **more: Any) -> IngestReport:
    return ingest_video(path, camera_id="yard", settings=settings, catalog=catalog, **more)


def with_stride(settings: Settings, stride: int) -> Settings:
    return settings.model_copy(update={"ingest": settings.ingest.model_copy(update={"stride": stride})})


def stored_files(settings: Settings) -> set[str]:
    root = settings.tracklets_dir
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_new_settings_replace_the_old_run_and_names_go_along(settings: Settings, catalog: Catalog) -> None:
    first = ingest(SAMPLE, settings=settings, catalog=catalog)
    old = catalog.tracklets.list(limit=100)
    named = name_tracklet(old[0].tracklet_id, name="Ada", catalog=catalog, store=open_store(settings))
    second = ingest(SAMPLE, settings=with_stride(settings, 4), catalog=catalog)
    new = catalog.tracklets.list(limit=100)
    assert second.run_id != first.run_id
    assert second.video_id == first.video_id
    assert not {row.tracklet_id for row in old} & {row.tracklet_id for row in new}
    assert second.not_carried_over == []
    carrying = [row for row in new if row.identity_id == named.identity_id]
    assert [abs(row.start_s - old[0].start_s) < 1.0 for row in carrying] == [True]
    assert stored_files(settings) == {row.path for row in new}
    third = ingest(SAMPLE, settings=settings, catalog=catalog)
    assert not third.was_complete
    assert [row.tracklet_id for row in catalog.tracklets.list(limit=100)] == [row.tracklet_id for row in old]
    assert stored_files(settings) == {row.path for row in old}


def test_the_same_again_does_nothing_and_sweeps_what_has_no_row(settings: Settings, catalog: Catalog) -> None:
    first = ingest(SAMPLE, settings=settings, catalog=catalog)
    before, last = stored_files(settings), catalog.changes.last_number()
    leftover = settings.tracklets_dir / first.video_id / "r-of-a-killed-run"
    leftover.mkdir()
    (leftover / "orphan.zip").write_bytes(b"x")
    again = ingest(SAMPLE, settings=settings, catalog=catalog)
    assert again.was_complete
    assert catalog.changes.last_number() == last
    assert stored_files(settings) == before


def test_tracks_made_elsewhere_need_no_detector(settings: Settings, catalog: Catalog, tmp_path: Path) -> None:
    tracks = tmp_path / "tracks.txt"
    tracks.write_text("\n".join(f"{frame},7,{100 + frame},120,60,170,1" for frame in range(1, 91)))
    report = ingest(SAMPLE, settings=settings, catalog=catalog, tracks_path=tracks)
    (row,) = catalog.tracklets.list(limit=10)
    assert (report.num_tracklets, row.num_observations) == (1, 18)
    assert row.end_s == pytest.approx(85 / 15)
    tracks.write_text("1,7,oops,120,60,170,1")
    with pytest.raises(InputError, match=r"tracks\.txt.*oops"):
        ingest(SAMPLE, settings=settings, catalog=catalog, tracks_path=tracks)


def test_one_video_at_a_time(settings: Settings, catalog: Catalog) -> None:
    report = ingest(SAMPLE, settings=settings, catalog=catalog)
    lock = settings.locks_dir / f"video-{report.video_id}.lock"
    with file_lock(lock, what="the video"), pytest.raises(LockedError, match=r"c001\.mp4 is in use"):
        ingest(SAMPLE, settings=settings, catalog=catalog)


@pytest.mark.parametrize(("name", "container"), [("one.mp4", "mp4"), ("one.ts", "mpegts")])
def test_a_video_of_one_frame_is_a_video(
    settings: Settings, catalog: Catalog, tmp_path: Path, name: str, container: str
) -> None:
    with av.open(str(tmp_path / name), "w", format=container) as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 96, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((96, 64, 3), np.uint8), format="rgb24")
        file.mux([*stream.encode(frame), *stream.encode(None)])
    report = ingest(tmp_path / name, settings=settings, catalog=catalog)
    assert (report.num_frames, report.num_tracklets, report.problems) == (1, 0, [])
