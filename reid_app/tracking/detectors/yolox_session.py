"""Opening a YOLOX file: what its input and output must look like, and whether its boxes come decoded."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import ModelInvalidError
from reid_app.tracking.detectors.yolox_boxes import STRIDES, Grid, make_grid

_NUM_BOX_COLUMNS = 5
_NUM_CLASSES = (80, 1)
"""COCO's classes, of which the first is person, or person alone. Elsewhere nobody says which class is person."""

_FAR_CELLS = 4.0
"""The network looks for the centre of a box within a few cells of its own cell; it is half a cell where nobody is."""


class InputSize(NamedTuple):
    """Pixels of the network's input."""

    height: int
    width: int


class YoloxSession:
    """A YOLOX network in ONNX Runtime.

    Args:
        path: The ONNX file.
        threads: Threads of one run.

    Raises:
        ModelInvalidError: It is no ONNX file or no YOLOX detector of people, or its output cannot be understood.
    """

    def __init__(self, path: Path, *, threads: int) -> None:
        self._name = path.name
        self._session = _open(path, threads=threads)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelInvalidError(
                f"{self._name} has {len(inputs)} inputs and {len(outputs)} outputs, a YOLOX export has one of each: "
                "export it with YOLOX's own tools/export_onnx.py, or take `yolox_nano`"
            )
        self._input_name = inputs[0].name
        self.size = check_input(self._name, input_name=inputs[0].name, shape=inputs[0].shape, kind=inputs[0].type)
        self.grid = make_grid(input_height=self.size.height, input_width=self.size.width)
        probe = self.run(np.full((1, 3, *self.size), 114.0, np.float32))
        self.is_decoded = is_decoded(self._name, probe, grid=self.grid)

    def run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raw output ``(A, 5 + classes)`` for one input ``(1, 3, H, W)``, all finite.

        Raises:
            ModelInvalidError: The network failed, or gave another shape, NaN or infinity.
        """
        try:
            (output,) = self._session.run(None, {self._input_name: pixels})
        except Exception as error:  # ONNX Runtime raises classes of its own that share no base
            raise ModelInvalidError(f"{self._name} failed on an input of {pixels.shape}: {error}") from error
        check_output(self._name, shape=output.shape, num_cells=len(self.grid.strides_A))
        rows: NDArray[np.float32] = output[0]
        if not np.isfinite(rows[:, : _NUM_BOX_COLUMNS + 1]).all():
            raise ModelInvalidError(
                f"{self._name} gives NaN or infinity: the file is damaged, or its export went wrong"
            )
        return rows


def check_input(name: str, *, input_name: str, shape: Sequence[int | str | None], kind: str) -> InputSize:
    """Size of a YOLOX input ``(1 or dynamic, 3, H, W)``.

    Args:
        name: Of the file, for the message.
        input_name: Of the network's input, for the message.
        shape: As ONNX Runtime gives it; a dynamic dimension is no int.
        kind: ONNX Runtime's name of the element type.

    Raises:
        ModelInvalidError: It is another shape or another type than float32.
    """
    batch, *rest = shape if len(shape) == 4 else (None, None)
    sizes = [side for side in rest if isinstance(side, int) and side > 0]
    step = STRIDES[-1]
    is_image = len(sizes) == 3 and sizes[0] == 3 and all(side % step == 0 for side in sizes[1:])
    if kind != "tensor(float)" or not is_image or (isinstance(batch, int) and batch != 1):
        raise ModelInvalidError(
            f"input {input_name!r} of {name} is {kind} {list(shape)}, a YOLOX input is float32 [1, 3, height, width] "
            f"with fixed sides that are multiples of {step}: export it with a fixed input size and batch 1"
        )
    return InputSize(height=sizes[1], width=sizes[2])


def check_output(name: str, *, shape: tuple[int, ...], num_cells: int) -> None:
    """Refuse any output but ``(1, num_cells, 5 + classes)`` with COCO's 80 classes or person alone.

    Raises:
        ModelInvalidError: It is another shape.
    """
    wanted = [(1, num_cells, _NUM_BOX_COLUMNS + classes) for classes in _NUM_CLASSES]
    if shape not in wanted:
        raise ModelInvalidError(
            f"the output of {name} is {shape}, a YOLOX detector of people gives {wanted[0]} (COCO's 80 classes) or "
            f"{wanted[1]} (person alone): take another export, or `yolox_nano`"
        )


def is_decoded(name: str, output: NDArray[np.float32], *, grid: Grid) -> bool:
    """Whether boxes come in pixels of the input and not relative to their cells.

    Told from an output for an empty picture, where every box lies near its own cell: centres that follow the grid
    are pixels, centres that stay near zero are relative to it.

    Args:
        name: Of the file, for the message.
        output: ``(A, 5 + classes)`` for one picture.
        grid: Where the rows lie.

    Raises:
        ModelInvalidError: It is neither, or both at once (an input of a few cells only).
    """
    centres = output[:, :2].astype(np.float64)
    off_when_raw = float(np.median(np.abs(centres - 0.5)))
    off_when_decoded = float(np.median(np.abs(centres / grid.strides_A[:, None] - grid.cells_A2 - 0.5)))
    raw = off_when_raw < _FAR_CELLS
    decoded = off_when_decoded < _FAR_CELLS and bool((output[:, 2:4] > 0.0).all())
    if raw == decoded:
        raise ModelInvalidError(
            f"cannot tell whether the output {output.shape} of {name} is decoded (centres lie {off_when_raw:.1f} cells "
            f"from the origin and {off_when_decoded:.1f} from their cells): export it without decoding in inference"
        )
    return decoded


def _open(path: Path, *, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    # Threads wait busily for each other within a run, and sleep between runs: then the decoder needs the core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises classes of its own that share no base
        raise ModelInvalidError(
            f"{path.name} cannot be opened as an ONNX model ({str(error).splitlines()[0]}): "
            "take a YOLOX export in ONNX format"
        ) from error
