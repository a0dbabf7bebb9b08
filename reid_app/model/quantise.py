"""int8 networks: ONNX Runtime's static quantisation, calibrated on real inputs."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray


def quantise(content: bytes, *, input_name: str, batches_B3HW: Sequence[NDArray[np.float32]]) -> bytes:
    """The same network with int8 weights (one scale a channel) and int8 activations.

    Args:
        content: An ONNX file.
        input_name: Of its only input.
        batches_B3HW: Inputs whose activations set the ranges; at least one.

    Returns:
        An ONNX file.
    """
    import onnxruntime.quantization as ort
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with TemporaryDirectory() as folder, _without_advice():
        given, prepared, made = (Path(folder) / name for name in ("given.onnx", "prepared.onnx", "made.onnx"))
        given.write_bytes(content)
        quant_pre_process(given, prepared, skip_symbolic_shape=True)
        ort.quantize_static(
            prepared,
            made,
            _Batches(input_name, batches_B3HW),
            quant_format=ort.QuantFormat.QDQ,
            activation_type=ort.QuantType.QUInt8,
            weight_type=ort.QuantType.QInt8,
            per_channel=True,
        )
        return made.read_bytes()


class _Batches:
    """What ONNX Runtime calls a calibration data reader."""

    def __init__(self, input_name: str, batches_B3HW: Sequence[NDArray[np.float32]]) -> None:
        self._feeds: Iterator[dict[str, NDArray[np.float32]]] = iter({input_name: batch} for batch in batches_B3HW)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._feeds, None)


@contextmanager
def _without_advice() -> Iterator[None]:
    """ONNX Runtime gives its advice (to prepare the network, which was done) through the root logger."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
