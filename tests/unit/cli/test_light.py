"""``reid --help`` answers at once: nothing heavy is imported before a command needs it."""

import subprocess
import sys

import pytest

HEAVY = ["numpy", "cv2", "fastapi", "torch", "faiss", "sqlalchemy", "onnxruntime", "av", "decord", "dbos", "matplotlib"]

PROGRAM = """
import sys
from reid_app.cli.main import app
try:
    app({arguments!r})
except SystemExit as end:
    assert end.code == 0, end.code
print("LOADED", *sorted(name for name in {heavy!r} if name in sys.modules))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["ingest", "--help"],
        ["models", "--help"],
        ["query", "-h"],
        ["data", "check", "--help"],
        ["evaluate", "--help"],
        ["label", "--help"],
        ["train", "--help"],
        ["export", "--help"],
        ["synth", "people", "--help"],
    ],
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = PROGRAM.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split() == ["LOADED"]
    assert "Usage:" in done.stdout
