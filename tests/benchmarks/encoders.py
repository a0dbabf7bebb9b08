"""What known encoders reach on real pictures: ``python -m tests.benchmarks.encoders`` writes results/encoders.md.

Four encoders x up to three poolings x 1, 8 and all frames, on two sets of real people: PKU-Reid (31 people, two cameras
that differ strongly) across cameras, and a part of MARS (16 people, 32 tracklets, most of them seen by one camera only)
by leave-one-out. The first was trained on synthetic people alone. Every number has a 95 % bootstrap interval over the
queries; encoders are compared on the same queries, and a difference whose interval holds zero is called what it is.
All figures lie in encoders.json beside the table.

Seconds for colour and OSNet, some minutes for Intel's network, which takes one picture at a time.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reid_app.model.config import EncoderConfig
from reid_app.pipelines.evaluate import HEADLINES, Comparison, EncoderResult, differences
from reid_app.pipelines.evaluate_dataset import EvaluationAnswer, EvaluationRequest, encoder_grid, evaluate_dataset
from reid_app.settings import Settings
from reid_app.tracklets.watch import Unwatched

RESULTS = Path(__file__).parent / "results"
OURS = "osm_caa_synthetic"
OTHERS = ("osnet_x0_25_msmt17", "person_reidentification_retail_0287", "colour")
MODELS = (OURS, *OTHERS)
POOLINGS = ("mean", "max", "quality")
OUR_POOLINGS = ("mean", "quality")
FRAMES = (8, 1, None)
SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A set of real people."""

    title: str
    dataset: str
    folder: str
    """Below TEST_DATA_DIR."""
    protocol: str


SITES = (
    Site(title="PKU-Reid, 31 people", dataset="folder", folder="pku_reid", protocol="cross-camera"),
    Site(title="mini-MARS, 16 people", dataset="mars-crops", folder="mini_mars", protocol="leave-one-out"),
)


def measure(site: Site, *, data_dir: Path) -> EvaluationAnswer:
    """The whole grid on one site."""
    settings = Settings(data_dir=data_dir, models_dir=Path(os.environ["REID_MODELS_DIR"]))
    request = EvaluationRequest(
        dataset=site.dataset,
        root=Path(os.environ["TEST_DATA_DIR"]) / site.folder,
        split=None,
        protocol=site.protocol,
        encoders=[*_grid((OURS,), poolings=OUR_POOLINGS), *_grid(OTHERS, poolings=POOLINGS)],
        comparison=Comparison(rerank=None, expand_queries=0, seed=SEED),
        keep=False,
    )
    return evaluate_dataset(request, settings=settings, watch=Unwatched())


def _grid(models: Sequence[str], *, poolings: Sequence[str]) -> Sequence[EncoderConfig]:
    return encoder_grid(EncoderConfig(), models=models, poolings=poolings, frames=FRAMES, dense=False, flip=False)


def table(site: Site, answer: EvaluationAnswer) -> Iterator[str]:
    """A site's figures and what may be said of their differences, as Markdown."""
    results = answer.splits[0].results
    found = results[0].evaluation
    yield f"## {site.title}: {answer.protocol.name}"
    yield ""
    yield f"{answer.protocol.summary}. {found.num_queries} queries, {len(found.query_rows_V)} with a match."
    yield ""
    yield "| encoder | pooling | frames | rank-1 | rank-5 | mAP | mINP |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for result in results:
        cells = [result.encoder, str(result.config.pooling), str(result.config.num_frames or "all")]
        rank1, mean_ap, mean_inp = (result.intervals[name].text for name in ("rank1", "mean_ap", "mean_inp"))
        yield f"| {' | '.join([*cells, rank1, f'{result.evaluation.rank_k(5):.3f}', mean_ap, mean_inp])} |"
    yield ""
    yield from comparisons("Encoders, each with the mean of 8 frames", [plain_of(results, name) for name in MODELS])
    for name in MODELS:
        plain = plain_of(results, name)
        others = [result for result in results if result.config.model == name and result is not plain]
        yield from comparisons(f"Pooling and frames of {name}", [plain, *others])


def comparisons(heading: str, results: Sequence[EncoderResult]) -> Iterator[str]:
    """Each later result against the first."""
    yield f"{heading}, against {results[0].title}:"
    yield ""
    for difference in differences(results, seed=SEED):
        parts = [
            f"{name} {difference.metrics[metric].signed_text} {difference.verdict(metric)}"
            for name, metric in HEADLINES.items()
        ]
        yield f"- {difference.encoder}: {', '.join(parts)}"
    yield ""


def plain_of(results: Sequence[EncoderResult], model: str) -> EncoderResult:
    """The result of a model with the mean of eight frames."""
    return next(
        result
        for result in results
        if (result.config.model, result.config.pooling, result.config.num_frames) == (model, "mean", 8)
    )


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        answers = [(site, measure(site, data_dir=Path(folder))) for site in SITES]
    lines = [
        "# Known encoders on real people",
        "",
        f"Made by `python -m tests.benchmarks.encoders` (bootstrap seed {SEED}, 2,000 resamples of the queries); in "
        "brackets 95 % intervals.",
        "",
    ]
    for site, answer in answers:
        lines.extend(table(site, answer))
    (RESULTS / "encoders.md").write_text("\n".join(lines).rstrip() + "\n")
    document = {site.title: answer.as_json() for site, answer in answers}
    (RESULTS / "encoders.json").write_text(json.dumps(document, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
