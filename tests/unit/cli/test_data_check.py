"""``reid data check`` as a user types it."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from reid_app.cli.data import app
from reid_app.data.datasets import dataset_names
from reid_app.errors import InputError
from tests.unit.data import trees

Printed = pytest.CaptureFixture[str]


def check(*arguments: str) -> int:
    """Exit code of ``reid data check``."""
    return typer.main.get_command(app).main(["check", *arguments], standalone_mode=False) or 0


def test_a_data_set_beside_its_published_figures(tmp_path: Path, capsys: Printed) -> None:
    root = trees.write_mars(tmp_path / "mars")
    assert check("mars", "--root", str(root)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "mars, split 0 of 1, measured by the protocol mars-official"
    table = [line.split() for line in lines[2:9]]
    assert table == [
        ["identities", "tracklets", "cameras", "pictures", "distractors", "junk"],
        ["train", "2", "3", "2", "7", "0", "0"],
        ["published", "625", "8,298", "6", "509,914", "0", "0"],
        ["query", "2", "3", "3", "8", "0", "0"],
        ["published", "626", "1,980", "6", "-", "0", "0"],
        ["gallery", "2", "7", "5", "14", "2", "1"],
        ["published", "634", "12,180", "6", "681,089", "3,248", "870"],
    ]
    assert "differs in train: 2 identities, published 625" in lines
    assert "differs in gallery: 1 junk, published 870" in lines
    assert not any("equal" in line for line in lines)


def test_equal_figures_end_with_success(tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    from reid_app.data import prid2011
    from reid_app.data.figures import Figures

    test = Figures(identities=2, tracklets=2, cameras=1)
    for part, figures in {
        "train": Figures(identities=2, tracklets=4, cameras=2),
        "query": test,
        "gallery": test,
    }.items():
        monkeypatch.setitem(prid2011.PUBLISHED, part, figures)
    root = trees.write_prid2011(tmp_path)
    assert check("prid2011", "--root", str(root), "--split", "9") == 0
    out = capsys.readouterr().out
    assert out.startswith("prid2011, split 9 of 10, measured by the protocol standard")
    assert out.endswith("equal to the published figures\n")


def test_own_folders_get_warnings_and_success(tmp_path: Path, capsys: Printed) -> None:
    root = trees.write_folder(tmp_path, {"ada/yard/0": 2, "ada/gate/0": 1, "bob/yard/0": 3, "bob/yard/1": 2})
    assert check("folder", "--root", str(root)) == 0
    out = capsys.readouterr().out
    assert "published" not in out
    assert (
        "warning: 1 of 2 identities are seen by one camera only: no match across cameras for them (bob/yard/0)" in out
    )
    assert "warning: 1 of 4 tracklets have one picture only: nothing to pool over time (ada/gate/0)" in out


def test_json(tmp_path: Path, capsys: Printed) -> None:
    root = trees.write_lpw(tmp_path)
    assert check("lpw", "--root", str(root), "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert {key: document[key] for key in ("name", "split", "num_splits", "protocol")} == {
        "name": "lpw",
        "split": 0,
        "num_splits": 1,
        "protocol": "lpw",
    }
    assert document["parts"]["query"]["found"]["pictures"] == 9
    assert document["parts"]["query"]["published"]["pictures"] == 63_118
    assert document["differences"][0] == "train: 4 identities, published 1975"
    assert document["warnings"] == []


def test_errors_are_those_that_the_entry_point_prints(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose one of"):
        check("nothing", "--root", str(tmp_path))
    with pytest.raises(InputError, match="there is no folder"):
        check("folder", "--root", str(tmp_path / "none"))


def test_help_names_every_data_set_and_examples(capsys: Printed) -> None:
    check("--help")
    out = " ".join(capsys.readouterr().out.split())
    assert all(name in out for name in dataset_names())
    assert "reid data check ilids-vid --root" in out


def test_the_list_names_every_data_set_and_its_protocol() -> None:
    shown = CliRunner().invoke(app, ["list", "--json"])
    assert [row["name"] for row in json.loads(shown.stdout)] == list(dataset_names())
    plain = CliRunner().invoke(app, ["list"]).stdout.splitlines()
    assert plain[0].split() == ["mars", "mars-official", "splits:", "1"]
