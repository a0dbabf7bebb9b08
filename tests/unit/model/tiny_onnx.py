"""ONNX files of a few hundred bytes, written by hand, so that tests need no `onnx` package and no binary in the repo.

A protobuf message is a row of fields: a key (number << 3 | wire type), then a varint (wire type 0) or a length and as
many bytes (wire type 2). The numbers are those of the public `onnx.proto`.
"""

from collections.abc import Sequence

Dim = int | str
FLOAT, INT64, FLOAT16, DOUBLE = 1, 7, 10, 11


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _int(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes(number: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def node(op: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> bytes:
    """A NodeProto with integer attributes."""
    out = b"".join(_bytes(1, name) for name in inputs) + _bytes(2, output) + _bytes(4, op)
    for name, value in attributes.items():
        if isinstance(value, int):
            body = _int(3, value) + _int(20, 2)
        else:
            body = b"".join(_int(8, item) for item in value) + _int(20, 7)
        out += _bytes(5, _bytes(1, name) + body)
    return out


def value(name: str, shape: Sequence[Dim], kind: int = FLOAT) -> bytes:
    """A ValueInfoProto."""
    dims = b"".join(_bytes(1, _int(1, dim) if isinstance(dim, int) else _bytes(2, dim)) for dim in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _int(1, kind) + _bytes(2, dims)))


def model(nodes: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes]) -> bytes:
    """A ModelProto of opset 13."""
    graph = b"".join(_bytes(1, item) for item in nodes) + _bytes(2, "tiny")
    graph += b"".join(_bytes(11, item) for item in inputs) + b"".join(_bytes(12, item) for item in outputs)
    return _int(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _int(2, 13))


def channel_means(
    batch: Dim = "batch", *, size: tuple[Dim, Dim] = (16, 8), keepdims: bool = False, then: str | None = None
) -> bytes:
    """Mean of each channel: ``(batch, 3)`` or, with keepdims, ``(batch, 3, 1, 1)``; `then` is an op on the means."""
    output_shape: list[Dim] = [batch, 3, 1, 1] if keepdims else [batch, 3]
    nodes = [node("ReduceMean", ["input"], "means" if then else "output", axes=(2, 3), keepdims=int(keepdims))]
    if then:
        nodes.append(node(then, ["means"], "output"))
    return model(nodes, [value("input", [batch, 3, *size])], [value("output", output_shape)])
