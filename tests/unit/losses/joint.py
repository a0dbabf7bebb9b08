"""An objective with a batch of tracklets for it, some shorter than others."""

from dataclasses import dataclass

import torch
from torch import Tensor

from reid_app.losses.config import ObjectiveConfig
from reid_app.losses.objective import JointObjective, ObjectiveTerms


@dataclass(frozen=True, slots=True)
class TrackletBatch:
    features: Tensor
    pooled: Tensor
    necked: Tensor
    mask: Tensor
    pids: Tensor

    def terms(self, objective: JointObjective) -> ObjectiveTerms:
        terms: ObjectiveTerms = objective(
            frame_features_BTD=self.features,
            frame_logits_BTI=objective.frame_logits(self.features),
            pooled_BD=self.pooled,
            necked_BD=self.necked,
            mask_BT=self.mask,
            pids_B=self.pids,
        )
        return terms


def tracklet_batch(*, seed: int = 0) -> TrackletBatch:
    """Six tracklets of three frames at most, three identities of four, features of size 5."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(6, 3, 5, generator=generator, dtype=torch.float64)
    pooled, necked = (torch.randn(6, 5, generator=generator, dtype=torch.float64) for _ in range(2))
    mask = torch.tensor([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1], [1, 0, 1], [1, 1, 1]]).bool()
    return TrackletBatch(features, pooled, necked, mask, torch.tensor([0, 0, 2, 2, 3, 3]))


def joint_objective(config: ObjectiveConfig, *, seed: int = 0) -> JointObjective:
    """For features of size 5 and four identities, in float64."""
    torch.manual_seed(seed)
    return JointObjective(5, num_identities=4, config=config).double()
