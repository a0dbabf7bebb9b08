"""From a checkpoint to an ONNX file that is proven to be the same network."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid_app.data.pictures import read_picture
from reid_app.errors import InputError

if TYPE_CHECKING:
    from reid_app.model.export import Pictures
    from reid_app.model.export_card import ExportCard

MOST_PICTURES = 128
_ENDINGS = {".jpg", ".jpeg", ".png"}


def export_model(checkpoint: Path, *, out: Path, calibration: Path | None, int8: bool) -> "ExportCard":
    """Export a checkpoint and prove the result on pictures.

    Args:
        checkpoint: A safetensors file with its card.
        out: The ONNX file.
        calibration: A folder with crops of people; without one the proof is made on painted pictures.
        int8: Whether to quantise.

    Raises:
        InputError: int8 is asked for without a folder, or the folder has fewer than two pictures.
        ModelMissingError: Checkpoint or card do not exist.
        ModelInvalidError: The checkpoint is damaged, or the exported network is another one.
    """
    from reid_app.model.export import export_onnx, painted_pictures

    if int8 and calibration is None:
        raise InputError("int8 is calibrated on real crops: name a folder of them by --calibration")
    pictures = painted_pictures() if calibration is None else _crops(calibration)
    return export_onnx(checkpoint, out=out, pictures=pictures, int8=int8)


def _crops(folder: Path) -> "Pictures":
    """At most `MOST_PICTURES` of a folder, its folders included, evenly in the order of names."""
    from reid_app.model.export import Pictures

    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)
    if len(paths) < 2:
        raise InputError(f"{folder} has {len(paths)} pictures (.jpg, .jpeg, .png), an export needs two at least")
    chosen = np.linspace(0, len(paths) - 1, min(MOST_PICTURES, len(paths))).astype(int)
    images = [read_picture(paths[index]) for index in chosen]
    return Pictures(images=images, described=f"{len(images)} crops of {folder.name}")
