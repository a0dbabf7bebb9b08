"""The study as Markdown. What stands above the marker is written by people and kept."""

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from tests.benchmarks.losses_ablation.choice import Runs, Stop
from tests.benchmarks.losses_ablation.data import Condition
from tests.benchmarks.losses_ablation.grid import OF_ALL
from tests.benchmarks.losses_ablation.summary import (
    Cell,
    Interval,
    cell_of,
    interval,
    paired_difference,
    per_rotation,
    retrieval_of,
)
from tests.benchmarks.losses_ablation.train import JUDGED_AT
from tests.benchmarks.losses_ablation.variants import BETAS, LEARNING_RATE, VARIANTS, Variant, variant_of

MARKER = "<!-- Everything below is written by the benchmark. -->"
HEADINGS: dict[Condition, str] = {
    "clean": "clean",
    "wrong20": "20 % wrong labels",
    "wrong40": "40 % wrong labels",
    "outliers20": "20 % outliers",
}
STRUCTURES = {
    "spread": "spread",
    "dimensions": "dimensions",
    "neighbours_kept": "neighbours kept",
    "writer_recall": "writer recall",
}
PURITIES = {
    "equal": "equal",
    "osm": "OSM",
    "caa": "CAA",
    "osm-caa": "OSM+CAA",
    "osm-caa-gaussian": "OSM+CAA, Gaussian",
    "auc": "AUC of p",
}
Cells = Mapping[tuple[str, Condition], Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Losses that are set against one form of ours."""

    variants: Sequence[Variant]
    reference: str
    conditions: Sequence[Condition]
    note: str


COMPARISONS = (
    Comparison(
        variants=[variant for variant in VARIANTS if variant.learning_rate == LEARNING_RATE],
        reference="osm-caa",
        conditions=list(HEADINGS),
        note="",
    ),
    Comparison(
        variants=[
            *(variant for variant in VARIANTS if variant.tuned == "learning_rate"),
            *(variant for variant in VARIANTS if variant.learning_rate != LEARNING_RATE),
        ],
        reference="osm-caa-fast",
        conditions=OF_ALL,
        note=" (twice the learning rate)",
    ),
)


def write_table(runs: Runs, *, path: Path) -> None:
    """Write the tables of all finished runs under the words that are there."""
    words = path.read_text().split(MARKER)[0] if path.exists() else ""
    path.write_text(words + MARKER + "\n\n" + "\n".join(_lines(runs)) + "\n")


def _lines(runs: Runs) -> Iterator[str]:
    yield f"{len(runs)} runs of {JUDGED_AT[-1]} steps; {platform.machine()}, one thread, "
    yield f"torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}."
    stops: tuple[tuple[Stop, str], ...] = (
        ("chosen", "stopped where the development alphabet is best"),
        ("end", f"after all {JUDGED_AT[-1]} steps"),
    )
    for comparison in COMPARISONS:
        for stop, words in stops:
            yield from _retrieval_tables(
                _cells(runs, comparison, stop=stop), comparison, words=f"{words}{comparison.note}"
            )
    yield from _inside_tables(_cells(runs, COMPARISONS[0], stop="end"))
    for side in ("train", "test"):
        yield f"\n## What soft mining changes inside the classes ({side}, clean, same beta, after all steps)\n"
        yield from _mining_effect(runs, side=side)


def _cells(runs: Runs, comparison: Comparison, *, stop: Stop) -> Cells:
    return {
        (variant.name, condition): cell_of(runs, variant=variant, condition=condition, stop=stop)
        for variant in comparison.variants
        for condition in HEADINGS
    }


def _retrieval_tables(cells: Cells, comparison: Comparison, *, words: str) -> Iterator[str]:
    measures = (("test_map", "mAP"), ("test_recall", "Recall@1"))
    for measure, title in measures:
        yield f"\n## {title}, {words}\n"
        yield from _grid(cells, comparison, cell_text=_mean_text(measure))
    for measure, title in measures:
        yield f"\n## {title} of OSM+CAA minus that of the loss, {words}\n"
        yield from _grid(cells, comparison, cell_text=_difference_text(cells, comparison, measure=measure))
    yield f"\n## Chosen beta or learning rate (times chosen), {words}\n"
    yield from _grid(cells, comparison, cell_text=_choice_text)


def _grid(
    cells: Cells, comparison: Comparison, *, cell_text: Callable[[Variant, Condition, Cell], str]
) -> Iterator[str]:
    seen = {condition: words for condition, words in HEADINGS.items() if condition in comparison.conditions}
    yield "| loss | " + " | ".join(seen.values()) + " |"
    yield "| --- |" + " --- |" * len(seen)
    for variant in comparison.variants:
        row = {condition: cells[variant.name, condition] for condition in seen}
        texts = [cell_text(variant, condition, cell) if cell.values else "" for condition, cell in row.items()]
        yield f"| {variant.title} | " + " | ".join(texts) + " |"


def _mean_text(measure: str) -> Callable[[Variant, Condition, Cell], str]:
    return lambda _variant, _condition, cell: (
        _interval_text(interval(per_rotation(cell.measured(retrieval_of(measure))))) + f" ({len(cell.runs)})"
    )


def _difference_text(
    cells: Cells, comparison: Comparison, *, measure: str
) -> Callable[[Variant, Condition, Cell], str]:
    def text(variant: Variant, condition: Condition, cell: Cell) -> str:
        if variant.name == comparison.reference:
            return ""
        ours = cells[comparison.reference, condition].measured(retrieval_of(measure))
        return _difference(paired_difference(ours, cell.measured(retrieval_of(measure))))

    return text


def _choice_text(_variant: Variant, _condition: Condition, cell: Cell) -> str:
    counts = Counter(cell.values.values())
    return ", ".join(f"{value:g} ({counts[value]})" for value in sorted(counts))


def _inside_tables(cells: Cells) -> Iterator[str]:
    """What is measured once a run, at its last step: structure, and purity of weights."""
    conditions: tuple[Condition, ...] = ("clean", "wrong40")
    for side, words in (("train", "training classes"), ("test", "test classes")):
        columns = {f"{side}_{name}": title for name, title in STRUCTURES.items()}
        for condition in conditions:
            yield f"\n## Inside the {words}, {HEADINGS[condition]}, after all steps\n"
            yield from _means(cells, condition=condition, columns=columns)
    conditions = ("wrong40", "outliers20")
    for condition in conditions:
        for step in (JUDGED_AT[0], JUDGED_AT[-1]):
            columns = {f"purity_{name}_{step}": title for name, title in PURITIES.items()}
            yield f"\n## Share of positive weight on true pairs, {HEADINGS[condition]}, step {step}\n"
            yield from _means(cells, condition=condition, columns=columns)


def _mining_effect(runs: Runs, *, side: str) -> Iterator[str]:
    """Paired differences of structure, with minus without mining: at one beta, as a larger beta shrinks all classes."""
    yield "| with - without | beta | " + " | ".join(STRUCTURES.values()) + " |"
    yield "| --- |" + " --- |" * (len(STRUCTURES) + 1)
    for mined, unmined in (("osm", "contrastive"), ("osm-caa", "caa")):
        for beta in BETAS:
            texts = []
            for name in STRUCTURES:
                with_mining, without = (
                    {
                        (job.rotation, job.seed): run[f"{side}_{name}"]
                        for job, run in runs.items()
                        if (job.variant, job.condition, job.seed, job.value) == (variant, "clean", 0, beta)
                    }
                    for variant in (mined, unmined)
                )
                texts.append(_difference(paired_difference(with_mining, without)))
            yield f"| {variant_of(mined).title} - {variant_of(unmined).title} | {beta:g} | " + " | ".join(texts) + " |"


def _means(cells: Cells, *, condition: Condition, columns: Mapping[str, str]) -> Iterator[str]:
    """One row a loss, one column a measure that a run has once."""
    yield "| loss | " + " | ".join(columns.values()) + " |"
    yield "| --- |" + " --- |" * len(columns)
    for (name, of), cell in cells.items():
        if of == condition and cell.values:
            means = [_number(interval(per_rotation(cell.measured(_final(column)))).mean) for column in columns]
            yield f"| {variant_of(name).title} | " + " | ".join(means) + " |"


def _final(name: str) -> Callable[[Mapping[str, float], int], float]:
    return lambda run, _step: run[name]


def _interval_text(value: Interval, *, sign: str = "") -> str:
    return f"{_number(value.mean, sign=sign)} [{_number(value.low, sign=sign)}, {_number(value.high, sign=sign)}]"


def _difference(value: Interval | None) -> str:
    """Bold where zero lies outside."""
    if value is None:
        return ""
    text = _interval_text(value, sign="+")
    return f"**{text}**" if value.low > 0 or value.high < 0 else text


def _number(value: float, *, sign: str = "") -> str:
    return f"{value:{sign}.1f}" if abs(value) >= 1 else f"{value:{sign}.3f}".replace("0.", ".", 1)
