"""The first stages of YOLOX-nano, an object detector: features of real pictures that nobody's identity went into.

Network: Ge et al., "YOLOX" (arXiv 2107.08430), on the stages of Wang et al., "CSPNet" (arXiv 1911.11929). The public
weights are Apache-2.0 and were trained to detect the 80 kinds of objects of COCO. Their ONNX export has the batch
normalisations folded into the convolutions, so convolutions have offsets here.

Shape letters: N pictures, C channels, H height, W width.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from reid_app.errors import ModelInvalidError
from reid_app.model.weight_files import read_model_file

STAGES = ((32, 1), (64, 3), (128, 3))
"""Width and number of bottlenecks."""


class Convolution(nn.Module):
    """A convolution with offset, and SiLU."""

    def __init__(self, width_in: int, width: int, *, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width_in, width, kernel, stride, kernel // 2, groups=groups)

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Maps of the new width, smaller by the stride."""
        return functional.silu(self.conv(images_NCHW))


class Bottleneck(nn.Module):
    """A 1x1 and a separable 3x3 convolution, and a way past them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = Convolution(width, width)
        self.conv2 = _separable(width, width)

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Maps of the same shape."""
        refined_NCHW: Tensor = self.conv2(self.conv1(images_NCHW))
        return images_NCHW + refined_NCHW


class CspLayer(nn.Module):
    """Two ways of half the width, one through bottlenecks, joined by a 1x1 convolution."""

    def __init__(self, width: int, *, num_bottlenecks: int) -> None:
        super().__init__()
        self.conv1 = Convolution(width, width // 2)
        self.conv2 = Convolution(width, width // 2)
        self.bottlenecks = nn.Sequential(*(Bottleneck(width // 2) for _ in range(num_bottlenecks)))
        self.conv3 = Convolution(width, width)

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Maps of the same shape."""
        ways = (self.bottlenecks(self.conv1(images_NCHW)), self.conv2(images_NCHW))
        joined_NCHW: Tensor = self.conv3(torch.cat(ways, dim=1))
        return joined_NCHW


class YoloxTrunk(nn.Module):
    """Pictures to maps of features at a quarter, an eighth and a sixteenth of their height and width."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(12, 16, kernel=3)
        self.stages = nn.ModuleList(
            nn.Sequential(_separable(width // 2, width, stride=2), CspLayer(width, num_bottlenecks=count))
            for width, count in STAGES
        )

    def forward(self, images_NCHW: Tensor) -> list[Tensor]:
        """One map of each width in `STAGES`.

        Args:
            images_NCHW: Blue, green, red in [0, 255]; height and width divisible by 16.
        """
        maps_NCHW = [self.stem(_folded(images_NCHW))]
        for stage in self.stages:
            maps_NCHW.append(stage(maps_NCHW[-1]))
        return maps_NCHW[1:]


def load_yolox_nano(trunk: YoloxTrunk, *, path: Path) -> None:
    """Fill the trunk from the standard ONNX export of YOLOX-nano, whose convolutions stand in the order of the trunk's.

    Raises:
        ModelMissingError: There is no such file.
        ModelInvalidError: It is no ONNX file, or its first convolutions have other shapes.
    """
    import onnx  # seconds, and needed here alone
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx.load_from_string(read_model_file(path)).graph
    except DecodeError as error:
        raise ModelInvalidError(f"{path} is no ONNX file: give the standard export of YOLOX-nano") from error
    arrays = {tensor.name: torch.tensor(onnx.numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    given = [[arrays.get(name) for name in node.input[1:3]] for node in graph.node if node.op_type == "Conv"]
    own = [[module.weight, module.bias] for module in trunk.modules() if isinstance(module, nn.Conv2d)]
    for pair, parameters in zip(given + [[None, None]] * len(own), own, strict=False):
        for array, parameter in zip(pair, parameters, strict=True):
            if array is None or parameter is None or array.shape != parameter.shape:
                raise ModelInvalidError(f"{path} is not the standard export of YOLOX-nano: its convolutions differ")
            parameter.data.copy_(array)


def _separable(width_in: int, width: int, *, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution of each channel for itself, then one of 1x1 across channels."""
    return nn.Sequential(
        Convolution(width_in, width_in, kernel=3, stride=stride, groups=width_in),
        Convolution(width_in, width),
    )


def _folded(images_NCHW: Tensor) -> Tensor:
    """Each 2x2 square of pixels as one of four times the channels: upper left, lower left, upper right, lower right."""
    left, right = images_NCHW[..., ::2], images_NCHW[..., 1::2]
    return torch.cat([left[..., ::2, :], left[..., 1::2, :], right[..., ::2, :], right[..., 1::2, :]], dim=1)
