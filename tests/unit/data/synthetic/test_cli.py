import pytest
import typer
from typer.testing import CliRunner

from reid_app.cli import synth
from reid_app.errors import SettingsError


def reid():
    app = typer.Typer()
    app.add_typer(synth.app, name="synth")
    return app


def test_people_are_made_by_command(tmp_path, cache, renderer):
    out = tmp_path / "people"
    arguments = ["--out", str(out), "--identities", "1", "--seed", "1", "--frames", "1", "--cameras", "1"]
    parts = ["--cameras-per-identity", "1", "--without", "patterns", "--workers", "1", "--cache", str(cache)]

    result = CliRunner().invoke(reid(), ["synth", "people", *arguments, *parts])

    assert result.exit_code == 0, result.output
    assert "1 of them made now" in result.output
    assert [path.name for path in out.rglob("*.jpg")] == ["000.jpg"]


def test_scenes_are_filmed_by_command(tmp_path, cache, renderer):
    out = tmp_path / "scenes"
    arguments = ["--out", str(out), "--identities", "1", "--seed", "1", "--cameras", "1", "--seconds", "1"]

    result = CliRunner().invoke(
        reid(), ["synth", "scenes", *arguments, "--fps", "2", "--workers", "1", "--cache", str(cache)]
    )

    assert result.exit_code == 0, result.output
    assert "1 videos of 1 people" in result.output
    assert sorted(path.name for path in out.iterdir() if path.name[0] != ".") == [
        "c001.mp4",
        "c001.txt",
        "manifest.json",
    ]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--seconds", "0.5", "seconds is 0.5: give at least 1"),
        ("--fps", "61", "fps is 61: give at most 60"),
        ("--identities", "0", "identities is 0: give at least 1"),
        ("--cameras", "1000", "cameras is 1000: give at most 999"),
    ],
)
def test_an_option_out_of_range_is_named_with_its_value_and_what_to_give(tmp_path, option, value, message):
    arguments = {"--out": str(tmp_path / "out"), "--identities": "1", "--seed": "1"} | {option: value}

    result = CliRunner().invoke(reid(), ["synth", "scenes", *(word for pair in arguments.items() for word in pair)])

    assert isinstance(result.exception, SettingsError)
    assert str(result.exception) == message
    assert not (tmp_path / "out").exists()
