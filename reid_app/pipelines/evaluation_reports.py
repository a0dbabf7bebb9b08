"""HTML reports of an evaluation, with the pictures of its best and its worst queries."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from reid_app.data.pictures import read_picture
from reid_app.data.trials import Trial
from reid_app.data.types import LabelledTracklet
from reid_app.evaluation.labels import DISTRACTOR_PID
from reid_app.evaluation.ranking import rank_list
from reid_app.evaluation.report.evaluation_page import (
    EvaluationPage,
    PicturedTracklet,
    QueryExample,
    RankedTracklet,
)
from reid_app.evaluation.report.evaluation_report import write_evaluation_report
from reid_app.pipelines.evaluate import HEADLINES, Difference, EncoderResult
from reid_app.pipelines.evaluate_dataset import EvaluationAnswer
from reid_app.tracklets.sampling import sample_evenly

NUM_EXAMPLES = 5
"""Best queries shown, and as many of the worst."""

TOP_K = 10
_QUERY_FRAMES = 3


def write_reports(folder: Path, answer: EvaluationAnswer) -> list[Path]:
    """Write one report for each encoder; of several splits the first is shown.

    Returns:
        ``report.html``, or ``1-NAME.html``, ``2-NAME.html`` and so on where there are several encoders.

    Raises:
        InputError: A picture is missing.
        DamagedError: A picture cannot be read.
        StorageFullError: The disk is full.
    """
    split = answer.splits[0]
    places = [folder / "report.html"]
    if len(split.results) > 1:
        places = [folder / f"{number}-{Path(r.encoder).stem}.html" for number, r in enumerate(split.results, start=1)]
    for place, result in zip(places, split.results, strict=True):
        write_evaluation_report(place, _page(result, answer=answer, trial=split.trial))
    return places


def _page(result: EncoderResult, *, answer: EvaluationAnswer, trial: Trial) -> EvaluationPage:
    found = result.evaluation
    best_first = np.lexsort((found.first_match_rank_V, -found.average_precision_V))
    num_shown = min(NUM_EXAMPLES, max(1, len(best_first) // 2))
    return EvaluationPage(
        title=f"{result.encoder} on {answer.request.dataset}",
        dataset=answer.request.dataset,
        evaluation=found,
        rank1=result.intervals["rank1"],
        mean_ap=result.intervals["mean_ap"],
        mean_inp=result.intervals["mean_inp"],
        encoder=result.encoder,
        model_id=result.model_id,
        tracklet_options=result.options,
        compared_by=answer.request.comparison.title,
        camera_names={tracklet.camid: _camera(tracklet.camid) for tracklet in trial.tracklets},
        best=_examples(best_first[:num_shown].tolist(), result=result, trial=trial),
        worst=_examples(best_first[::-1][:num_shown].tolist(), result=result, trial=trial),
        made_at=datetime.now(UTC),
        notes=tuple(_notes(result, answer=answer)),
    )


def _notes(result: EncoderResult, *, answer: EvaluationAnswer) -> list[str]:
    notes = [_sentence(difference) for difference in answer.differences if result.title == difference.encoder]
    if len(answer.splits) > 1:
        means = [f"{name} {answer.mean_over_splits(metric, encoder=0)[0]:.3f}" for name, metric in HEADLINES.items()]
        notes.append(f"This is split 0 of {len(answer.splits)}; the mean of all is {' and '.join(means)}.")
    return notes


def _sentence(difference: Difference) -> str:
    parts = []
    for name, metric in HEADLINES.items():
        parts.append(f"{name} {difference.metrics[metric].signed_text}: {difference.verdict(metric)}")
    return f"Against {difference.other}, on the same queries: {'; '.join(parts)}."


def _examples(positions: Sequence[int], *, result: EncoderResult, trial: Trial) -> tuple[QueryExample, ...]:
    return tuple(_example(position, result=result, trial=trial) for position in positions)


def _example(position: int, *, result: EncoderResult, trial: Trial) -> QueryExample:
    """The query at a position among those that count, and how its ranking begins."""
    found = result.evaluation
    query_row = int(found.query_rows_V[position])
    ranked = rank_list(
        result.distances,
        query_row=query_row,
        top_k=TOP_K,
        query=trial.query,
        gallery=trial.gallery,
        own_column_Q=trial.own_column_Q,
        protocol=trial.protocol,
    )
    tracklets = [trial.tracklets[trial.gallery_rows_G[column]] for column in ranked.columns_K]
    return QueryExample(
        query=_pictured(trial.tracklets[trial.query_rows_Q[query_row]], num_frames=_QUERY_FRAMES),
        average_precision=float(found.average_precision_V[position]),
        first_match_rank=int(found.first_match_rank_V[position]),
        ranked=tuple(
            RankedTracklet(
                tracklet=_pictured(tracklet, num_frames=1), distance=float(distance), is_match=bool(is_match)
            )
            for tracklet, distance, is_match in zip(tracklets, ranked.distance_K, ranked.is_match_K, strict=True)
        ),
    )


def _pictured(tracklet: LabelledTracklet, *, num_frames: int) -> PicturedTracklet:
    chosen = sample_evenly(len(tracklet.frame_paths), num_wanted=num_frames)
    return PicturedTracklet(
        name=tracklet.name,
        identity="distractor" if tracklet.pid == DISTRACTOR_PID else str(tracklet.pid),
        camera=_camera(tracklet.camid),
        crops=tuple(read_picture(tracklet.frame_paths[index], box_xyxy=tracklet.box_xyxy) for index in chosen.tolist()),
    )


def _camera(camid: int) -> str:
    """Data sets count their cameras from 1."""
    return str(camid + 1)
