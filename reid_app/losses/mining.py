"""Online soft mining (OSM): instead of picking pairs, every pair gets a weight from its distance.

Near positives and near negatives weigh most. A near positive is one that lies on the manifold of its class, which is
extended from there instead of pulled into a point; a near negative is the hard one.

Source: Wang et al., AAAI 2019, arXiv 1811.01459. Its official code writes the positive weight as a normal density,
``exp(-0.5 (d / sigma)^2)``: the paper's sigma is sqrt(2) times the code's. The code's 0.8 (CUB-200, CARS196), 1.0
(MARS) and 0.6 (LPW) are 1.131, 1.414 and 0.849 here.
"""

from torch import Tensor


def mine_positives(distance_BB: Tensor, *, sigma: float) -> Tensor:
    """Weight of each pair as a positive: ``exp(-d^2 / sigma^2)``, in (0, 1].

    Examples:
        >>> import torch
        >>> mine_positives(torch.tensor([0.0, 0.8]), sigma=0.8)
        tensor([1.0000, 0.3679])
    """
    return (-(distance_BB / sigma).square()).exp()


def mine_negatives(distance_BB: Tensor, *, margin: float) -> Tensor:
    """Weight of each pair as a negative: ``max(0, margin - d)``; zero beyond the margin.

    Examples:
        >>> import torch
        >>> mine_negatives(torch.tensor([0.2, 1.5]), margin=1.2)
        tensor([1., 0.])
    """
    return (margin - distance_BB).relu()
