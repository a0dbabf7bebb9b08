"""torch's exporter, and nothing in the file but the network.

Shape letters: N pictures, H height, W width.
"""

import torch
from torch import nn

from reid_app.model.config import Preprocess

INPUT, OUTPUT = "images", "features"


def to_onnx(network: nn.Module, *, preprocess: Preprocess) -> bytes:
    """A network from pictures ``(N, 3, H, W)`` to features ``(N, D)`` as an ONNX file with free N.

    Args:
        network: In evaluation mode, on the CPU; its only argument is the pictures.
        preprocess: Says H and W.
    """
    example_N3HW = torch.zeros(2, 3, preprocess.height, preprocess.width)
    program = torch.onnx.export(
        network,
        (example_N3HW,),
        dynamo=True,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        input_names=[INPUT],
        output_names=[OUTPUT],
        verbose=False,
    )
    if program is None:
        raise TypeError("torch's exporter gave no program")
    model = program.model_proto
    # The exporter notes for each node where in the source it came from: paths of this machine, and half of the file.
    graph = model.graph
    for part in (*graph.node, *graph.value_info, *graph.initializer, *graph.input, *graph.output, graph):
        del part.metadata_props[:]
    content: bytes = model.SerializeToString()
    return content
