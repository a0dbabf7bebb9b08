"""The same over HTTP, against running services, with the commands of the README."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.tracklets.store import CropStore, encode_jpeg
from reid_app.tracklets.types import Tracklet
from tests.e2e.conftest import with_models
from tests.processes import ROOT, Reid, environment, finished_job, free_port, running_service, wait_for

pytestmark = pytest.mark.e2e


def readme_block() -> str:
    found = re.search(
        r"<!-- The test of this page.*?-->\s*```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert found
    return found[1]


@pytest.mark.skipif(
    os.environ.get("CI") != "true" and not (shutil.which("curl") and shutil.which("jq")),
    reason="the README's commands need curl and jq",
)
def test_the_commands_of_the_readme(tmp_path: Path, sample_videos: tuple[Path, Path]) -> None:
    picture = tmp_path / "person.jpg"
    with running_service(environment(tmp_path / "data")) as client:
        uploaded = client.post("/v1/videos", files={"file": sample_videos[1].read_bytes()}, data={"camera": "door"})
        assert finished_job(client, uploaded)["state"] == "succeeded"
        found = client.get("/v1/tracklets").json()["items"]
        tracklet = found[0]["tracklet_id"]
        picture.write_bytes(client.get(f"/v1/tracklets/{tracklet}/crops/4").content)
        wait_for("indexing", lambda: client.get("/v1/models").json()[0]["num_embeddings"] == len(found))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", readme_block()],
            env=os.environ | {"API": str(client.base_url), "VIDEO": str(sample_videos[0]), "PICTURE": str(picture)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "strip.jpg").read_bytes()[:2] == b"\xff\xd8"
        ranked = [line.split("\t") for line in done.stdout.splitlines() if line.startswith("1\t")]
        assert len(ranked) == 1, done.stdout[-800:] + done.stderr[-800:]
        assert ranked[0][1] == "Ada Lovelace", "the picture is of the tracklet that was named"
        names = [row["name"] for row in client.get("/v1/identities").json()["items"]]
        assert names == ["Ada Lovelace"]


def mot_lines(tracklet: Tracklet, *, track_id: int) -> list[str]:
    """The first half of a tracklet as lines of a MOT-challenge file."""
    middle_s = (tracklet.start_s + tracklet.end_s) / 2
    return [
        f"{index + 1},{track_id},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},1"
        for index, pts_s, (x1, y1, x2, y2) in zip(
            tracklet.frame_indices, tracklet.pts_s, tracklet.boxes_xyxy, strict=True
        )
        if pts_s <= middle_s
    ]


@pytest.mark.slow
def test_second_halves_find_their_first_halves_over_http(
    ingested_once: Path, tmp_path: Path, models_dir: Path, real_video: Path
) -> None:
    store = CropStore(ingested_once / "tracklets")
    with Catalog.open(f"sqlite:///{ingested_once / 'catalog.sqlite3'}") as catalog:
        people = [store.read(row.path) for row in catalog.tracklets.list(limit=10)]
    tracks = "\n".join(line for number, person in enumerate(people) for line in mot_lines(person, track_id=number))
    with running_service(with_models(tmp_path / "data", models_dir)) as client:
        uploaded = client.post(
            "/v1/videos", files={"file": real_video.read_bytes(), "tracks": tracks.encode()}, data={"camera": "cam1"}
        )
        job = finished_job(client, uploaded)
        assert job["result"]["num_tracklets"] == len(people), job
        gallery = client.get("/v1/tracklets").json()["items"]
        wait_for("indexing", lambda: client.get("/v1/models").json()[0]["num_embeddings"] == len(people))
        for person, expected in zip(people, gallery, strict=True):
            assert expected["start_s"] == pytest.approx(person.start_s)
            middle_s = (person.start_s + person.end_s) / 2
            crops = [encode_jpeg(crop.image, quality=92) for crop in person.crops if crop.pts_s > middle_s]
            probe = client.post("/v1/probes", files=[("file", crop) for crop in crops], data={"kind": "crops"})
            (tracklet_id,) = finished_job(client, probe)["result"]["tracklet_ids"]
            answer = client.post("/v1/searches", json={"probe": {"tracklet_id": tracklet_id}}).json()
            assert answer["decision"] == "uncalibrated"
            assert len(answer["results"]) == len(people)
            assert answer["results"][0]["tracklets"][0]["tracklet"]["tracklet_id"] == expected["tracklet_id"]
        again = client.post(
            "/v1/videos", files={"file": real_video.read_bytes(), "tracks": tracks.encode()}, data={"camera": "cam1"}
        )
        assert finished_job(client, again)["result"]["was_complete"]
        assert client.get("/v1/tracklets").json()["items"] == gallery


def test_each_service_alone_and_with_keys(tmp_path: Path) -> None:
    settings = environment(tmp_path / "data")
    reid = Reid(environment=settings)
    open_to_all = settings | {"REID_HTTP__HOST": "0.0.0.0"}
    with pytest.raises(AssertionError, match="reid keys create"), running_service(open_to_all):
        pass
    secret = reid.run("keys", "create", "desk", "--scope", "read").stdout.strip()
    assert secret.startswith("reid_")
    assert secret not in reid.run("keys", "list").stdout
    with running_service(open_to_all, module="services.ingest") as ingest:
        assert ingest.get("/v1/videos").status_code == 401
        allowed = {"Authorization": f"Bearer {secret}"}
        assert ingest.get("/v1/videos", headers=allowed).json() == {"items": [], "next_cursor": None}
        answer = ingest.post("/v1/videos", headers=allowed, files={"file": b"x"}, data={"camera": "c"})
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
        assert ingest.get("/v1/tracklets", headers=allowed).status_code == 404
        assert reid.run("keys", "revoke", "desk").returncode == 0
        assert ingest.get("/v1/videos", headers=allowed).status_code == 401
    with running_service(open_to_all, module="services.query") as query:
        assert query.get("/v1/tracklets").status_code == 401
        assert query.get("/openapi.json").status_code == 200


def test_a_job_survives_the_death_of_the_whole_service(tmp_path: Path, sample_videos: tuple[Path, Path]) -> None:
    settings = environment(tmp_path / "data", REID_INGEST__STRIDE="1")
    port = free_port()
    command = [sys.executable, "-m", "services"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=settings | {"REID_HTTP__PORT": str(port)}, stderr=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            wait_for("the start", lambda: _is_ready(client))
            answer = client.post("/v1/videos", files={"file": sample_videos[0].read_bytes()}, data={"camera": "c"})
            where = answer.headers["location"]
            wait_for("the job's start", lambda: (client.get(where).json()["progress"] or {"done": 0})["done"] > 50)
    finally:
        process.kill()
        process.wait()
    with running_service(settings) as client:
        wait_for("the job's end", lambda: client.get(where).json()["state"] == "succeeded", wait_s=120)
        assert client.get(where).json()["result"]["num_tracklets"] >= 5
        num_tracklets = len(client.get("/v1/tracklets").json()["items"])
        assert num_tracklets == client.get(where).json()["result"]["num_tracklets"]


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
