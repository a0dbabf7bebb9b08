"""A thin residual network of plain 3x3 convolutions.

Its early stages end with an instance normalisation behind the residual sum, which removes each picture's own contrast
and colour cast before the later stages see it: IBN-b of Pan et al., "Two at Once" (ECCV 2018, arXiv 1807.09441). Plain
convolutions are what a CPU does best: this trains several times as fast as networks of many small branches.

Shape letters: N pictures, C channels, H height, W width, S stripes.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

STEM_WIDTH = 32
STAGES = ((64, 2), (96, 2), (192, 1))
"""Width and number of blocks; each stage halves the picture, as the stem does before them."""
NUM_STRIPES = 4


def instance_norm(width: int) -> nn.GroupNorm:
    """Instance normalisation with learned scale and offset, in the form that is fast for channels-last tensors."""
    return nn.GroupNorm(width, width)


class Block(nn.Module):
    """Two 3x3 convolutions and a way past them."""

    def __init__(self, width_in: int, width: int, *, stride: int, is_normalised: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or width_in != width:
            self.shortcut = nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        self.instance_norm = instance_norm(width) if is_normalised else nn.Identity()

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Maps of the new width, smaller by the stride."""
        inner_NCHW = functional.relu(self.bn1(self.conv1(images_NCHW)))
        summed_NCHW = self.bn2(self.conv2(inner_NCHW)) + self.shortcut(images_NCHW)
        return functional.relu(self.instance_norm(summed_NCHW))


class SlimResnet(nn.Module):
    """Pictures to a map of features, a sixteenth of their height and width.

    Args:
        more_widths: Channels that come beside each stage's own, from elsewhere.
    """

    def __init__(self, *, more_widths: Sequence[int] = (0, 0, 0)) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM_WIDTH, 3, 2, 1, bias=False),
            instance_norm(STEM_WIDTH),
            nn.ReLU(),
        )
        self.stages = nn.ModuleList()
        width_in = STEM_WIDTH
        for index, ((width, num_blocks), more) in enumerate(zip(STAGES, more_widths, strict=True)):
            is_last = index == len(STAGES) - 1
            self.stages.append(_stage(width_in, width, num_blocks=num_blocks, is_normalised=not is_last))
            width_in = width + more
        self.feature_dim = width_in

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Map of features ``(N, C, H / 16, W / 16)``."""
        features_NCHW: Tensor = self.stem(images_NCHW)
        for stage in self.stages:
            features_NCHW = stage(features_NCHW)
        return features_NCHW


class StripePooling(nn.Module):
    """Means of the whole map and of its horizontal stripes, side by side: head, body and legs stay apart.

    Sun et al., "Beyond Part Models" (ECCV 2018, arXiv 1711.09349) cut the map in the same way.
    """

    num_parts = 1 + NUM_STRIPES

    def forward(self, features_NCHW: Tensor) -> Tensor:
        """Features ``(N, C * (1 + stripes))``."""
        stripes_NCS = stripe_means(features_NCHW)
        return torch.cat([stripes_NCS.mean(2), stripes_NCS.flatten(1)], dim=1)


def stripe_means(maps_NCHW: Tensor) -> Tensor:
    """Mean of each horizontal stripe ``(N, C, S)``."""
    return functional.adaptive_avg_pool2d(maps_NCHW, (NUM_STRIPES, 1)).flatten(2)


def _stage(width_in: int, width: int, *, num_blocks: int, is_normalised: bool) -> nn.Sequential:
    """Blocks of one width, the first of stride 2; the last one's sum is normalised where wished."""
    return nn.Sequential(
        *(
            Block(
                width if index else width_in,
                width,
                stride=1 if index else 2,
                is_normalised=is_normalised and index == num_blocks - 1,
            )
            for index in range(num_blocks)
        )
    )
