"""``reid evaluate``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reid_app.cli.common import options_of, print_json, progress_bar
from reid_app.errors import InputError

if TYPE_CHECKING:
    from reid_app.pipelines.evaluate import EncoderResult
    from reid_app.pipelines.evaluate_dataset import EvaluationAnswer

EXAMPLES = (
    "Examples: reid evaluate --dataset mars --root MARS --model osnet_x0_25_msmt17 --protocol mars-official --rerank | "
    "reid evaluate --dataset folder --root my_site --model colour --model my_model.onnx --frames 8 --frames all "
    "--json out.json --report out | reid evaluate --dataset catalog"
)


def evaluate(
    context: typer.Context,
    dataset: Annotated[str, typer.Option(help="Its name (reid data list), or catalog: the tracklets with names.")],
    root: Annotated[Path | None, typer.Option(help="Folder of the data set, as its archive unpacks.")] = None,
    split: Annotated[
        int | None, typer.Option(min=0, help="One division into training and test people.  [default: all of them]")
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="Encoder; give several to compare.")] = None,
    pooling: Annotated[list[str] | None, typer.Option(help="Temporal pooling; give several to compare.")] = None,
    frames: Annotated[list[str] | None, typer.Option(help="Frames of a tracklet, or all; several to compare.")] = None,
    dense: Annotated[bool, typer.Option("--dense", help="All frames, in clips of --frames, then their mean.")] = False,
    flip: Annotated[bool, typer.Option("--flip", help="Mirror images count too.")] = False,
    protocol: Annotated[str | None, typer.Option(help="By name.  [default: the one of the literature]")] = None,
    rerank: Annotated[bool, typer.Option("--rerank", help="k-reciprocal re-ranking.")] = False,
    rerank_k1: Annotated[int, typer.Option(min=1, help="Neighbours that must be mutual.")] = 20,
    rerank_k2: Annotated[int, typer.Option(min=1, help="Neighbours that are averaged.")] = 6,
    rerank_lambda: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of the original distance.")] = 0.3,
    rerank_memory: Annotated[int, typer.Option(min=1, help="Memory that re-ranking may take, in MiB.")] = 512,
    expand_queries: Annotated[int, typer.Option(min=0, help="Average each query with so many nearest.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    keep: Annotated[bool, typer.Option(help="Keep embeddings in the data folder, and use those kept.")] = True,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file; - prints.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report for each encoder into this folder.")] = None,
) -> None:
    """How well encoders find people in a labelled data set.

    Several encoders are compared with the first, query by query; a difference that means nothing is called so.
    """
    settings = options_of(context).settings()
    from pydantic import ValidationError

    from reid_app.evaluation.reranking import RerankConfig
    from reid_app.pipelines.evaluate import Comparison
    from reid_app.pipelines.evaluate_dataset import EvaluationRequest, encoder_grid, evaluate_dataset

    try:
        encoders = encoder_grid(
            settings.encoder,
            models=model or [],
            poolings=pooling or [],
            frames=[_num_frames(text) for text in frames or []],
            dense=dense,
            flip=flip,
        )
    except ValidationError as error:
        problems = "; ".join(f"{problem['loc'][-1:]} {problem['msg']}" for problem in error.errors(include_url=False))
        raise InputError(f"an option of the encoder is not usable: {problems}") from error
    reranking = RerankConfig(k1=rerank_k1, k2=rerank_k2, lambda_=rerank_lambda, memory_mib=rerank_memory)
    request = EvaluationRequest(
        dataset=dataset,
        root=root,
        split=split,
        protocol=protocol,
        encoders=encoders,
        comparison=Comparison(rerank=reranking if rerank else None, expand_queries=expand_queries, seed=seed),
        keep=keep,
    )
    with progress_bar("embedding") as watch:
        answer = evaluate_dataset(request, settings=settings, watch=watch)
    if report is not None:
        from reid_app.pipelines.evaluation_reports import write_reports

        written = write_reports(report, answer)
    if json_file == Path("-"):
        print_json(answer.as_json())
        return
    if json_file is not None:
        _write_json(json_file, answer.as_json())
    _print(answer)
    if report is not None:
        typer.echo(f"report: {', '.join(str(path) for path in written)}")


def _num_frames(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal() or not int(text):
        raise InputError(f"--frames takes a number of at least 1, or all, got {text!r}")
    return int(text)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    from reid_app.tracklets.files import write_atomically

    write_atomically(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def _print(answer: "EvaluationAnswer") -> None:
    from reid_app.pipelines.evaluate import HEADLINES

    first = answer.splits[0].results[0].evaluation
    typer.echo(f"{answer.request.dataset}, protocol {answer.protocol.name}: {answer.protocol.summary}")
    typer.echo(f"compared by {answer.request.comparison.title}")
    skipped = [f"{count} skipped: {reason}" for reason, count in first.skipped.items() if count]
    typer.echo("; ".join([f"{first.num_queries} queries, {first.num_gallery} tracklets searched", *skipped]))
    if len(answer.splits) > 1:
        _print_splits(answer)
        return
    _print_encoders(answer.splits[0].results)
    if answer.protocol.left_out == "itself":
        _print_recalls(answer.splits[0].results)
    for difference in answer.differences:
        parts = [
            f"{name} {difference.metrics[metric].signed_text} {difference.verdict(metric)}"
            for name, metric in HEADLINES.items()
        ]
        typer.echo(f"{difference.encoder} against {difference.other}: {', '.join(parts)}")


def _print_encoders(results: "tuple[EncoderResult, ...]") -> None:
    from rich.console import Console
    from rich.table import Table

    headings = ("encoder", "rank-1", "rank-5", "rank-10", "rank-20", "mAP", "mINP", "TPR at FAR .001", ".01")
    table = Table(*headings, box=None, pad_edge=False)
    for result in results:
        found = result.evaluation
        table.add_row(
            result.title,
            result.intervals["rank1"].text,
            *(f"{found.rank_k(rank):.3f}" for rank in (5, 10, 20)),
            result.intervals["mean_ap"].text,
            result.intervals["mean_inp"].text,
            *(f"{found.roc.tpr_at_far[far]:.3f}" for far in (1e-3, 1e-2)),
        )
    Console(width=180, markup=False, highlight=False).print(table)
    typer.echo("in brackets: 95 % bootstrap intervals over the queries")


def _print_recalls(results: "tuple[EncoderResult, ...]") -> None:
    from reid_app.pipelines.evaluate import RECALL_RANKS

    for result in results:
        recalls = " / ".join(f"{result.evaluation.recall_at(k):.3f}" for k in RECALL_RANKS)
        typer.echo(f"{result.title}: Recall@{'/'.join(map(str, RECALL_RANKS))} {recalls}")


def _print_splits(answer: "EvaluationAnswer") -> None:
    typer.echo(f"mean and standard deviation over {len(answer.splits)} splits:")
    for number, result in enumerate(answer.splits[0].results):
        parts = []
        for name, metric in (("rank-1", "rank1"), ("mAP", "mean_ap"), ("mINP", "mean_inp")):
            mean, deviation = answer.mean_over_splits(metric, encoder=number)
            parts.append(f"{name} {mean:.3f} +- {deviation:.3f}")
        typer.echo(f"{result.title}: {', '.join(parts)}")
