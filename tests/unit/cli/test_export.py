"""``reid export`` and ``reid models convert`` as a user types them."""

import json
from pathlib import Path

import cv2
import pytest
import torch

from reid_app.cli import main
from reid_app.model.checkpoint import load_checkpoint
from tests.unit.model.networks import small_embedder, stored_checkpoint
from tests.unit.model.people import noise


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["reid", *map(str, arguments)])
    try:
        main.run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


@pytest.mark.slow
def test_a_checkpoint_becomes_a_known_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = stored_checkpoint(tmp_path)
    crops = tmp_path / "crops" / "ada"
    crops.mkdir(parents=True)
    for seed in range(4):
        cv2.imwrite(str(crops / f"{seed}.png"), noise(seed))
    models = tmp_path / "models"
    monkeypatch.setenv("REID_MODELS_DIR", str(models))
    out = models / "yard.onnx"
    arguments = ["export", checkpoint, "--out", out, "--calibration", tmp_path / "crops"]
    assert run(monkeypatch, *arguments) == 0
    said = capsys.readouterr().out
    assert "parity with torch: cosine 1.000000 at least" in said
    assert "on 4 crops of crops" in said
    assert f"REID_ENCODER__MODEL={out}" in said

    assert run(monkeypatch, *arguments, "--int8", "--json") == 0
    card = json.loads(capsys.readouterr().out)
    assert card["path"] == str(out)
    assert card["parity"]["min_cosine"] > 0.9999
    assert card["int8"]["min_cosine"] < 0.9999
    assert card["entry"]["source_sha256"] is None

    assert run(monkeypatch, "--data", tmp_path / "data", "models", "list", "--json") == 0
    listed = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert listed["yard"]["path"] == str(out)
    assert listed["yard"]["licence"] == "CC0-1.0"
    assert run(monkeypatch, "--data", tmp_path / "data", "models", "verify", "yard") == 0
    assert "checksum right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--int8"], "name a folder of them by --calibration"),
        (["--calibration", "{empty}"], "has 0 pictures (.jpg, .jpeg, .png), an export needs two at least"),
        (["--out", "{empty}/net.pt"], "net.pt makes no model name"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    said: str,
) -> None:
    checkpoint = stored_checkpoint(tmp_path)
    (tmp_path / "empty").mkdir()
    filled = [part.format(empty=tmp_path / "empty") for part in more]
    assert run(monkeypatch, "export", checkpoint, "--out", tmp_path / "net.onnx", *filled) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "net.onnx").exists()


def test_without_torch_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("export", "models"):
        monkeypatch.setattr(f"reid_app.cli.{module}.find_spec", lambda name: None)
    assert run(monkeypatch, "export", tmp_path / "a.safetensors", "--out", tmp_path / "a.onnx") == 2
    assert "pip install 'reid-app[train]'" in capsys.readouterr().err
    convert = [
        "models",
        "convert",
        tmp_path / "a.pth",
        "--architecture",
        "resnet50",
        "--out",
        tmp_path / "a.safetensors",
    ]
    assert run(monkeypatch, *convert) == 2
    assert "pip install 'reid-app[train]'" in capsys.readouterr().err


def test_other_peoples_weights_become_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "osnet.pth", tmp_path / "osnet.safetensors"
    torch.save(small_embedder().backbone.trunk.state_dict(), source)
    convert = ["models", "convert", source, "--architecture", "osnet_x0_25", "--out", out, "--licence", "MIT"]
    assert run(monkeypatch, *convert) == 0
    _, card = load_checkpoint(out)
    assert card.sha256 in capsys.readouterr().out
    assert card.licence == "MIT"
