from pathlib import Path

import pytest
import yaml

from reid_app.errors import SettingsError
from reid_app.pipelines.parts import configs_dir
from reid_app.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REID_CONFIG", "REID_DATA_DIR", "REID_MODELS_DIR"):
        monkeypatch.delenv(name, raising=False)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "site.yaml", "encoder: {pooling: max, num_frames: 3}\ndetection: {kind: yolox}\n")
    assert load_settings().encoder.pooling is None
    assert load_settings(file).encoder.pooling == "max"
    monkeypatch.setenv("REID_ENCODER__POOLING", "quality")
    settings = load_settings(file)
    assert (settings.encoder.pooling, settings.encoder.num_frames, settings.detection.kind) == ("quality", 3, "yolox")
    assert load_settings(file, arguments={"encoder.pooling": "mean"}).encoder.pooling == "mean"
    assert load_settings(file, arguments={"encoder.pooling": None}).encoder.pooling == "quality"


def test_the_environment_may_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REID_CONFIG", str(write(tmp_path / "site.yaml", "ingest: {stride: 7}")))
    assert load_settings().ingest.stride == 7
    monkeypatch.setenv("REID_INGEST__STRIDE", "null")
    assert load_settings().ingest.stride is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("encodr: {}", "encodr"),
        ("encoder: {poling: max}", "encoder.poling"),
        ("encoder: {pooling: median}", "encoder.pooling"),
        ("http: {port: 0}", "http.port"),
        ("[1, 2]", "keys and values"),
        ("encoder: {", "cannot be read"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, text: str, named: str) -> None:
    file = write(tmp_path / "site.yaml", text)
    with pytest.raises(SettingsError, match=named) as caught:
        load_settings(file)
    assert "site.yaml" in str(caught.value)


@pytest.mark.parametrize("variable", ["REID_DATADIR", "REID_ENCODER__POLING", "REID_HTTP__PRT"])
def test_a_misspelled_variable_is_named(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(SettingsError, match=variable):
        load_settings()


def test_a_misspelled_argument_is_named() -> None:
    with pytest.raises(SettingsError, match=r"detection\.knd"):
        load_settings(arguments={"detection.knd": "motion"})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml does not exist"):
        load_settings(tmp_path / "nowhere.yaml")


def test_default_yaml_shows_every_key_with_its_default() -> None:
    shown = yaml.safe_load((configs_dir() / "default.yaml").read_text())
    assert shown == Settings().model_dump(mode="json")
    assert load_settings(configs_dir() / "default.yaml").model_dump() == Settings().model_dump()
