"""The guide: a detector's features of real pictures, and where in a picture the person is.

The features are the frozen beginning of YOLOX-nano, which has seen real pictures of everything. On them stands a small
head that tells the person from what is around them and from others who stand in front. It learns that from the masks
of synthetic people, and because it sees through the detector's features, it finds real people as well.

Shape letters: N pictures, C channels, H height, W width.
"""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional

from reid_app.model.backbones.yolox import STAGES, YoloxTrunk

PREFIX = "guide."
"""Before the names of a guide's weights, in its own file and in the networks that it guides."""
_WIDTH = 32
_SHARPNESS, _LENIENCE = 3.0, 0.5
"""Logits are raised by the second and multiplied by the first: places in doubt count as the person, and few stay in
between, where they would let through half of what is behind."""


class ForegroundHead(nn.Module):
    """From the coarsest of the trunk's maps to the finest: how sure each place is of the person."""

    def __init__(self) -> None:
        super().__init__()
        widths = [width for width, _ in STAGES]
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths)
        self.laterals = nn.ModuleList(nn.Conv2d(width, _WIDTH, 1) for width in widths)
        self.merge = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)
        self.logit = nn.Conv2d(_WIDTH, 1, 3, padding=1)

    def forward(self, maps_NCHW: list[Tensor]) -> Tensor:
        """Logits ``(N, 1, H, W)`` of the size of the first map.

        Args:
            maps_NCHW: As `YoloxTrunk` gives them.
        """
        fine, middle, coarse = (
            lateral(norm(map_NCHW))
            for lateral, norm, map_NCHW in zip(self.laterals, self.norms, maps_NCHW, strict=True)
        )
        middle = functional.relu(_doubled(coarse) + middle)
        fine = functional.relu(_doubled(middle) + fine)
        logits_N1HW: Tensor = self.logit(functional.relu(self.merge(fine)))
        return logits_N1HW


class Guide(nn.Module):
    """Pictures to a detector's maps, and to the share of the person in each place of the finest of them."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = YoloxTrunk()
        self.foreground = ForegroundHead()
        self.requires_grad_(False)

    def forward(self, images_NCHW: Tensor) -> tuple[list[Tensor], Tensor]:
        """Maps of the widths in `yolox.STAGES`, and the foreground ``(N, 1, H / 4, W / 4)`` in [0, 1].

        Args:
            images_NCHW: Blue, green, red in [0, 255]; height and width divisible by 16.
        """
        maps_NCHW = self.trunk(images_NCHW)
        logits_N1HW = self.foreground(maps_NCHW).float()
        return maps_NCHW, (_SHARPNESS * (logits_N1HW + _LENIENCE)).sigmoid()

    def train(self, mode: bool = True) -> "Guide":
        """Stays as it is served, statistics too: nothing here learns along with the network that it guides."""
        return super().train(False)


def is_guide(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the weights are a guide's alone."""
    return all(name.startswith(PREFIX) for name in tensors)


def _doubled(maps_NCHW: Tensor) -> Tensor:
    return functional.interpolate(maps_NCHW, scale_factor=2, mode="bilinear")
