"""``reid evaluate`` and ``reid label`` as a user types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from reid_app.cli.main import app
from reid_app.errors import InputError
from reid_app.pipelines.identities import name_tracklet
from reid_app.pipelines.parts import open_catalog, open_store
from reid_app.settings import Settings
from tests.world import store_people


def reid(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--data", str(data), *arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_table_a_file_and_a_page_for_each_encoder(data: Path, tmp_path: Path, test_data_dir: Path) -> None:
    written, report = tmp_path / "out.json", tmp_path / "report"
    root = str(test_data_dir / "pku_reid")
    shown = reid(
        data,
        *("evaluate", "--dataset", "folder", "--root", root, "--model", "colour", "--frames", "8", "--frames", "all"),
        *("--json", str(written), "--report", str(report)),
    )
    assert shown.exit_code == 0, shown.output
    assert "folder, protocol cross-camera: every tracklet asks all others" in shown.stdout
    assert "62 queries, 62 tracklets searched" in shown.stdout
    assert "colour, mean, all frames against colour, mean, 8 frames" in shown.stdout
    assert shown.stdout.count("means nothing") == 2
    (split,) = json.loads(written.read_text())["splits"]
    assert [encoder["num_frames"] for encoder in split["encoders"]] == [8, None]
    assert split["encoders"][0]["mean_ap"] == pytest.approx(0.037, abs=0.002)
    assert sorted(page.name for page in report.iterdir()) == ["1-colour.html", "2-colour.html"]


def test_json_to_standard_output_is_one_document(data: Path, test_data_dir: Path) -> None:
    root = str(test_data_dir / "mini_mars")
    shown = reid(
        data,
        *("evaluate", "--dataset", "mars-crops", "--root", root, "--protocol", "leave-one-out", "--frames", "2"),
        *("--rerank", "--rerank-k1", "5", "--expand-queries", "1", "--json", "-"),
    )
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.stdout)
    assert answer["protocol"] == "leave-one-out"
    assert answer["compared_by"].startswith("queries averaged with their 1 nearest, k-reciprocal re-ranking (k1 = 5")
    assert set(answer["splits"][0]["encoders"][0]["recall_at"]) == {"1", "2", "4", "8", "16", "32"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--frames", "many"), "--frames takes a number of at least 1, or all, got 'many'"),
        (("--frames", "all", "--dense"), "dense clips need num_frames"),
        (("--pooling", "median"), "an option of the encoder is not usable"),
        (("--protocol", "mars"), "there is no protocol 'mars'"),
    ],
)
def test_what_cannot_be_is_said(data: Path, test_data_dir: Path, arguments: tuple[str, ...], message: str) -> None:
    refused = reid(data, "evaluate", "--dataset", "folder", "--root", str(test_data_dir / "pku_reid"), *arguments)
    assert isinstance(refused.exception, InputError)
    assert message in str(refused.exception)


def test_an_export_is_evaluated_as_a_folder(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REID_MODELS_DIR", raising=False)
    settings = Settings(data_dir=data)
    people = {"red": (200, 30, 30), "blue": (30, 30, 200)}
    with open_catalog(settings) as catalog:
        for camera in ("yard", "door"):
            for tracklet_id in store_people(people, camera_id=camera, settings=settings, catalog=catalog):
                name = tracklet_id.removeprefix(f"{camera}-")
                name_tracklet(tracklet_id, name=name, catalog=catalog, store=open_store(settings))
    exported = reid(data, "label", str(tmp_path / "site"), "--json")
    assert exported.exit_code == 0, exported.output
    assert json.loads(exported.stdout)["num_tracklets"] == 4
    shown = reid(data, "evaluate", "--dataset", "folder", "--root", str(tmp_path / "site"), "--json", "-")
    assert json.loads(shown.stdout)["splits"][0]["encoders"][0]["cmc"]["1"] == 1.0
    again = reid(data, "label", str(tmp_path / "site"))
    assert isinstance(again.exception, InputError)
