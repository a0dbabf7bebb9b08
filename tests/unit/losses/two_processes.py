"""One of the processes that train one step together: python -m tests.unit.losses.two_processes RANK COUNT FOLDER.

Each takes its share of one batch through a small network and the objective, both in `DistributedDataParallel`, and
writes total, terms and gradients to FOLDER/RANK.pt.
"""

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from reid_app.losses.config import Metric, ObjectiveConfig
from reid_app.losses.objective import JointObjective, ObjectiveTerms

METRICS: tuple[Metric, ...] = ("osm_caa", "osm", "triplet", "multi_similarity", "supcon", "circle", "none")
DIMENSION = 6


class SmallModel(nn.Module):
    """Frames of size 5 through one layer, their mean over time, and the objective."""

    def __init__(self, metric: Metric) -> None:
        super().__init__()
        self.backbone = nn.Linear(5, DIMENSION)
        self.objective = JointObjective(
            DIMENSION,
            num_identities=4,
            config=ObjectiveConfig(
                metric=metric, beta_frame=20.0, beta_tracklet="official", identity_weighting="gaussian"
            ),
        )

    def forward(self, clips: Tensor, mask: Tensor, pids: Tensor) -> ObjectiveTerms:
        features = self.backbone(clips)
        pooled = (features * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        terms: ObjectiveTerms = self.objective(
            frame_features_BTD=features,
            frame_logits_BTI=self.objective.frame_logits(features),
            pooled_BD=pooled,
            necked_BD=2.0 * pooled,
            mask_BT=mask,
            pids_B=pids,
        )
        return terms


def whole_batch() -> tuple[Tensor, Tensor, Tensor]:
    """Twelve tracklets of four identities; those of the first half are longer, so processes have unequal frames."""
    clips = torch.randn(12, 4, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    length = torch.tensor([4, 4, 3, 4, 4, 3, 1, 2, 1, 1, 2, 3])
    return clips, torch.arange(4) < length[:, None], torch.arange(12) % 4


def step(metric: Metric, *, rank: int, count: int) -> dict[str, Tensor]:
    """Total, terms and gradients of one step, by name; one process alone takes the whole batch, undistributed."""
    torch.manual_seed(0)
    model = SmallModel(metric).double()
    trained = DistributedDataParallel(model) if count > 1 else model
    found = trained(*(rows.chunk(count)[rank] for rows in whole_batch()))
    found.total.backward()
    gradients = {
        f"gradient of {name}": value.grad for name, value in model.named_parameters() if value.grad is not None
    }
    return {"total": found.total.detach(), **found.terms, **gradients}


def main(rank: int, count: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=count)
    torch.save({metric: step(metric, rank=rank, count=count) for metric in METRICS}, folder / f"{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
