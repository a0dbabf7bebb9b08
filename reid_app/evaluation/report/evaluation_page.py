"""What the report of an evaluation says, as plain values."""

from dataclasses import dataclass
from datetime import datetime

from reid_app.evaluation.bootstrap import Interval
from reid_app.evaluation.evaluation import Evaluation
from reid_app.tracklets.types import Image


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PicturedTracklet:
    """A tracklet as the report shows it."""

    name: str
    identity: str
    """Who it is, or what it is called: a distractor."""
    camera: str
    crops: tuple[Image, ...]
    """At least one, in time order. A query shows three of them, a ranked tracklet the middle one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankedTracklet:
    """A tracklet that the gallery offered."""

    tracklet: PicturedTracklet
    distance: float
    """To the query; smaller is nearer."""
    is_match: bool
    """Right; otherwise wrong."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryExample:
    """One query and how its ranking begins."""

    query: PicturedTracklet
    average_precision: float
    """In [0, 1]."""
    first_match_rank: int
    """From 1; may lie behind the ranks that are shown."""
    ranked: tuple[RankedTracklet, ...]
    """From rank 1, what the protocol leaves out not among them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluationPage:
    """Everything that the report says about one encoder on one data set."""

    title: str
    dataset: str
    evaluation: Evaluation
    rank1: Interval
    """Of `Evaluation.rank1`."""
    mean_ap: Interval
    """Of `Evaluation.mean_ap`."""
    mean_inp: Interval
    """Of `Evaluation.mean_inp`."""
    encoder: str
    model_id: str
    tracklet_options: str
    """How a tracklet becomes an embedding: pooling, frames, mirror images."""
    compared_by: str
    """The distance, and re-ranking or query expansion if there was any."""
    camera_names: dict[int, str]
    """Of every camera id in `evaluation`."""
    best: tuple[QueryExample, ...]
    """Best first."""
    worst: tuple[QueryExample, ...]
    """Worst first."""
    made_at: datetime
    """With a time zone."""
    notes: tuple[str, ...]
    """One sentence each, such as how it compares with another encoder."""
