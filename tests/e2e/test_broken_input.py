"""What is handed in is broken: a clear error or a partial result that says what is missing; the service goes on."""

from pathlib import Path

import pytest

from tests.processes import Reid, environment, finished_job, running_service

pytestmark = pytest.mark.e2e

BROKEN = ["corrupted.mp4", "unordered.mov", "video_90.mov", "empty.mp4", "text.mp4", "truncated.mp4"]


@pytest.fixture
def broken(tmp_path: Path, test_data_dir: Path, real_video: Path) -> dict[str, Path]:
    made = tmp_path / "made"
    made.mkdir()
    (made / "empty.mp4").write_bytes(b"")
    (made / "text.mp4").write_text("This is no video.\n" * 1000)
    content = real_video.read_bytes()
    (made / "truncated.mp4").write_bytes(content[: len(content) // 2])
    return {name: made / name if (made / name).exists() else test_data_dir / "broken" / name for name in BROKEN}


@pytest.mark.parametrize("name", BROKEN)
def test_the_command_says_what_is_wrong(reid: Reid, broken: dict[str, Path], name: str) -> None:
    done = reid.run("ingest", str(broken[name]), "--camera", "cam1", "--detector", "motion")
    assert "Traceback" not in done.stderr
    if done.returncode == 2:
        assert name in done.stderr
    elif done.returncode == 1:
        assert "damaged" in done.stdout
    else:
        assert done.returncode == 0, done.stderr
        assert name in {"unordered.mov", "video_90.mov"}
    if name in {"empty.mp4", "text.mp4"}:
        assert done.returncode == 2


def test_the_service_keeps_answering(tmp_path: Path, broken: dict[str, Path], sample_videos: tuple[Path, Path]) -> None:
    with running_service(environment(tmp_path / "data")) as client:
        for name, path in broken.items():
            answer = client.post("/v1/videos", files={"file": (name, path.read_bytes())}, data={"camera": "cam1"})
            if name == "empty.mp4":
                assert answer.status_code == 422
                continue
            job = finished_job(client, answer)
            if job["state"] == "failed":
                assert job["error"]["type"].startswith("urn:reid:problem:")
                assert name in job["error"]["detail"]
                assert str(tmp_path) not in job["error"]["detail"]
            else:
                assert job["state"] == "succeeded"
                assert job["result"]["problems"] or name in {"unordered.mov", "video_90.mov"}
            assert client.get("/readyz").status_code == 200
        good = client.post("/v1/videos", files={"file": sample_videos[0].read_bytes()}, data={"camera": "cam1"})
        assert finished_job(client, good)["result"]["num_tracklets"] >= 6
