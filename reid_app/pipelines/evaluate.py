"""How well encoders find people in a labelled data set, and which differences between them mean something."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.data.trials import Trial
from reid_app.evaluation.bootstrap import Interval, bootstrap_mean, paired_difference
from reid_app.evaluation.distances import DistanceBlocks, EmbeddingDistances
from reid_app.evaluation.evaluate import evaluate
from reid_app.evaluation.evaluation import Evaluation
from reid_app.evaluation.query_expansion import expand_queries
from reid_app.evaluation.reranking import RerankConfig, rerank
from reid_app.model.config import EncoderConfig
from reid_app.pipelines.labelled import embed_labelled
from reid_app.pipelines.parts import open_encoder
from reid_app.settings import Settings
from reid_app.tracklets.watch import Watch

METRICS = ("rank1", "mean_ap", "mean_inp")
"""Metrics that have an interval."""

HEADLINES = {"rank-1": "rank1", "mAP": "mean_ap"}
"""Metrics that a sentence about a difference gives, by the name that people use."""

RECALL_RANKS = (1, 2, 4, 8, 16, 32)
"""Ranks that the literature of CUB-200-2011 and CARS196 names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How embeddings are compared."""

    rerank: RerankConfig | None
    """k-reciprocal re-ranking; None ranks by cosine distance."""
    expand_queries: int
    """A query becomes the mean of itself and so many nearest tracklets of the gallery; 0 leaves it as it is."""
    seed: int
    """Of the bootstrap."""

    @property
    def title(self) -> str:
        """For people.

        Examples:
            >>> Comparison(rerank=RerankConfig(), expand_queries=0, seed=0).title
            'k-reciprocal re-ranking (k1 = 20, k2 = 6, lambda = 0.3)'
        """
        steps = []
        if self.expand_queries:
            steps.append(f"queries averaged with their {self.expand_queries} nearest")
        if self.rerank:
            config = self.rerank
            steps.append(f"k-reciprocal re-ranking (k1 = {config.k1}, k2 = {config.k2}, lambda = {config.lambda_:g})")
        return ", ".join(steps) or "cosine distance"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncoderResult:
    """One encoder's figures."""

    encoder: str
    model_id: str
    pooling: str
    config: EncoderConfig
    evaluation: Evaluation
    distances: DistanceBlocks
    """What the gallery was ranked by."""
    intervals: dict[str, Interval]
    """95 % bootstrap intervals over the queries, of `METRICS`."""

    @property
    def options(self) -> str:
        """What makes an embedding of a tracklet, for people."""
        config = self.config
        frames = "all frames" if config.num_frames is None else _counted(config.num_frames, "frame")
        if config.clips == "dense":
            frames = f"dense clips of {frames}"
        return ", ".join([self.pooling, frames, *(["mirrored too"] if config.flip else [])])

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.encoder}, {self.options}"

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "encoder": self.encoder,
            "model_id": self.model_id,
            "pooling": self.pooling,
            "num_frames": self.config.num_frames,
            "clips": self.config.clips,
            "flip": self.config.flip,
            **self.evaluation.summary(),
            "recall_at": {str(k): self.evaluation.recall_at(k) for k in RECALL_RANKS},
            "intervals_95": {metric: asdict(interval) for metric, interval in self.intervals.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One encoder less another, on the same queries."""

    encoder: str
    """Title of the one."""
    other: str
    """Title of the other."""
    metrics: dict[str, Interval]
    """Paired bootstrap intervals of `METRICS`."""

    def verdict(self, metric: str) -> str:
        """What may be said of it.

        Examples:
            >>> same = Interval(estimate=0.02, low=-0.03, high=0.07)
            >>> Difference(encoder="a", other="b", metrics={"mean_ap": same}).verdict("mean_ap")
            'means nothing'
        """
        interval = self.metrics[metric]
        if not interval.means_something:
            return "means nothing"
        return "better" if interval.estimate > 0 else "worse"

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        metrics = {
            metric: asdict(interval) | {"verdict": self.verdict(metric)} for metric, interval in self.metrics.items()
        }
        return {"encoder": self.encoder, "other": self.other, "difference_95": metrics}


def evaluate_encoder(
    trial: Trial, *, config: EncoderConfig, comparison: Comparison, settings: Settings, keep: bool, watch: Watch
) -> EncoderResult:
    """Embed everybody in a trial and measure how well the queries find their own.

    Args:
        trial: Who asks and who is searched.
        config: Which encoder.
        comparison: How embeddings are compared.
        settings: Say where models and kept embeddings lie.
        keep: Whether embeddings are kept in the data folder and taken from there.
        watch: Sees the progress in tracklets, may cancel.

    Raises:
        InputError: No query has a match, or a picture is missing.
        DamagedError: A picture cannot be read.
        ModelMissingError: The encoder's file is nowhere.
        ModelInvalidError: The encoder's file is damaged, or it yields NaN.
        SettingsError: The memory for re-ranking does not suffice.
    """
    encoder = open_encoder(settings.model_copy(update={"encoder": config}))
    cache_dir = settings.features_dir if keep else None
    embeddings_ND = embed_labelled(trial.tracklets, encoder=encoder, config=config, cache_dir=cache_dir, watch=watch)
    distances = _distances(
        embeddings_ND[trial.query_rows_Q], embeddings_ND[trial.gallery_rows_G], comparison=comparison
    )
    evaluation = evaluate(
        distances,
        query=trial.query,
        gallery=trial.gallery,
        own_column_Q=trial.own_column_Q,
        protocol=trial.protocol,
    )
    values = _values_of_queries(evaluation)
    return EncoderResult(
        encoder=encoder.name,
        model_id=encoder.model_id,
        pooling=encoder.pooling,
        config=config,
        evaluation=evaluation,
        distances=distances,
        intervals={metric: bootstrap_mean(values[metric], seed=comparison.seed) for metric in METRICS},
    )


def differences(results: Sequence[EncoderResult], *, seed: int) -> list[Difference]:
    """Every later result less the first, query by query.

    All results are of one trial, so the same queries count in each of them.
    """
    first, *others = results
    reference = _values_of_queries(first.evaluation)
    return [
        Difference(
            encoder=other.title,
            other=first.title,
            metrics={
                metric: paired_difference(values, reference[metric], seed=seed)
                for metric, values in _values_of_queries(other.evaluation).items()
            },
        )
        for other in others
    ]


def _distances(
    query_QD: NDArray[np.float32], gallery_GD: NDArray[np.float32], *, comparison: Comparison
) -> DistanceBlocks:
    if comparison.expand_queries:
        query_QD = expand_queries(query_QD, gallery_GD, num_neighbours=comparison.expand_queries)
    if comparison.rerank:
        return rerank(query_QD, gallery_GD, config=comparison.rerank)
    return EmbeddingDistances(query_QD, gallery_GD)


def _values_of_queries(evaluation: Evaluation) -> dict[str, NDArray[np.float64]]:
    return {
        "rank1": (evaluation.first_match_rank_V == 1).astype(np.float64),
        "mean_ap": evaluation.average_precision_V,
        "mean_inp": evaluation.inverse_negative_penalty_V,
    }


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
