"""The main job on a real video: six people, found once each, and recognised by halves."""

import json
import os
from pathlib import Path

import cv2
import pytest

from reid_app.pipelines.index import index_tracklets
from reid_app.pipelines.ingest import row_of
from reid_app.pipelines.parts import open_catalog, open_encoder, open_gallery, open_store
from reid_app.pipelines.query import Probe, SearchRequest, search
from reid_app.settings import load_settings
from reid_app.tracklets.types import Tracklet
from tests.e2e.people import people_seen
from tests.processes import Reid

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_yolox_finds_six_people(reid_ingested: Reid) -> None:
    rows = reid_ingested.json("tracklets", "list")
    assert 6 <= len(rows) <= 8
    for row in rows:
        assert row["end_s"] - row["start_s"] >= 2.0
        assert len(people_seen(row["start_s"], row["end_s"])) == 1, "a tracklet of two people, or of an empty scene"
    assert set().union(*(people_seen(row["start_s"], row["end_s"]) for row in rows)) == set(range(6))


def test_motion_finds_at_least_five_of_them(reid: Reid, real_video: Path) -> None:
    done = reid.run("ingest", str(real_video), "--camera", "cam1", "--detector", "motion")
    assert done.returncode == 0, done.stderr
    rows = reid.json("tracklets", "list")
    clean = [people_seen(row["start_s"], row["end_s"]) for row in rows]
    assert len(set().union(*(people for people in clean if len(people) == 1))) >= 5


def test_the_same_video_again_adds_nothing(reid_ingested: Reid, real_video: Path) -> None:
    before = reid_ingested.json("tracklets", "list")
    report = reid_ingested.json("ingest", str(real_video), "--camera", "cam1")
    assert report["videos"][0]["was_complete"]
    assert reid_ingested.json("tracklets", "list") == before


def half(tracklet: Tracklet, *, first: bool) -> Tracklet:
    """The crops and observations of the first or of the second half."""
    middle_s = (tracklet.start_s + tracklet.end_s) / 2
    observed = (tracklet.pts_s <= middle_s) == first
    return Tracklet(
        tracklet_id=f"{tracklet.tracklet_id}-{'a' if first else 'b'}",
        camera_id=tracklet.camera_id,
        frame_indices=tracklet.frame_indices[observed],
        pts_s=tracklet.pts_s[observed],
        boxes_xyxy=tracklet.boxes_xyxy[observed],
        crops=tuple(crop for crop in tracklet.crops if (crop.pts_s <= middle_s) == first),
    )


@pytest.mark.parametrize("model", ["osnet_x0_25_msmt17", "osm_caa_synthetic"])
def test_second_halves_find_their_first_halves(
    model: str, reid_ingested: Reid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("REID_")]:
        monkeypatch.delenv(name)
    for name, value in reid_ingested.environment.items():
        if name.startswith("REID_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("REID_ENCODER__MODEL", model)
    whole = load_settings()
    with open_catalog(whole) as catalog:
        people = [open_store(whole).read(row.path) for row in catalog.tracklets.list(limit=10)]
    settings = load_settings(arguments={"data_dir": tmp_path / "halves"})
    store = open_store(settings)
    with open_catalog(settings) as catalog:
        video = catalog.videos.add(
            sha256="0" * 64, camera_id="cam1", start_at=None, name="first halves", width=768, height=432,
            fps=10.0, num_frames=1394, duration_s=139.4, start_s=0.0,
        )  # fmt: skip
        run = catalog.runs.start(video.video_id, settings={})
        rows = []
        for ordinal, person in enumerate(people):
            part = half(person, first=True)
            stored = store.write(part, folder=run.run_id)
            rows.append(row_of(part, stored=stored, ordinal=ordinal))
        catalog.runs.checkpoint(run.run_id, tracklets=rows, checkpoint={})
        report = index_tracklets(settings=settings, catalog=catalog)
        assert report.is_complete
        encoder = open_encoder(settings)
        gallery = open_gallery(settings, catalog=catalog, encoder=encoder)
        probes = encoder.encode([half(person, first=False) for person in people])
        for person, embedding_D in zip(people, probes, strict=True):
            answer = search(
                Probe(embedding_D=embedding_D, model_id=encoder.model_id),
                request=SearchRequest(top_k=6),
                gallery=gallery,
                catalog=catalog,
            )
            assert len(answer.results) == len(people)
            assert answer.results[0].tracklets[0].tracklet.tracklet_id == f"{person.tracklet_id}-a"


def test_halves_are_evaluated_without_any_download(reid: Reid, real_video: Path, tmp_path: Path) -> None:
    """Motion detection, the weights that come with the product, and a data set of one's own."""
    assert reid.run("ingest", str(real_video), "--camera", "cam1").returncode == 0
    settings = load_settings(arguments={"data_dir": Path(reid.environment["REID_DATA_DIR"])})
    with open_catalog(settings) as catalog:
        rows = catalog.tracklets.list(limit=100)
    for row in rows:
        people = people_seen(row.start_s, row.end_s)
        whole = open_store(settings).read(row.path)
        for name in ("first", "second") if len(people) == 1 else ():
            folder = tmp_path / "people" / str(min(people)) / name / row.tracklet_id
            folder.mkdir(parents=True)
            for number, crop in enumerate(half(whole, first=name == "first").crops):
                assert cv2.imwrite(str(folder / f"{number:03}.png"), crop.image[..., ::-1])
    found = reid.run("evaluate", "--dataset", "folder", "--root", str(tmp_path / "people"), "--json", "-")
    assert found.returncode == 0, found.stderr
    (result,) = json.loads(found.stdout)["splits"][0]["encoders"]
    assert result["encoder"] == "osm_caa_synthetic"
    assert result["num_ranked"] >= 10
    assert result["cmc"]["1"] == 1.0
