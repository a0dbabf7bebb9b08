"""YOLOX-like ONNX files written by hand, so that tests need no `onnx` package and no binary in the repo.

A protobuf message is a row of fields: a key (number << 3 | wire type), then a varint (wire type 0) or a length and as
many bytes (wire type 2). The numbers are those of the public `onnx.proto`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FLOAT, DOUBLE = 1, 11
NUM_CELLS = 64 + 16 + 4
"""Of an input of 64 by 64 pixels."""


def raw_output(num_classes: int = 80, *, num_cells: int = NUM_CELLS) -> NDArray[np.float32]:
    """An output without people: every box sits in the middle of its cell and is a cell wide."""
    output = np.zeros((1, num_cells, 5 + num_classes), np.float32)
    output[..., :2] = 0.5
    return output


def yolox_file(
    output: NDArray[np.float32],
    *,
    input_shape: Sequence[int | str] = (1, 3, 64, 64),
    kind: int = FLOAT,
    spoilt_by_black: bool = False,
) -> bytes:
    """A network that gives one output whatever it sees; or NaN when a pixel is black."""
    axes = _int(20, 2) + _int(3, 0)
    least = _bytes(1, "images") + _bytes(2, "least") + _bytes(4, "ReduceMin") + _bytes(5, _bytes(1, "keepdims") + axes)
    other = "least" if spoilt_by_black else "one"
    one = _bytes(1, "least") + _bytes(1, other) + _bytes(2, "factor") + _bytes(4, "Div" if spoilt_by_black else "Min")
    nodes = [least, one, _bytes(1, "constant") + _bytes(1, "factor") + _bytes(2, "output") + _bytes(4, "Mul")]
    tensors = [_tensor("constant", output, kind), _tensor("one", np.float32(1.0), kind)]
    graph = b"".join(_bytes(1, node) for node in nodes) + _bytes(2, "tiny")
    graph += b"".join(_bytes(5, tensor) for tensor in tensors)
    graph += _bytes(11, _value("images", input_shape, kind)) + _bytes(12, _value("output", output.shape, kind))
    return _int(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _int(2, 13))


def _tensor(name: str, values: NDArray[np.float32] | np.float32, kind: int) -> bytes:
    array = np.asarray(values, np.float64 if kind == DOUBLE else np.float32)
    dims = b"".join(_int(1, side) for side in array.shape)
    return dims + _int(2, kind) + _bytes(8, name) + _bytes(9, array.tobytes())


def _value(name: str, shape: Sequence[int | str], kind: int) -> bytes:
    dims = b"".join(_bytes(1, _int(1, side) if isinstance(side, int) else _bytes(2, side)) for side in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _int(1, kind) + _bytes(2, dims)))


def _int(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes(number: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
