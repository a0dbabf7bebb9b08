"""What every frame backbone is.

Shape letters: N pictures, C channels, H height, W width, D feature size.
"""

from torch import Tensor, nn


class Backbone(nn.Module):
    """A network from pictures to frame features.

    Args:
        trunk: Its parameters have the names of the public weights.
        head: From the trunk's output to features ``(N, D)``; always starts from random weights.
        feature_dim: D.
        unused: Beginnings of names in the public weights that the trunk has no use for, such as a classifier's.
    """

    def __init__(self, trunk: nn.Module, *, head: nn.Module, feature_dim: int, unused: tuple[str, ...]) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.feature_dim = feature_dim
        self.unused = unused

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Frame features ``(N, D)``."""
        features_ND: Tensor = self.head(self.trunk(images_NCHW))
        return features_ND
