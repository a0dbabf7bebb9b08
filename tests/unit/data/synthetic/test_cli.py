import typer
from typer.testing import CliRunner

from reid_app.cli import synth


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
