"""The thin residual network, guided by a detector's features of real pictures and by where the person is.

What is trained on synthetic pictures alone learns their ways; the guide has seen real ones, and cannot unlearn them. It
is used three times. It finds the person, and the network takes a closer look at the part of the picture that they fill.
Its maps of that part stand beside the network's own as further channels. And its foreground dims what is not the person
after every stage, so that the last map's means are means over the person: what stands behind them tells the camera.

Shape letters: N pictures, C channels, H height, W width, S stripes.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from reid_app.model.backbones import yolox
from reid_app.model.backbones.guide import Guide
from reid_app.model.backbones.slim_resnet import NUM_STRIPES, SlimResnet, stripe_means
from reid_app.model.embedder_config import GUIDE_GREY

REACH = 2.1
"""Half the side of the part that is looked at, in standard deviations of the foreground's height."""
SMALLEST_PART = 0.35
"""Of the picture's side: nobody is enlarged more."""
SURE = 0.02
"""Share of the picture from which on foreground is believed to be somebody."""
_WHOLE_FLOOR, _STRIPE_FLOOR = 0.02, 0.05
"""Added to the share of the person that means are divided by: where nobody is, they become zero."""


class GuidedSlimResnet(SlimResnet):
    """Pictures to a map of the person's features, a sixteenth of their height and width, and of the person's share."""

    def __init__(self) -> None:
        super().__init__(more_widths=[width for width, _ in yolox.STAGES])
        self.guide = Guide()
        self.guide_norms = nn.ModuleList(nn.BatchNorm2d(width) for width, _ in yolox.STAGES)

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Features, dimmed by the foreground, and the foreground as the last channel ``(N, C + 1, H / 16, W / 16)``."""
        with torch.no_grad():
            _, foreground_N1HW = self.guide(images_NCHW + GUIDE_GREY)
            closer_NCHW = closer_look(images_NCHW, foreground_N1HW=foreground_N1HW)
            maps_NCHW, foreground_N1HW = self.guide(closer_NCHW + GUIDE_GREY)
            sized_N1HW = functional.interpolate(foreground_N1HW, size=closer_NCHW.shape[2:], mode="bilinear")
        features_NCHW: Tensor = self.stem(closer_NCHW * sized_N1HW)
        for stage, norm, map_NCHW in zip(self.stages, self.guide_norms, maps_NCHW, strict=True):
            both_NCHW = torch.cat([stage(features_NCHW), norm(map_NCHW)], dim=1)
            height, width = both_NCHW.shape[2:]
            sized_N1HW = functional.adaptive_avg_pool2d(foreground_N1HW, (height, width)).to(both_NCHW.dtype)
            features_NCHW = both_NCHW * sized_N1HW
        return torch.cat([features_NCHW, sized_N1HW], dim=1)


class ForegroundPooling(nn.Module):
    """Means over the person, of the whole map and of its horizontal stripes, side by side; see `StripePooling`."""

    num_parts = 1 + NUM_STRIPES

    def forward(self, features_NCHW: Tensor) -> Tensor:
        """Features ``(N, (C - 1) * (1 + stripes))``; the last channel is the foreground that dimmed the others."""
        stripes_NCS = stripe_means(features_NCHW)
        dimmed_NCS, share_N1S = stripes_NCS[:, :-1], stripes_NCS[:, -1:]
        whole_NC = dimmed_NCS.mean(2) / (share_N1S.mean(2) + _WHOLE_FLOOR)
        return torch.cat([whole_NC, (dimmed_NCS / (share_N1S + _STRIPE_FLOOR)).flatten(1)], dim=1)


def closer_look(images_NCHW: Tensor, *, foreground_N1HW: Tensor) -> Tensor:
    """The part of each picture that the person fills, at the picture's size and with its aspect.

    The part's height follows from the standard deviation of the foreground's: it needs no threshold, and a few stray
    places hardly change it.

    Args:
        images_NCHW: Of any values.
        foreground_N1HW: In [0, 1], of any height and width.
    """
    height, width = foreground_N1HW.shape[2:]
    rows_NH, columns_NW = foreground_N1HW.sum((1, 3)), foreground_N1HW.sum((1, 2))
    total_N = rows_NH.sum(1)
    rows_H, columns_W = _places(height, like=rows_NH), _places(width, like=rows_NH)
    y_N1 = ((rows_NH * rows_H).sum(1) / (total_N + 1e-3)).unsqueeze(1)
    x_N1 = ((columns_NW * columns_W).sum(1) / (total_N + 1e-3)).unsqueeze(1)
    deviation_N1 = ((rows_NH * (rows_H - y_N1) ** 2).sum(1) / (total_N + 1e-3)).sqrt().unsqueeze(1)
    sureness_N1 = (total_N / (SURE * height * width)).clamp(max=1.0).unsqueeze(1)
    side_N1 = 1.0 - sureness_N1 * (1.0 - (REACH * deviation_N1).clamp(SMALLEST_PART, 1.0))
    x_N1, y_N1 = (torch.clamp(middle_N1, side_N1 - 1.0, 1.0 - side_N1) for middle_N1 in (x_N1, y_N1))
    height, width = images_NCHW.shape[2:]
    across_NW = x_N1 + side_N1 * _places(width, like=side_N1)
    down_NH = y_N1 + side_N1 * _places(height, like=side_N1)
    grid_NHW2 = torch.stack(
        [across_NW.unsqueeze(1).expand(-1, height, -1), down_NH.unsqueeze(2).expand(-1, -1, width)], dim=3
    )
    return functional.grid_sample(images_NCHW.float(), grid_NHW2, padding_mode="border", align_corners=False)


def _places(count: int, *, like: Tensor) -> Tensor:
    """Middles of so many equal parts of [-1, 1]."""
    return (torch.arange(count, dtype=like.dtype, device=like.device) + 0.5) * (2.0 / count) - 1.0
