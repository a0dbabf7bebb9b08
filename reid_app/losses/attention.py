"""Class-aware attention (CAA): a sample that does not look like its label, as a classifier sees it, weighs little.

The classifier is a real one, trained jointly by cross entropy, with bias and on features that are NOT normalised. On
normalised features and class vectors without temperature the probabilities of 625 classes lie in 0.0016 .. 0.0043, and
attention does nothing.

Source: Wang et al., AAAI 2019, arXiv 1811.01459 (softmax form); the constants of the Gaussian form are those of the
authors' code: mean 1, sigma 0.68, so attention lies in [0.339, 1], flatter than the probability itself.

Shape letters: B rows.
"""

from typing import assert_never

import torch
from torch import Tensor

from reid_app.losses.config import Attention

GAUSSIAN_MEAN = 1.0
GAUSSIAN_SIGMA = 0.68


def attend(own_class_probability_B: Tensor, *, attention: Attention) -> Tensor:
    """Attention of each sample: the probability itself, or ``exp(-0.5 ((p - 1) / 0.68)^2)``.

    Examples:
        >>> attend(torch.tensor([0.0, 0.5, 1.0]), attention="gaussian")
        tensor([0.3391, 0.7631, 1.0000])
    """
    match attention:
        case "softmax":
            return own_class_probability_B
        case "gaussian":
            return (-0.5 * ((own_class_probability_B - GAUSSIAN_MEAN) / GAUSSIAN_SIGMA).square()).exp()
        case _:
            assert_never(attention)


def pair_attention(attention_B: Tensor) -> Tensor:
    """Attention of each pair: the smaller of its two, ``(B, B)``; one outlier is enough to silence a pair.

    Examples:
        >>> pair_attention(torch.tensor([0.2, 0.9, 0.5]))
        tensor([[0.2000, 0.2000, 0.2000],
                [0.2000, 0.9000, 0.5000],
                [0.2000, 0.5000, 0.5000]])
    """
    return torch.minimum(attention_B[:, None], attention_B[None, :])
