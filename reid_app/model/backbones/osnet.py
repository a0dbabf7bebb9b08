"""OSNet: omni-scale features from streams of small convolutions under one shared gate.

Papers: Zhou, Yang, Cavallaro, Xiang, "Omni-Scale Feature Learning for Person Re-Identification", ICCV 2019,
arXiv 1905.00953 (section 3: lite 3x3 convolutions, figure 4; the block with its unified aggregation gate, figure 3 and
equation 3; table 1: the network), and "Learning Generalisable Omni-Scale Representations", arXiv 1910.06827 (where
instance normalisation goes: outside a block's residual, ``ibn``; inside it, at places found by search, ``ain``).

Parameters have the names of the public weights (torchreid's layout of OSNet), so that these load as they are.

Shape letters: N pictures, C channels, H height, W width, D feature size.
"""

from collections.abc import Sequence
from typing import Literal, get_args

from torch import Tensor, nn

from reid_app.model.embedder_config import OsnetName

FEATURE_DIM = 512

Placement = Literal["none", "outside", "inside"]
"""Where a block has instance normalisation: after its residual sum, or before."""
Stage = tuple[Placement, Placement]

_CHANNELS = {
    "x0_25": (16, 64, 96, 128),
    "x0_5": (32, 128, 192, 256),
    "x0_75": (48, 192, 288, 384),
    "x1_0": (64, 256, 384, 512),
}
_PLAIN: tuple[Stage, Stage, Stage] = (("none", "none"), ("none", "none"), ("none", "none"))
_IBN: tuple[Stage, Stage, Stage] = (("outside", "outside"), ("none", "none"), ("none", "none"))
_AIN: tuple[Stage, Stage, Stage] = (("inside", "inside"), ("none", "inside"), ("inside", "none"))

_GATE_REDUCTION = 16
_BOTTLENECK = 4


def make_osnet(name: OsnetName) -> "OSNet":
    """The OSNet of that name, with random weights."""
    if name not in get_args(OsnetName):
        raise ValueError(f"there is no OSNet {name!r}: there are {', '.join(get_args(OsnetName))}")
    kind, _, width = name.removeprefix("osnet_").rpartition("x")
    stages = {"": _PLAIN, "ibn_": _IBN, "ain_": _AIN}[kind]
    return OSNet(_CHANNELS[f"x{width}"], stages=stages, has_normal_stem=kind == "")


class OSNet(nn.Module):
    """Pictures ``(N, 3, H, W)`` to features ``(N, 512)``, not negative; H and W are divided by 16.

    Args:
        channels: Of the stem and of the three stages.
        stages: Where the two blocks of each stage have instance normalisation.
        has_normal_stem: Batch normalisation in the stem; else instance normalisation.
    """

    def __init__(self, channels: Sequence[int], *, stages: tuple[Stage, Stage, Stage], has_normal_stem: bool) -> None:
        super().__init__()
        stem, first, second, third = channels
        norm: nn.Module = nn.BatchNorm2d(stem) if has_normal_stem else nn.InstanceNorm2d(stem, affine=True)
        self.conv1 = _Conv(3, stem, kernel=7, stride=2, norm=norm)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.conv2 = nn.Sequential(*_blocks(stem, first, stages[0]), _transition(first))
        self.conv3 = nn.Sequential(*_blocks(first, second, stages[1]), _transition(second))
        self.conv4 = nn.Sequential(*_blocks(second, third, stages[2]))
        self.conv5 = _Conv(third, third)
        self.global_avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(nn.Linear(third, FEATURE_DIM), nn.BatchNorm1d(FEATURE_DIM), nn.ReLU())
        self.apply(_initialise)

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Features ``(N, 512)``."""
        maps_NCHW = self.maxpool(self.conv1(images_NCHW))
        maps_NCHW = self.conv5(self.conv4(self.conv3(self.conv2(maps_NCHW))))
        features_ND: Tensor = self.fc(self.global_avgpool(maps_NCHW).flatten(1))
        return features_ND


class _Conv(nn.Module):
    """Convolution without bias, normalisation, and ReLU unless it is linear."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        norm: nn.Module | None = None,
        is_linear: bool = False,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(out_channels) if norm is None else norm
        self.relu = nn.Identity() if is_linear else nn.ReLU()

    def forward(self, x_NCHW: Tensor) -> Tensor:
        y_NCHW: Tensor = self.relu(self.bn(self.conv(x_NCHW)))
        return y_NCHW


class _LiteConv(nn.Module):
    """Lite 3x3 convolution: pointwise without activation, then depthwise."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()

    def forward(self, x_NCHW: Tensor) -> Tensor:
        y_NCHW: Tensor = self.relu(self.bn(self.conv2(self.conv1(x_NCHW))))
        return y_NCHW


class _Gate(nn.Module):
    """Weights a stream's channels by what the whole picture shows; its parameters are shared by all streams."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.global_avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, channels // _GATE_REDUCTION, 1)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(channels // _GATE_REDUCTION, channels, 1)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        gate_NC11: Tensor = self.fc2(self.relu(self.fc1(self.global_avgpool(x_NCHW)))).sigmoid()
        return x_NCHW * gate_NC11


class _Block(nn.Module):
    """Four streams that see 3, 5, 7 and 9 pixels wide, summed under the gate, with a residual (equation 3)."""

    def __init__(self, in_channels: int, out_channels: int, *, instance_norm: Placement) -> None:
        super().__init__()
        middle = out_channels // _BOTTLENECK
        self.conv1 = _Conv(in_channels, middle)
        self.conv2a = _LiteConv(middle)
        self.conv2b = nn.Sequential(*(_LiteConv(middle) for _ in range(2)))
        self.conv2c = nn.Sequential(*(_LiteConv(middle) for _ in range(3)))
        self.conv2d = nn.Sequential(*(_LiteConv(middle) for _ in range(4)))
        self.gate = _Gate(middle)
        is_inside = instance_norm == "inside"
        self.conv3 = _Conv(middle, out_channels, norm=nn.Identity() if is_inside else None, is_linear=True)
        is_same = in_channels == out_channels
        self.downsample = nn.Identity() if is_same else _Conv(in_channels, out_channels, is_linear=True)
        self.IN = nn.Identity() if instance_norm == "none" else nn.InstanceNorm2d(out_channels, affine=True)
        self.is_inside = is_inside
        self.relu = nn.ReLU()

    def forward(self, x_NCHW: Tensor) -> Tensor:
        squeezed_NCHW = self.conv1(x_NCHW)
        streams = (self.conv2a, self.conv2b, self.conv2c, self.conv2d)
        gated = [self.gate(stream(squeezed_NCHW)) for stream in streams]
        residual_NCHW = self.conv3(gated[0] + gated[1] + gated[2] + gated[3])
        if self.is_inside:
            residual_NCHW = self.IN(residual_NCHW)
        sum_NCHW = residual_NCHW + self.downsample(x_NCHW)
        y_NCHW: Tensor = self.relu(sum_NCHW if self.is_inside else self.IN(sum_NCHW))
        return y_NCHW


def _blocks(in_channels: int, out_channels: int, stage: Stage) -> list[_Block]:
    first, second = stage
    return [
        _Block(in_channels, out_channels, instance_norm=first),
        _Block(out_channels, out_channels, instance_norm=second),
    ]


def _transition(channels: int) -> nn.Sequential:
    return nn.Sequential(_Conv(channels, channels), nn.AvgPool2d(2))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.01)
        nn.init.zeros_(module.bias)
