"""A labelled data set, its splits and one or several encoders: everything that `reid evaluate` shows."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reid_app.data.datasets import default_protocol, load_dataset, num_splits
from reid_app.data.trials import Trial, make_trial
from reid_app.data.types import ReidDataset
from reid_app.errors import InputError
from reid_app.evaluation.protocols import EvaluationProtocol, protocol_of
from reid_app.model.config import EncoderConfig
from reid_app.pipelines.evaluate import METRICS, Comparison, Difference, EncoderResult, differences, evaluate_encoder
from reid_app.pipelines.label import catalog_dataset
from reid_app.pipelines.parts import open_catalog
from reid_app.settings import Settings
from reid_app.tracklets.watch import Watch

CATALOG = "catalog"
"""Name of the data set that the catalog's named tracklets are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRequest:
    """What is measured, and how."""

    dataset: str
    """A name of `reid_app.data.datasets`, or ``catalog``."""
    root: Path | None
    """The data set's folder; None for ``catalog``."""
    split: int | None
    """One division into training and test people; None takes all of them."""
    protocol: str | None
    """None is the one that the data set's literature uses."""
    encoders: tuple[EncoderConfig, ...]
    """At least one; the others are compared with the first."""
    comparison: Comparison
    keep: bool
    """Whether embeddings are kept in the data folder and taken from there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SplitAnswer:
    """All encoders on one split."""

    split: int
    trial: Trial
    results: tuple[EncoderResult, ...]
    """In the order of the request's encoders."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluationAnswer:
    """Everything that was measured."""

    request: EvaluationRequest
    protocol: EvaluationProtocol
    splits: tuple[SplitAnswer, ...]
    """At least one."""
    differences: tuple[Difference, ...]
    """Each later encoder less the first; none over several splits, whose queries are not independent."""

    def mean_over_splits(self, metric: str, *, encoder: int) -> tuple[float, float]:
        """Mean and standard deviation of a metric of one encoder over the splits."""
        values = [getattr(split.results[encoder].evaluation, metric) for split in self.splits]
        return float(np.mean(values)), float(np.std(values))

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        request = self.request
        several = len(self.splits) > 1
        return {
            "dataset": request.dataset,
            "protocol": self.protocol.name,
            "protocol_summary": self.protocol.summary,
            "compared_by": request.comparison.title,
            "bootstrap_seed": request.comparison.seed,
            "splits": [
                {"split": split.split, "encoders": [result.as_json() for result in split.results]}
                for split in self.splits
            ],
            "mean_over_splits": [
                {metric: self.mean_over_splits(metric, encoder=number)[0] for metric in METRICS}
                for number in range(len(request.encoders) if several else 0)
            ],
            "differences": [difference.as_json() for difference in self.differences],
        }


def encoder_grid(
    base: EncoderConfig,
    *,
    models: Sequence[str],
    poolings: Sequence[str],
    frames: Sequence[int | None],
    dense: bool,
    flip: bool,
) -> tuple[EncoderConfig, ...]:
    """Every combination of models, poolings and frames; an empty list keeps the base's value.

    Raises:
        ValidationError: A value is out of range.
    """
    all_poolings: Sequence[str | None] = poolings or [base.pooling]
    combinations = itertools.product(models or [base.model], all_poolings, frames or [base.num_frames])
    return tuple(
        EncoderConfig.model_validate(
            base.model_dump()
            | {"model": model, "pooling": pooling, "num_frames": num_frames, "flip": flip or base.flip}
            | ({"clips": "dense"} if dense else {})
        )
        for model, pooling, num_frames in combinations
    )


def evaluate_dataset(request: EvaluationRequest, *, settings: Settings, watch: Watch) -> EvaluationAnswer:
    """Measure encoders on a data set.

    Raises:
        InputError: There is no such data set, split or protocol; the data set is not complete; no query has a match.
        DamagedError: A picture cannot be read.
        ModelMissingError: An encoder's file is nowhere.
        ModelInvalidError: An encoder's file is damaged, or it yields NaN.
        SettingsError: The memory for re-ranking does not suffice.
    """
    protocol = _protocol(request)
    splits = []
    for split in _splits(request):
        trial = make_trial(_load(request, split=split, settings=settings), protocol=protocol)
        results = tuple(
            evaluate_encoder(
                trial, config=config, comparison=request.comparison, settings=settings, keep=request.keep, watch=watch
            )
            for config in request.encoders
        )
        splits.append(SplitAnswer(split=split, trial=trial, results=results))
    compared = differences(splits[0].results, seed=request.comparison.seed) if len(splits) == 1 else []
    return EvaluationAnswer(request=request, protocol=protocol, splits=tuple(splits), differences=tuple(compared))


def _protocol(request: EvaluationRequest) -> EvaluationProtocol:
    default = "cross-camera" if request.dataset == CATALOG else default_protocol(request.dataset)
    try:
        return protocol_of(request.protocol or default)
    except ValueError as error:
        raise InputError(str(error)) from error


def _splits(request: EvaluationRequest) -> Sequence[int]:
    if request.split is not None:
        return [request.split]
    return [0] if request.dataset == CATALOG else range(num_splits(request.dataset))


def _load(request: EvaluationRequest, *, split: int, settings: Settings) -> ReidDataset:
    if request.dataset == CATALOG:
        with open_catalog(settings) as catalog:
            return catalog_dataset(settings=settings, catalog=catalog)
    if request.root is None:
        raise InputError(f"where data set {request.dataset} lies is missing: --root FOLDER")
    return load_dataset(request.dataset, request.root, split=split)
