"""What a training optimises, as plain data: this module imports nothing that computes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Attention = Literal["softmax", "gaussian"]
Metric = Literal["osm_caa", "osm", "caa", "contrastive", "triplet", "multi_similarity", "supcon", "circle", "none"]
IdentityWeighting = Literal["none", "gaussian"]

Weight = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Beta = Weight | Literal["official"]


class ObjectiveConfig(BaseModel):
    """The whole objective: two identity losses and a metric loss on frames and on tracklets, each with its weight.

    ``total = ce_frame_weight * CE(frames) + ce_tracklet_weight * CE(tracklets)
    + beta_frame * metric(frames) + beta_tracklet * metric(tracklets)``
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: Metric = Field(
        default="osm_caa",
        description="The paper's loss, a part of it (osm, caa, contrastive), a baseline, or none.",
    )
    margin: float = Field(
        default=1.2,
        gt=0.0,
        le=2.0,
        description="Negatives farther apart than this rest; unit vectors are at most 2 apart. "
        "Read by osm_caa, osm, caa, contrastive.",
    )
    osm_sigma: float = Field(
        default=0.8,
        gt=0.0,
        allow_inf_nan=False,
        description="Width of soft mining, paper's form: sqrt(2) times the official code's. Read by osm_caa, osm.",
    )
    negative_weight: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="Share of the negatives in the loss, the positives have the rest. "
        "Read by osm_caa, osm, caa, contrastive.",
    )
    attention: Attention = Field(
        default="softmax",
        description="Attention of a sample: its own-class probability (paper), or a Gaussian of it (official code). "
        "Read by osm_caa, caa.",
    )
    triplet_margin: float = Field(
        default=0.3,
        ge=0.0,
        le=2.0,
        description="The nearest negative is to be farther than the farthest positive by this. Read by triplet.",
    )
    beta_frame: Beta = Field(
        default=1.0,
        description="Weight of the metric loss on frames; `official` is 1 / number of pairs, as in the authors' code.",
    )
    beta_tracklet: Beta = Field(default=1.0, description="Weight of the metric loss on tracklets, or `official`.")
    ce_frame_weight: Weight = Field(default=1.0, description="Weight of the cross entropy on frames.")
    ce_tracklet_weight: Weight = Field(default=1.0, description="Weight of the cross entropy on tracklets.")
    label_smoothing: float = Field(
        default=0.0, ge=0.0, lt=1.0, description="Share of the label spread over all classes."
    )
    identity_weighting: IdentityWeighting = Field(
        default="none",
        description="Weight of each sample in the cross entropies: equal, or the official code's Gaussian around an "
        "own-class probability of one half.",
    )
