"""The figures as Markdown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reid_app.evaluation.bootstrap import paired_difference
from tests.benchmarks.synthetic_training.judge import SITES
from tests.benchmarks.synthetic_training.variants import BASE, VARIANTS

_HEADING = """# What pays in training on synthetic people

Made by `python -m tests.benchmarks.synthetic_training`. Each row is one training of `configs/train/synthetic.yaml`
(seed 0, with the paper's sigma .8 and margin 1.2, beta 10) with one thing changed, and what it finds among real people:
rank-1 / mAP, and in brackets the difference of mAP to the first row with its 95 % interval (paired bootstrap over the
queries). The luck of a training's seed comes on top of that: about .03. The people were made before their ground was
cluttered, and the network looked at the whole picture (commit e63fafd).
"""


def write_table(results: Mapping[str, Mapping[str, Any]], *, path: Path) -> None:
    """Write what there is so far."""
    lines = [_HEADING]
    for study in dict.fromkeys(variant.study for variant in VARIANTS):
        rows = [variant for variant in VARIANTS if variant.study == study and variant.key in results]
        if not rows:
            continue
        lines += [f"## {study.capitalize()}", "", f"| | {' | '.join(SITES)} | minutes |", "| --- " * 5 + "|"]
        for variant in rows:
            cells = [_cell(results, key=variant.key, site=site) for site in SITES]
            lines.append(f"| {variant.name} | {' | '.join(cells)} | {results[variant.key]['minutes']} |")
        lines.append("")
    path.write_text("\n".join(lines))


def _cell(results: Mapping[str, Mapping[str, Any]], *, key: str, site: str) -> str:
    found, base = results[key][site], results[BASE.key][site]
    text = f"{found['rank1']:.3f} / {found['mean_ap']:.3f}"
    if key == BASE.key:
        return text
    difference = paired_difference(np.array(found["average_precision"]), np.array(base["average_precision"]), seed=0)
    return f"{text} ({difference.signed_text})"
