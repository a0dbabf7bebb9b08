"""The weights of the public OSNet x0.25 in ONNX, put back into torch's names.

The exporter folded most batch normalisations into the convolutions before them: such a normalisation becomes one that
only adds the folded offset.
"""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

EPSILON = 1e-5


def public_tensors(path: Path) -> dict[str, Tensor]:
    """Named tensors in torchreid's layout, without the counters of batches."""
    graph = onnx.load(path).graph
    stored = {part.name: torch.from_numpy(numpy_helper.to_array(part).copy()) for part in graph.initializer}
    tensors = {name: tensor for name, tensor in stored.items() if not name.startswith("onnx::")}
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1].startswith("onnx::"):
            # /conv2/conv2.0/conv2b/conv2b.1/conv2/Conv_output_0 is the module conv2.0.conv2b.1.conv2
            module = ".".join(part.rpartition(".")[2] for part in node.output[0].split("/")[1:-1])
            weight, offset = stored[node.input[1]], stored[node.input[2]]
            norm = f"{module.rpartition('.')[0]}.bn"
            tensors |= {
                f"{module}.weight": weight,
                f"{norm}.weight": torch.full_like(offset, (1 + EPSILON) ** 0.5),
                f"{norm}.bias": offset,
                f"{norm}.running_mean": torch.zeros_like(offset),
                f"{norm}.running_var": torch.ones_like(offset),
            }
    return tensors
