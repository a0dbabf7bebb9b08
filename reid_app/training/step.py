"""From a batch to its loss: the method, in the order of the paper.

Shape letters: B tracklets, T frames of a clip, D feature size, I training identities.
"""

from torch import nn

from reid_app.data.clips import ClipBatch
from reid_app.losses.objective import JointObjective, ObjectiveTerms
from reid_app.losses.probability import own_class_probability
from reid_app.model.embedder import TrackletEmbedder


class TrainingStep(nn.Module):
    """The network and its objective as one module, so that all that is learned has one home."""

    def __init__(self, model: TrackletEmbedder, *, objective: JointObjective) -> None:
        super().__init__()
        self.model = model
        self.objective = objective

    def forward(self, batch: ClipBatch) -> ObjectiveTerms:
        """Loss of one batch, and its terms."""
        frame_features_BTD = self.model.frames(batch.clips_BTCHW)
        frame_logits_BTI = self.objective.frame_logits(frame_features_BTD)
        pooled_BD = self.model.pool(
            frame_features_BTD,
            mask_BT=batch.mask_BT,
            quality_BT=batch.quality_BT,
            own_class_probability_BT=own_class_probability(frame_logits_BTI, batch.pids_B),
        )
        terms: ObjectiveTerms = self.objective(
            frame_features_BTD=frame_features_BTD,
            frame_logits_BTI=frame_logits_BTI,
            pooled_BD=pooled_BD,
            necked_BD=self.model.neck(pooled_BD),
            mask_BT=batch.mask_BT,
            pids_B=batch.pids_B,
        )
        return terms
