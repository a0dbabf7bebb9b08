"""The small network of the study: four convolution blocks, an embedding and a classifier."""

import torch
from torch import Tensor, nn

EMBEDDING_SIZE = 128


class SmallNetwork(nn.Module):
    """Pictures of 28 x 28 pixels to embeddings of 128 numbers, and embeddings to class logits.

    The convolutions run in bfloat16 (twice as fast on one core with AMX, same retrieval); embedding, classifier and
    losses run in float32. The classifier is the one of the paper: with bias, on un-normalised embeddings.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            *_block(16, 32),
            *_block(32, 32),
            *_block(32, 32),
            nn.Flatten(),
        ).to(memory_format=torch.channels_last)
        self.embedding = nn.Linear(32 * 2 * 2, EMBEDDING_SIZE)
        self.classifier = nn.Linear(EMBEDDING_SIZE, num_classes)

    def forward(self, pictures_BCHW: Tensor) -> Tensor:
        """Embeddings (B, 128), not normalised."""
        pictures_BCHW = pictures_BCHW.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            features_BD = self.convolutions(pictures_BCHW)
        embeddings_BD: Tensor = self.embedding(features_BD.float())
        return embeddings_BD


def _block(num_in: int, num_out: int) -> list[nn.Module]:
    """Convolution and halving; the maximum comes before the ReLU, which is the same and touches a quarter as much."""
    return [
        nn.Conv2d(num_in, num_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(num_out),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.ReLU(),
    ]
