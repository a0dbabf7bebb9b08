"""The losses under study by name, each with the values among which its development alphabet chooses."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from torch import nn

from reid_app.losses.multi_similarity import MultiSimilarityLoss
from reid_app.losses.osm_caa import OsmCaaLoss
from reid_app.losses.supcon import SupConLoss
from reid_app.losses.triplet import TripletLoss

Probability = Literal["classifier", "with-gradient", "normalised"]
"""Where a picture's own-class probability comes from: the jointly trained classifier, as a constant; the same with
gradient; or normalised embeddings and class vectors without a temperature (mistake 2 of the public ports)."""

Group = Literal["loss", "form", "follow-up"]
"""A loss of its own, another form of OSM+CAA, or a question that the study's first results raised."""

BETAS = (2.0, 10.0, 50.0)
BETAS_OF_LARGE_LOSSES = (0.5, 3.0, 20.0)
"""For losses whose values and gradients are several times those of the contrastive family."""
LEARNING_RATE = 1e-3
LEARNING_RATES = (5e-4, 1e-3, 2e-3)
FASTER = 2e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One loss of the study. The tuned value is beta, the weight of the metric loss, or the learning rate."""

    name: str
    title: str
    metric: Callable[[], nn.Module] | None
    """Builds the metric loss; None for cross entropy alone."""
    probability: Probability = "classifier"
    joint_ce: bool = True
    """False: the classifier learns from the embeddings, but they learn nothing from it."""
    tuned: Literal["beta", "learning_rate"] = "beta"
    values: tuple[float, ...] = BETAS
    full_grid: bool = False
    """On all conditions; otherwise on clean labels and 40 % wrong labels."""
    group: Group = "loss"
    learning_rate: float = LEARNING_RATE
    """Where beta is tuned."""


_AT_ONE_RATE = (
    Variant(
        name="ce",
        title="cross entropy",
        metric=None,
        tuned="learning_rate",
        values=LEARNING_RATES,
        full_grid=True,
    ),
    Variant(
        name="contrastive",
        title="contrastive",
        metric=lambda: OsmCaaLoss(mining=False, attention=None),
        full_grid=True,
    ),
    Variant(name="osm", title="OSM", metric=lambda: OsmCaaLoss(attention=None), full_grid=True),
    Variant(
        name="caa",
        title="CAA",
        metric=lambda: OsmCaaLoss(mining=False, attention="softmax"),
        full_grid=True,
    ),
    Variant(
        name="osm-caa",
        title="OSM+CAA",
        metric=lambda: OsmCaaLoss(attention="softmax"),
        full_grid=True,
    ),
    Variant(
        name="triplet",
        title="triplet, batch hard",
        metric=TripletLoss,
        values=BETAS_OF_LARGE_LOSSES,
        full_grid=True,
    ),
    Variant(
        name="multi-similarity",
        title="multi-similarity",
        metric=MultiSimilarityLoss,
        values=BETAS_OF_LARGE_LOSSES,
    ),
    Variant(name="supcon", title="SupCon", metric=SupConLoss, values=BETAS_OF_LARGE_LOSSES),
    Variant(
        name="osm-caa-gaussian",
        title="OSM+CAA, Gaussian attention",
        metric=lambda: OsmCaaLoss(attention="gaussian"),
        group="form",
    ),
    Variant(
        name="osm-caa-alone",
        title="OSM+CAA without joint cross entropy",
        metric=lambda: OsmCaaLoss(attention="softmax"),
        joint_ce=False,
        tuned="learning_rate",
        values=LEARNING_RATES,
        group="form",
    ),
    Variant(
        name="osm-caa-not-detached",
        title="OSM+CAA, weights not detached (mistake 1)",
        metric=lambda: OsmCaaLoss(attention="softmax", detach_weights=False),
        probability="with-gradient",
        group="form",
    ),
    Variant(
        name="osm-caa-normalised",
        title="OSM+CAA, normalised classifier (mistake 2)",
        metric=lambda: OsmCaaLoss(attention="softmax"),
        probability="normalised",
        group="form",
    ),
    Variant(
        name="osm-caa-mining-not-detached",
        title="OSM+CAA, mining not detached, attention detached",
        metric=lambda: OsmCaaLoss(attention="softmax", detach_weights=False),
        group="form",
    ),
)


def _faster(variant: Variant) -> Variant:
    return replace(
        variant,
        name=f"{variant.name}-fast",
        title=f"{variant.title}, learning rate {FASTER}",
        learning_rate=FASTER,
        full_grid=False,
        group="follow-up",
    )


_REPEATED = (
    "osm-caa",
    "osm-caa-mining-not-detached",
    "osm-caa-gaussian",
    "contrastive",
    "osm",
    "caa",
    "supcon",
    "multi-similarity",
    "triplet",
)

VARIANTS = _AT_ONE_RATE + tuple(
    _faster(variant) for name in _REPEATED for variant in _AT_ONE_RATE if variant.name == name
)


def variant_of(name: str) -> Variant:
    """The variant of a name."""
    return next(variant for variant in VARIANTS if variant.name == name)
