"""A frame-level network in ONNX Runtime: an input batch in, one feature vector a picture out.

Shape letters: B batch, D feature size, H height, W width.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import ModelInvalidError
from reid_app.model.config import Preprocess
from reid_app.model.places import ModelFile

Shape = list[int | str | None]
"""As the file declares it; a name or None is a free dimension."""


class OnnxNetwork:
    """One float32 input ``(batch, 3, H, W)``, one float32 output ``(batch, D)`` or ``(batch, D, 1, 1)``.

    The batch may be free or fixed: a fixed one of 1 is looped, a fixed one of n is filled up with copies of the last
    picture, whose rows are thrown away. One try at construction shows that the file keeps what it declares.

    Args:
        file: A checked file.
        preprocess: Its size is what the network will be given.
        threads: Threads of ONNX Runtime. They do not spin while they wait: this machine has other work.

    Raises:
        ModelInvalidError: The file is no ONNX network, or has other inputs or outputs. The message names the file and
            the shape.
    """

    def __init__(self, file: ModelFile, *, preprocess: Preprocess, threads: int) -> None:
        self._path = file.path
        self._session = _open_session(file, threads=threads)
        self._input_name, self._fixed_batch = self._check_input(preprocess)
        self._check_output()
        tried = self._fixed_batch or 2
        probe_B3HW = np.zeros((tried, 3, preprocess.height, preprocess.width), np.float32)
        self._dimension: int = self._run(probe_B3HW).shape[1]

    @property
    def dimension(self) -> int:
        """D of the frame features."""
        return self._dimension

    def features(self, batch_B3HW: NDArray[np.float32]) -> NDArray[np.float32]:
        """Frame features ``(B, D)`` as the network gives them: not normalised, NaN and infinity not looked for.

        Raises:
            ModelInvalidError: The network failed, or gave another shape than at construction.
        """
        step = self._fixed_batch or max(1, len(batch_B3HW))
        features_BD = np.empty((len(batch_B3HW), self._dimension), np.float32)
        for start in range(0, len(batch_B3HW), step):
            part = batch_B3HW[start : start + step]
            missing = step - len(part) if self._fixed_batch else 0
            given = np.concatenate([part, np.repeat(part[-1:], missing, axis=0)]) if missing else part
            output_BD = self._run(given)
            if output_BD.shape[1] != self._dimension:
                raise ModelInvalidError(
                    f"{self._path}: a batch of {len(given)} gave {output_BD.shape[1]} features a picture, "
                    f"not {self._dimension} as before: the model must be exported again"
                )
            features_BD[start : start + step] = output_BD[: len(part)]
        return features_BD

    def _check_input(self, preprocess: Preprocess) -> tuple[str, int | None]:
        node = self._only(self._session.get_inputs(), "input")
        wanted = f"float32 (batch, 3, {preprocess.height}, {preprocess.width})"
        size = (3, preprocess.height, preprocess.width)
        fits = len(node.shape) == 4 and all(_fits(d, n) for d, n in zip(node.shape[1:], size, strict=True))
        if node.type != "tensor(float)" or not fits or node.shape[0] == 0:
            raise ModelInvalidError(
                f"{self._path}: input {node.name} is {node.type} {_say(node.shape)}, its preprocess gives {wanted}"
            )
        batch = node.shape[0]
        return node.name, batch if isinstance(batch, int) else None

    def _check_output(self) -> None:
        node = self._only(self._session.get_outputs(), "output")
        if node.type != "tensor(float)":
            raise ModelInvalidError(
                f"{self._path}: output {node.name} is {node.type} {_say(node.shape)}, expected float32: export it again"
            )

    def _only(self, nodes: list[Any], what: str) -> Any:
        if len(nodes) != 1:
            named = ", ".join(f"{node.name} {_say(node.shape)}" for node in nodes)
            raise ModelInvalidError(f"{self._path} must have one {what}, it has {len(nodes)}: {named}")
        return nodes[0]

    def _run(self, batch_B3HW: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            (output,) = self._session.run(None, {self._input_name: batch_B3HW})
        except Exception as error:  # ONNX Runtime's own errors have no base but Exception
            raise ModelInvalidError(f"{self._path} failed on an input of {batch_B3HW.shape}: {error}") from error
        output = np.asarray(output)
        if output.ndim not in (2, 4) or output.shape[0] != len(batch_B3HW) or output.shape[2:] not in ((), (1, 1)):
            raise ModelInvalidError(
                f"{self._path} gave an output of {output.shape} for an input of {batch_B3HW.shape}, "
                f"expected ({len(batch_B3HW)}, D) or ({len(batch_B3HW)}, D, 1, 1)"
            )
        return np.asarray(output.reshape(output.shape[:2]), np.float32)


def _open_session(file: ModelFile, *, threads: int) -> Any:
    import onnxruntime  # 0.15 s, and not needed by the colour encoder

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads wait busily for each other within a run, and sleep between runs: searches need the cores too.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    content = file.read()
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors have no base but Exception
        raise ModelInvalidError(f"{file.path} cannot be loaded by ONNX Runtime: {error}") from error


def _fits(declared: int | str | None, wanted: int) -> bool:
    return not isinstance(declared, int) or declared == wanted


def _say(shape: Shape) -> str:
    return "(" + ", ".join("?" if d is None else str(d) for d in shape) + ")"
