"""Commands as a user types them: what they print, and how they end."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from reid_app.cli import main
from reid_app.pipelines.parts import open_catalog
from reid_app.settings import load_settings
from tests.world import store_people

RED, BLUE = (200, 30, 30), (30, 30, 200)


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Reid = Callable[..., Ended]


@pytest.fixture
def reid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reid:
    monkeypatch.delenv("REID_MODELS_DIR", raising=False)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr("sys.argv", ["reid", "--data", str(tmp_path / "data"), *arguments])
        capsys.readouterr()
        code = 0
        try:
            main.run()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return run


@pytest.fixture
def with_people(tmp_path: Path) -> None:
    settings = load_settings(arguments={"data_dir": tmp_path / "data"})
    with open_catalog(settings) as catalog:
        store_people({"ada": RED, "bob": BLUE}, camera_id="yard", settings=settings, catalog=catalog)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["ingest", "none.mp4", "--camera", "yard"], "none.mp4"),
        (["ingest", "none.mp4", "--camera", "the yard"], "the yard"),
        (["ingest", "none.mp4", "--camera", "yard", "--start", "yesterday"], "yesterday"),
        (["ingest", "none.mp4", "--camera", "yard", "--start", "2026-01-31T08:00:00"], "zone"),
        (["ingest", "a.mp4", "b.mp4", "--camera", "yard", "--start", "2026-01-31T08:00:00Z"], "--start"),
        (["ingest", "none.mp4", "--camera", "yard", "--detector", "yolox"], "reid models pull yolox_nano"),
        (["index", "--encoder", "osnet_x0_25_msmt17"], "osnet_x0_25_msmt17"),
        (["index", "--encoder", "nothing"], "nothing"),
        (["query"], "exactly one probe"),
        (["query", "--tracklet", "a", "--video", "b"], "exactly one probe"),
        (["query", "--tracklet", "nobody"], "nobody"),
        (["query", "--picture", "none.jpg"], "none.jpg"),
        (["tracklets", "show", "nobody"], "nobody"),
        (["identities", "name", "nobody", "Ada"], "nobody"),
        (["identities", "clear", "nobody"], "nobody"),
        (["models", "pull", "nothing"], "nothing"),
        (["keys", "create", "k", "--scope", "everything"], "everything"),
        (["keys", "revoke", "none"], "none"),
        (["--config", "none.yaml", "doctor"], "none.yaml"),
        (["dance"], "dance"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(reid: Reid, arguments: list[str], named: str) -> None:
    ended = reid(*arguments)
    assert ended.code == 2
    assert named in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.usefixtures("with_people")
def test_from_index_to_query(reid: Reid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REID_ENCODER__MODEL", "colour")  # these people are patches of colour
    assert "reid index" in reid("query", "--tracklet", "yard-ada").err
    assert "2 tracklets added" in reid("index").out
    assert json.loads(reid("index", "--json").out)["is_complete"]
    assert "yard-ada is Ada" in reid("identities", "name", "yard-ada", "Ada").out
    assert [row["name"] for row in json.loads(reid("identities", "list", "--json").out)] == ["Ada"]
    table = reid("query", "--tracklet", "yard-bob")
    assert "Ada" in table.out
    (answer,) = json.loads(reid("query", "--tracklet", "yard-bob", "--json").out)
    assert answer["probe"]["tracklet_id"] == "yard-bob"
    assert answer["results"][0]["tracklets"][0]["tracklet_id"] == "yard-ada"
    report, strip = tmp_path / "answer.html", tmp_path / "strip.jpg"
    assert reid("query", "--tracklet", "yard-bob", "--report", str(report)).code == 0
    assert "Ada" in report.read_text()
    assert reid("tracklets", "show", "yard-ada", "--strip", str(strip)).code == 0
    assert strip.read_bytes()[:2] == b"\xff\xd8"
    by_picture = json.loads(reid("query", "--picture", str(strip), "--json").out)
    assert by_picture[0]["results"][0]["name"] == "Ada"


@pytest.mark.usefixtures("with_people")
def test_a_damaged_tracklet_is_exit_code_1(reid: Reid, tmp_path: Path) -> None:
    next((tmp_path / "data" / "tracklets").rglob("yard-ada.zip")).write_bytes(b"")
    ended = reid("index")
    assert ended.code == 1
    assert "yard-ada" in ended.err


def test_an_empty_catalog_says_what_to_do(reid: Reid) -> None:
    assert "reid ingest" in reid("tracklets", "list").out
    assert "reid identities name" in reid("identities", "list").out
    assert "loopback" in reid("keys", "list").out
    assert json.loads(reid("tracklets", "list", "--json").out) == []


def test_doctor_says_what_is_missing_and_what_to_do(reid: Reid) -> None:
    ended = reid("doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(ended.out)}
    assert ended.code == 0
    assert findings["model yolox_nano"]["state"] == "missing"
    assert "reid models pull yolox_nano" in findings["model yolox_nano"]["detail"]
    assert {findings[what]["state"] for what in ("decoder av", "faiss", "disk", "catalog", "gallery")} == {"ok"}


def test_doctor_finds_damage(reid: Reid, tmp_path: Path) -> None:
    (tmp_path / "data" / "models").mkdir(parents=True)
    (tmp_path / "data" / "models" / "yolox_nano.onnx").write_bytes(b"no model")
    (tmp_path / "data" / "catalog.sqlite3").write_bytes(b"no database" * 1000)
    ended = reid("doctor")
    assert ended.code == 1
    assert "bad     model yolox_nano" in ended.out
    assert "bad     catalog" in ended.out
    assert reid("models", "verify").code == 1


def test_keys_are_shown_once(reid: Reid) -> None:
    created = reid("keys", "create", "desk", "--scope", "read,write")
    secret = created.out.strip()
    assert secret.startswith("reid_")
    listed = reid("keys", "list")
    assert "desk" in listed.out
    assert "read,write" in listed.out
    assert secret not in listed.out + listed.err
    assert reid("keys", "create", "desk").code == 2
    assert reid("keys", "revoke", "desk").code == 0
    assert "revoked" in reid("keys", "list").out
