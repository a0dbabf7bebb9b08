"""The main job with catalog and jobs on PostgreSQL."""

from pathlib import Path

import pytest

from tests.postgres import postgres_cluster, postgres_url
from tests.processes import Reid, environment, finished_job, running_service, wait_for

__all__ = ["postgres_cluster", "postgres_url"]

pytestmark = pytest.mark.e2e


def test_the_main_job_on_postgresql(tmp_path: Path, postgres_url: str, sample_videos: tuple[Path, Path]) -> None:
    settings = environment(tmp_path / "data", REID_CATALOG__URL=postgres_url, REID_JOBS__URL=postgres_url)
    with running_service(settings) as client:
        for number, video in enumerate(sample_videos):
            form = {"camera": f"cam{number}", "start": "2026-01-31T08:00:00Z"}
            uploaded = client.post("/v1/videos", files={"file": video.read_bytes()}, data=form)
            assert finished_job(client, uploaded)["state"] == "succeeded"
        rows = client.get("/v1/tracklets").json()["items"]
        wait_for("indexing", lambda: client.get("/v1/models").json()[0]["num_embeddings"] == len(rows))
        body = {"probe": {"tracklet_id": rows[0]["tracklet_id"]}, "filter": {"exclude_same_camera": True}}
        wait_for("the search", lambda: len(client.post("/v1/searches", json=body).json()["results"]) >= 5)
    reid = Reid(environment=settings)
    assert [row["tracklet_id"] for row in reid.json("tracklets", "list")] == [row["tracklet_id"] for row in rows]
    assert reid.json("index")["is_complete"]
    assert not list((tmp_path / "data").glob("*.sqlite3"))
