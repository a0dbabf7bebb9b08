"""What training optimises: two classifiers with cross entropy, and one metric loss on frames and on tracklets.

As in the official code of arXiv 1811.01459, class vectors are trained by cross entropy only; the metric loss reads the
classifiers' probabilities as constants. That code also divides each metric loss by its number of pairs (1,431 for 54
frames, 15 for 6 tracklets), which leaves it tiny beside the cross entropies: `official` as a weight does the same.

Shape letters: B tracklets of the batch, T frames of a clip, D feature size, I training identities, N frames that are no
padding, or tracklets, of all processes.
"""

from dataclasses import dataclass
from typing import assert_never

import torch
from torch import Tensor, nn

from reid_app.losses.circle import CircleLoss
from reid_app.losses.config import Beta, ObjectiveConfig
from reid_app.losses.gathering import gather_rows
from reid_app.losses.identity import identity_loss, identity_weights
from reid_app.losses.multi_similarity import MultiSimilarityLoss
from reid_app.losses.osm_caa import OsmCaaLoss
from reid_app.losses.probability import own_class_probability
from reid_app.losses.supcon import SupConLoss
from reid_app.losses.triplet import TripletLoss


@dataclass(frozen=True, slots=True)
class ObjectiveTerms:
    """The loss of one batch, and what it is made of. The same in every process."""

    total: Tensor
    """Scalar to call ``backward`` on."""
    terms: dict[str, Tensor]
    """For logs, before weights and without gradient: ``ce_frames``, ``ce_tracklets`` and, unless the metric is none,
    ``metric_frames``, ``metric_tracklets``."""


def build_metric_loss(config: ObjectiveConfig) -> nn.Module | None:
    """The metric loss of a configuration, None for ``none``."""
    match config.metric:
        case "osm_caa" | "osm" | "caa" | "contrastive":
            return OsmCaaLoss(
                margin=config.margin,
                osm_sigma=config.osm_sigma,
                negative_weight=config.negative_weight,
                mining=config.metric in ("osm_caa", "osm"),
                attention=config.attention if config.metric in ("osm_caa", "caa") else None,
            )
        case "triplet":
            return TripletLoss(margin=config.triplet_margin)
        case "multi_similarity":
            return MultiSimilarityLoss()
        case "supcon":
            return SupConLoss()
        case "circle":
            return CircleLoss()
        case "none":
            return None
        case _:
            assert_never(config.metric)


def weight_of_metric(beta: Beta, *, num_rows: int) -> float:
    """Weight of a metric loss over this many rows; `official` is one over their number of pairs.

    Examples:
        >>> weight_of_metric(2.0, num_rows=54), 1 / weight_of_metric("official", num_rows=54)
        (2.0, 1431.0)
    """
    return 1.0 / max(num_rows * (num_rows - 1) // 2, 1) if beta == "official" else beta


class JointObjective(nn.Module):
    """Cross entropy and metric loss on frames and tracklets. Owns the two classifiers, which training alone needs.

    Both classifiers have a bias and read features that are not normalised: frame features as the backbone gives them,
    and pooled features behind the neck. The metric loss reads frame features, and pooled features before the neck.
    Across processes each computes the loss of the whole batch (`gathering` says who scales the gradient).
    """

    def __init__(self, feature_dim: int, *, num_identities: int, config: ObjectiveConfig) -> None:
        super().__init__()
        self.config = config
        self.frame_classifier = nn.Linear(feature_dim, num_identities)
        self.tracklet_classifier = nn.Linear(feature_dim, num_identities)
        self.metric_loss = build_metric_loss(config)

    def frame_logits(self, frame_features_BTD: Tensor) -> Tensor:
        """Outputs of the frame classifier, ``(B, T, I)``."""
        return self.frame_classifier(frame_features_BTD)  # type: ignore[no-any-return]

    def tracklet_logits(self, necked_BD: Tensor) -> Tensor:
        """Outputs of the tracklet classifier, ``(B, I)``."""
        return self.tracklet_classifier(necked_BD)  # type: ignore[no-any-return]

    def forward(
        self,
        *,
        frame_features_BTD: Tensor,
        frame_logits_BTI: Tensor,
        pooled_BD: Tensor,
        necked_BD: Tensor,
        mask_BT: Tensor,
        pids_B: Tensor,
    ) -> ObjectiveTerms:
        """Loss of one batch.

        Args:
            frame_features_BTD: From the backbone.
            frame_logits_BTI: What `frame_logits` gave for them.
            pooled_BD: Pooled over time, before the neck.
            necked_BD: Behind the neck.
            mask_BT: True for frames, False for padding, which counts nowhere.
            pids_B: Training identity of each tracklet, int64 in [0, I).

        Raises:
            ValueError: Shapes do not fit, or an identity is outside [0, I).
        """
        config = self.config
        tracklet_logits_BI = self.tracklet_logits(necked_BD)
        tracklet_probability_B = own_class_probability(tracklet_logits_BI, pids_B)
        frame_probability_BT = own_class_probability(frame_logits_BTI, pids_B)
        pids_BT = pids_B[:, None].expand_as(mask_BT)
        terms = {
            "ce_frames": self._identity_loss(
                frame_logits_BTI[mask_BT], pids_N=pids_BT[mask_BT], probability_N=frame_probability_BT[mask_BT]
            ),
            "ce_tracklets": self._identity_loss(
                tracklet_logits_BI, pids_N=pids_B, probability_N=tracklet_probability_B
            ),
        }
        weights = {"ce_frames": config.ce_frame_weight, "ce_tracklets": config.ce_tracklet_weight}
        if self.metric_loss is not None:
            is_frame_BT = gather_rows(mask_BT)
            frames = [gather_rows(rows)[is_frame_BT] for rows in (frame_features_BTD, pids_BT, frame_probability_BT)]
            tracklets = [gather_rows(rows) for rows in (pooled_BD, pids_B, tracklet_probability_B)]
            for name, beta, (embeddings_ND, pids_N, probability_N) in (
                ("metric_frames", config.beta_frame, frames),
                ("metric_tracklets", config.beta_tracklet, tracklets),
            ):
                terms[name] = self.metric_loss(embeddings_ND, pids_B=pids_N, own_class_probability_B=probability_N)
                weights[name] = weight_of_metric(beta, num_rows=len(embeddings_ND))
        total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        return ObjectiveTerms(total, {name: term.detach() for name, term in terms.items()})

    def _identity_loss(self, logits_NI: Tensor, *, pids_N: Tensor, probability_N: Tensor) -> Tensor:
        return identity_loss(
            logits_NI,
            pids_N=pids_N,
            weight_N=identity_weights(probability_N, weighting=self.config.identity_weighting),
            label_smoothing=self.config.label_smoothing,
        )
