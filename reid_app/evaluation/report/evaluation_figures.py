"""The numbers of an evaluation report: headline, tables, curves and cameras."""

import html
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.bootstrap import Interval
from reid_app.evaluation.camera_pairs import CameraPairs
from reid_app.evaluation.evaluation import NAMED_RANKS, Evaluation
from reid_app.evaluation.report.charts import cmc_svg, roc_svg
from reid_app.evaluation.report.evaluation_page import EvaluationPage
from reid_app.evaluation.roc import NAMED_RATES

_CAMERAS_SIDE_BY_SIDE = 6


def number(count: int) -> str:
    """A count for people.

    Examples:
        >>> number(1980)
        '1,980'
    """
    return f"{count:,}"


def share(value: float) -> str:
    """A share in [0, 1] for people; what is not defined is a dash.

    Examples:
        >>> share(0.87654), share(float("nan")) == "\N{EN DASH}"
        ('0.877', True)
    """
    return "\N{EN DASH}" if math.isnan(value) else f"{value:.3f}"


def headline(page: EvaluationPage) -> str:
    """The three numbers that people compare."""
    cards = [
        _headline_card("Rank-1", page.rank1, meaning="queries whose nearest tracklet is right"),
        _headline_card("mAP", page.mean_ap, meaning="mean average precision"),
        _headline_card("mINP", page.mean_inp, meaning="how soon the last match is found"),
    ]
    return f'<div class="headline">\n{"".join(cards)}\n</div>'


def _headline_card(name: str, interval: Interval, *, meaning: str) -> str:
    left, width = 100.0 * interval.low, 100.0 * (interval.high - interval.low)
    return f"""<div class="card">
<p class="name">{name} <span>{meaning}</span></p>
<p class="value">{share(interval.estimate)}</p>
<div class="range" aria-hidden="true"><div style="left: {left:.1f}%; width: {width:.1f}%"></div></div>
<p class="quiet">95 % interval {_range(interval)}</p>
</div>
"""


def _range(interval: Interval) -> str:
    return f"{share(interval.low)} to {share(interval.high)}"


def metrics_section(page: EvaluationPage) -> str:
    """Two tables: how well people are found, and how well one threshold tells them apart."""
    found, roc = page.evaluation, page.evaluation.roc
    intervals = {1: _range(page.rank1)}
    finding = [(f"rank-{rank}", share(found.rank_k(rank)), intervals.get(rank, "")) for rank in NAMED_RANKS]
    finding += [
        ("mAP", share(found.mean_ap), _range(page.mean_ap)),
        ("mINP", share(found.mean_inp), _range(page.mean_inp)),
    ]
    telling = [(f"{far:g}", share(tpr), share(roc.fnmr_at_fmr[far])) for far, tpr in roc.tpr_at_far.items()]
    return f"""<div class="pair">
<div class="card">
{_table("Finding people", ("metric", "value", "95 % interval"), finding)}
<p class="quiet">Rank-k: share of queries with a match within the first k tracklets (Recall@k is the same). Intervals: \
bootstrap over the queries; the gallery stays as it is.</p>
</div>
<div class="card">
{_table("Telling people apart by one threshold", ("FAR", "TPR", "FNMR"), telling)}
<p class="quiet">Of {number(roc.num_genuine)} genuine and {number(roc.num_impostors)} impostor pairs. TPR: genuine \
pairs accepted at that false accept rate; FNMR: genuine pairs refused. {_finest(roc.num_impostors)}</p>
</div>
</div>"""


def _finest(num_impostors: int) -> str:
    """What the smallest rates mean where there are few pairs."""
    if num_impostors * NAMED_RATES[0] >= 1.0:
        return ""
    return f"With so few impostor pairs, rates below {1.0 / max(1, num_impostors):.1g} allow none of them."


def _table(caption: str, headings: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "\n".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>' for name, *cells in rows
    )
    return f"<table>\n<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def curves_section(found: Evaluation) -> str:
    """CMC and ROC side by side."""
    cmc = cmc_svg(found.cmc, named_ranks=NAMED_RANKS)
    return f"""<div class="pair">
<figure class="card">
<figcaption><strong>CMC</strong> share of queries that have found a match by a rank</figcaption>
{cmc}
</figure>
<figure class="card">
<figcaption><strong>ROC</strong> over all pairs of a query and a tracklet that is not left out</figcaption>
{_roc(found)}
</figure>
</div>"""


def _roc(found: Evaluation) -> str:
    if np.isnan(found.roc.tpr_F).any():
        return "<p>There is no curve: everybody in the gallery is a match.</p>"
    return roc_svg(found.roc.far_F, found.roc.tpr_F, named_rates=NAMED_RATES)


def camera_section(pairs: CameraPairs, *, camera_names: dict[int, str]) -> str:
    """Two heat maps: rank-1 and mAP of the queries of one camera searched in one camera."""
    maps = [
        _heat_map(name, values_AB, pairs=pairs, camera_names=camera_names)
        for name, values_AB in (("Rank-1", pairs.rank1_AB), ("mAP", pairs.mean_ap_AB))
    ]
    layout = "pair" if len(pairs.gallery_camids_B) <= _CAMERAS_SIDE_BY_SIDE else "stack"
    return f"""<div class="{layout}">
{"".join(maps)}</div>
<p class="quiet">Row: the query's camera. Column: the only camera that is searched. Below each value: queries that \
have a match there; \N{EN DASH}: none has. The stronger the colour, the higher the value.</p>"""


def _heat_map(name: str, values_AB: NDArray[np.float64], *, pairs: CameraPairs, camera_names: dict[int, str]) -> str:
    def heading(camid: int, scope: str) -> str:
        return f'<th scope="{scope}"><bdi>{html.escape(camera_names[camid])}</bdi></th>'

    head = "".join(heading(camid, "col") for camid in pairs.gallery_camids_B.tolist())
    rows = []
    for camid, values_B, counts_B in zip(
        pairs.query_camids_A.tolist(), values_AB.tolist(), pairs.num_queries_AB.tolist(), strict=True
    ):
        cells = "".join(_heat(value, count) for value, count in zip(values_B, counts_B, strict=True))
        rows.append(f"<tr>{heading(camid, 'row')}{cells}</tr>\n")
    return f"""<div class="card scroll" role="region" aria-label="{name} of camera pairs" tabindex="0">
<table class="heat">
<caption>{name}</caption>
<thead><tr><td></td>{head}</tr></thead>
<tbody>
{"".join(rows)}</tbody>
</table>
</div>
"""


def _heat(value: float, count: int) -> str:
    if math.isnan(value):
        return f"<td>{share(value)}</td>"
    return f'<td style="--share: {value:.3f}">{share(value)} <small>{number(count)}</small></td>'
