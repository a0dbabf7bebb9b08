from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reid_app.errors import ModelInvalidError
from reid_app.model.onnx_network import OnnxNetwork
from tests.unit.model.people import RAW, stored
from tests.unit.model.tiny_onnx import DOUBLE, FLOAT16, INT64, Dim, channel_means, model, node, value


def network(folder: Path, content: bytes) -> OnnxNetwork:
    return OnnxNetwork(stored(folder, content), preprocess=RAW, threads=1)


def random_batch(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(count).normal(size=(count, 3, 16, 8)).astype(np.float32)


@pytest.mark.parametrize("keepdims", [False, True], ids=["(B, D)", "(B, D, 1, 1)"])
@pytest.mark.parametrize("batch", ["batch", 1, 4], ids=["free", "fixed 1", "fixed 4"])
@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_every_kind_of_batch_and_output_gives_the_same(tmp_path: Path, batch: Dim, keepdims: bool, count: int) -> None:
    made = network(tmp_path, channel_means(batch, keepdims=keepdims))
    pictures = random_batch(count)
    assert made.dimension == 3
    np.testing.assert_allclose(made.features(pictures), pictures.mean(axis=(2, 3), dtype=np.float64), atol=1e-6)


def test_free_height_and_width_take_the_preprocess_size(tmp_path: Path) -> None:
    made = network(tmp_path, channel_means(size=("height", "width")))
    assert made.features(random_batch(2)).shape == (2, 3)


PICTURES = value("input", ["batch", 3, 16, 8])
MEANS = node("ReduceMean", ["input"], "output", axes=(2, 3), keepdims=0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (channel_means(size=(32, 8)), r"input input is tensor\(float\) \(batch, 3, 32, 8\).*\(batch, 3, 16, 8\)"),
        (channel_means(0), r"input input .*\(0, 3, 16, 8\)"),
        (
            model([MEANS], [value("input", ["batch", 16, 8, 3])], [value("output", ["batch", 16])]),
            r"input input .*\(batch, 16, 8, 3\)",
        ),
        (
            model([node("Identity", ["input"], "output")], [value("input", [1, 3])], [value("output", [1, 3])]),
            r"input input .*\(1, 3\)",
        ),
        (
            model(
                [node("Identity", ["input"], "output")],
                [value("input", [1, 3, 16, 8], INT64)],
                [value("output", [1, 3, 16, 8], INT64)],
            ),
            r"input input is tensor\(int64\)",
        ),
        (
            model(
                [node("Cast", ["input"], "wide", to=DOUBLE), node("ReduceMean", ["wide"], "output", axes=(2, 3))],
                [PICTURES],
                [value("output", ["batch", 3, 1, 1], DOUBLE)],
            ),
            r"output output is tensor\(double\)",
        ),
        (
            model(
                [node("Cast", ["input"], "half", to=FLOAT16), node("GlobalAveragePool", ["half"], "output")],
                [PICTURES],
                [value("output", ["batch", 3, 1, 1], FLOAT16)],
            ),
            r"output output is tensor\(float16\)",
        ),
        (
            model(
                [node("Add", ["input", "more"], "sum"), node("ReduceMean", ["sum"], "output", axes=(2, 3))],
                [PICTURES, value("more", ["batch", 3, 16, 8])],
                [value("output", ["batch", 3, 1, 1])],
            ),
            r"must have one input, it has 2: input \(batch, 3, 16, 8\), more",
        ),
        (
            model(
                [MEANS, node("Neg", ["output"], "second")],
                [PICTURES],
                [value("output", ["batch", 3]), value("second", ["batch", 3])],
            ),
            r"must have one output, it has 2",
        ),
        (
            model([node("Relu", ["input"], "output")], [PICTURES], [value("output", ["batch", 3, 16, 8])]),
            r"output of \(2, 3, 16, 8\)",
        ),
        (
            model(
                [node("ReduceMean", ["input"], "output", axes=(3,), keepdims=0)],
                [PICTURES],
                [value("output", ["batch", 3, 16])],
            ),
            r"output of \(2, 3, 16\)",
        ),
        (
            model(
                [node("ReduceMean", ["input"], "output", axes=(0, 2, 3), keepdims=0)],
                [PICTURES],
                [value("output", ["features"])],
            ),
            r"output of \(3,\)",
        ),
        (
            model(
                [
                    node("ReduceMean", ["input"], "mean", axes=(2, 3), keepdims=0),
                    node("Flatten", ["mean"], "output", axis=0),
                ],
                [PICTURES],
                [value("output", ["rows", "features"])],
            ),
            r"output of \(1, 6\) for an input of \(2, 3, 16, 8\), expected \(2, D\)",
        ),
        (b"not a network", "cannot be loaded by ONNX Runtime"),
        (b"\x00", "cannot be loaded by ONNX Runtime"),
        (channel_means()[:-40], "cannot be loaded by ONNX Runtime"),
        (model([node("NoSuchOp", ["input"], "output")], [PICTURES], [value("output", ["batch", 3])]), "NoSuchOp"),
    ],
    ids=[
        "other size", "empty batch", "channels last", "two dimensions", "int64 input", "float64 output",
        "float16 output", "two inputs", "two outputs", "feature map", "three dimensions", "mean over the batch",
        "merged batch", "text", "one byte", "cut file", "unknown operator",
    ],
)  # fmt: skip
def test_refusals_name_the_file_and_the_shape(tmp_path: Path, content: bytes, said: str) -> None:
    file = stored(tmp_path, content)
    with pytest.raises(ModelInvalidError, match=said) as caught:
        OnnxNetwork(file, preprocess=RAW, threads=1)
    assert str(tmp_path / "tiny.onnx") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_width_that_changes_with_the_batch_is_refused(tmp_path: Path) -> None:
    """The Gram matrix of a batch: each row depends on its neighbours."""
    gram = model(
        [
            node("ReduceMean", ["input"], "means", axes=(2, 3), keepdims=0),
            node("Transpose", ["means"], "turned", perm=(1, 0)),
            node("MatMul", ["means", "turned"], "output"),
        ],
        [PICTURES],
        [value("output", ["batch", "features"])],
    )
    made = network(tmp_path, gram)
    with pytest.raises(ModelInvalidError, match=r"tiny\.onnx: a batch of 5 gave 5 features a picture, not 2"):
        made.features(random_batch(5))


def test_a_file_that_changed_since_it_was_checked_is_not_loaded(tmp_path: Path) -> None:
    file = stored(tmp_path, channel_means())
    file.path.write_bytes(channel_means(keepdims=True))
    with pytest.raises(ModelInvalidError, match=r"tiny\.onnx changed since it was checked"):
        OnnxNetwork(file, preprocess=RAW, threads=1)


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    file = stored(tmp_path, channel_means())
    file.path.unlink()
    with pytest.raises(ModelInvalidError, match=r"tiny\.onnx cannot be read: No such file"):
        OnnxNetwork(file, preprocess=RAW, threads=1)
