"""``reid train`` as a user types it, in this process."""

import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from reid_app.cli.train import train
from reid_app.errors import SettingsError
from tests.unit.training.runs import SMALLER, TINY

app = typer.Typer()
app.command()(train)


def arguments(crops: Path, out: Path, *more: str) -> list[str]:
    changes = [word for change in (*SMALLER, "length.count=2") for word in ("--set", change)]
    return ["--config", str(TINY), "--root", str(crops), "--out", str(out), *changes, *more]


def test_what_became_of_it_is_printed(crops: Path, tmp_path: Path) -> None:
    report = json.loads(CliRunner().invoke(app, arguments(crops, tmp_path / "one", "--json")).stdout)
    assert report["num_steps"] == 2
    assert report["best"] is None
    assert Path(report["last"]).exists()
    with_validation = ("--set", "validation={share: 0.34, every: 1, protocol: leave-one-out}")
    text = CliRunner().invoke(app, arguments(crops, tmp_path / "two", *with_validation)).stdout
    assert "trained on 4 identities in 2 steps" in text
    assert "best: mAP" in text


def test_without_torch_the_extra_is_named(crops: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    done = CliRunner().invoke(app, arguments(crops, tmp_path / "out"))
    assert isinstance(done.exception, SettingsError)
    assert "pip install 'reid-app[train]'" in str(done.exception)
    assert not (tmp_path / "out").exists()
