"""What the workers do with a job: again after a crash, and with files that are not what they should be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.errors import InputError
from reid_app.pipelines.parts import open_catalog, open_encoder, open_store
from reid_app.settings import Settings, load_settings
from reid_app.tracklets.store import encode_jpeg
from reid_app.tracklets.watch import Unwatched
from reid_app.video.reader import open_video
from services.ingest.work import IngestOrder, ingest
from services.query.work import ProbeOrder, make_probe

SAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "sample" / "c001.mp4"
JOB = "0d9f3c1e-0000-4000-8000-000000000000"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("REID_MODELS_DIR", raising=False)
    return load_settings(arguments={"data_dir": tmp_path / "data", "ingest.stride": 3})


@pytest.fixture
def catalog(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings) as opened:
        yield opened


def probe(order: ProbeOrder, *, settings: Settings, catalog: Catalog) -> dict[str, Any]:
    return make_probe(
        order.model_dump(mode="json"),
        job_id=JOB,
        settings=settings,
        catalog=catalog,
        store=open_store(settings),
        encoder=open_encoder(settings),
        watch=Unwatched(),
    )


def picture(path: Path, *, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (128, 64, 3), np.uint8)
    path.write_bytes(encode_jpeg(pixels, quality=90))
    return path


def test_crops_are_one_person(tmp_path: Path, settings: Settings, catalog: Catalog) -> None:
    paths = tuple(picture(tmp_path / f"{n}", seed=n) for n in range(3))
    order = ProbeOrder(kind="crops", paths=paths, names=("a", "b", "c"))
    result = probe(order, settings=settings, catalog=catalog)
    (row,) = catalog.probes.list(result["probe_id"])
    assert (row.num_crops, [row.tracklet_id]) == (3, result["tracklet_ids"])
    assert not any(path.exists() for path in paths)
    assert catalog.tracklets.count() == 0
    again = probe(order, settings=settings, catalog=catalog)
    assert again["tracklet_ids"] == result["tracklet_ids"], "a job that runs again after a crash finds its probe"


def test_everybody_in_a_video_is_a_probe(tmp_path: Path, settings: Settings, catalog: Catalog) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(SAMPLE.read_bytes())
    result = probe(ProbeOrder(kind="video", paths=(upload,), names=("walk.mp4",)), settings=settings, catalog=catalog)
    assert len(result["tracklet_ids"]) >= 5
    assert len(set(result["tracklet_ids"])) == len(result["tracklet_ids"])
    assert not upload.exists()


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("crops", b"no picture", "song.mp3 is not a readable picture"),
        ("picture", b"no picture", "song.mp3 is not a readable picture"),
        ("video", b"no video", r"song\.mp3"),
    ],
)
def test_a_file_that_is_something_else_is_named_and_removed(
    tmp_path: Path, settings: Settings, catalog: Catalog, kind: Any, content: bytes, message: str
) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(content)
    with pytest.raises(InputError, match=message):
        probe(ProbeOrder(kind=kind, paths=(upload,), names=("song.mp3",)), settings=settings, catalog=catalog)
    assert not upload.exists()


def test_a_scene_needs_a_detector_for_single_pictures(tmp_path: Path, settings: Settings, catalog: Catalog) -> None:
    order = ProbeOrder(kind="picture", paths=(picture(tmp_path / "scene"),), names=("scene.jpg",))
    with pytest.raises(InputError, match="reid models pull yolox_nano"):
        probe(order, settings=settings, catalog=catalog)


def test_everybody_in_a_picture_is_a_probe(
    tmp_path: Path, settings: Settings, catalog: Catalog, models_dir: Path, test_data_dir: Path
) -> None:
    video = test_data_dir / "videos" / "one-by-one-person-detection.mp4"
    with open_video(video, config=settings.video, stride=300, first_frame=300) as stream:
        scene = tmp_path / "scene"
        scene.write_bytes(encode_jpeg(next(stream).image, quality=92))
    result = probe(
        ProbeOrder(kind="picture", paths=(scene,), names=("scene.jpg",)),
        settings=settings.model_copy(update={"models_dir": models_dir}),
        catalog=catalog,
    )
    assert len(result["tracklet_ids"]) == 1
    (row,) = catalog.probes.list(result["probe_id"])
    crop = open_store(settings).read(row.path).crops[0].image
    assert crop.shape[0] > 1.5 * crop.shape[1] > 100


def ingest_order(upload: Path) -> dict[str, Any]:
    order = IngestOrder(
        path=upload,
        sha256="3" * 64,
        name="walk.mp4",
        camera_id="yard",
        start_at=None,
        tracks_path=None,
        detector="motion",
    )
    return order.model_dump(mode="json")


def test_an_upload_that_is_gone_is_named(tmp_path: Path, settings: Settings, catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"walk\.mp4 is not here any more: upload it again"):
        ingest(ingest_order(tmp_path / "gone"), settings=settings, catalog=catalog, watch=Unwatched())


def test_a_job_that_was_killed_after_its_work_finds_its_report(
    tmp_path: Path, settings: Settings, catalog: Catalog
) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(SAMPLE.read_bytes())
    arguments = ingest_order(upload)
    first = ingest(arguments, settings=settings, catalog=catalog, watch=Unwatched())
    assert not upload.exists()
    arguments["sha256"] = catalog.videos.get(first["video_id"]).sha256
    again = ingest(arguments, settings=settings, catalog=catalog, watch=Unwatched())
    assert again == first | {"was_complete": True}


def test_a_broken_upload_is_removed(tmp_path: Path, settings: Settings, catalog: Catalog) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"no video")
    with pytest.raises(InputError, match=r"walk\.mp4"):
        ingest(ingest_order(upload), settings=settings, catalog=catalog, watch=Unwatched())
    assert not upload.exists()
