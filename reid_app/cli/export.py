"""``reid export``."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from reid_app.cli.common import print_json
from reid_app.errors import SettingsError

EXAMPLES = (
    "Examples: reid export runs/strong/best.safetensors --out data/models/strong.onnx | "
    "reid export best.safetensors --out fast.onnx --int8 --calibration crops/"
)


def export(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint (.safetensors, its card beside it).")],
    out: Annotated[Path, typer.Option(help="The ONNX file to write; its name is the model's.", show_default=False)],
    int8: Annotated[bool, typer.Option("--int8", help="Quantise: smaller, faster, a little worse.")] = False,
    calibration: Annotated[
        Path | None,
        typer.Option(help="Folder of person crops, for the proof of parity and for int8.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write a trained network as ONNX, proven to be the same, with a card that makes it a known model.

    In the folder that REID_MODELS_DIR names, or in the data folder's models/, it is known by name; anywhere by path.
    """
    if find_spec("torch") is None or find_spec("onnxscript") is None:
        raise SettingsError("reid export needs torch and onnxscript: pip install 'reid-app[train]'")
    from reid_app.pipelines.export import export_model

    card = export_model(checkpoint, out=out, calibration=calibration, int8=int8)
    if as_json:
        print_json(
            {"path": str(out), **card.model_dump(mode="json", exclude={"entry": {"head": {"neck", "attention"}}})}
        )
        return
    typer.echo(f"{out}: {card.entry.note} {card.entry.num_bytes / 1e6:.1f} MB")
    typer.echo(f"parity with torch: {card.parity}")
    if card.int8 is not None:
        typer.echo(f"int8 against float: {card.int8}")
    typer.echo(f"use it: REID_ENCODER__MODEL={out}")
