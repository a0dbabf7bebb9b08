"""How sure a classifier is of a sample's label: what attention and the weighting of cross entropy are made of.

Shape letters: B rows, T frames of a clip, I training identities.
"""

import torch
from torch import Tensor


def own_class_probability(logits_BI: Tensor, pids_B: Tensor) -> Tensor:
    """Softmax probability that the classifier gives to each row's own class.

    A constant: whoever weights by it is not to learn through it.

    Args:
        logits_BI: Outputs of the classifier, ``(B, I)``, or ``(B, T, I)`` for T frames of each row.
        pids_B: Training identity of each row, int64 in [0, I).

    Returns:
        In [0, 1], ``(B,)`` or ``(B, T)``, float32 at least.

    Raises:
        ValueError: The rows do not fit, or an identity is outside [0, I).

    Examples:
        >>> own_class_probability(torch.tensor([[0.0, 0.0], [0.0, 1.0986]]), torch.tensor([0, 1]))
        tensor([0.5000, 0.7500])
    """
    num_identities = logits_BI.shape[-1]
    if pids_B.shape != logits_BI.shape[:1]:
        raise ValueError(
            f"logits need one identity for each row, got {tuple(pids_B.shape)} for {tuple(logits_BI.shape)}"
        )
    if ((pids_B < 0) | (pids_B >= num_identities)).any():
        raise ValueError(f"identities must lie in [0, {num_identities}), got {pids_B.tolist()}: relabel them from 0")
    probability_BI = logits_BI.detach().softmax(-1, dtype=torch.promote_types(logits_BI.dtype, torch.float32))
    own_B1 = pids_B.view(-1, *[1] * (logits_BI.ndim - 1)).expand(*logits_BI.shape[:-1], 1)
    return probability_BI.gather(-1, own_B1).squeeze(-1)
