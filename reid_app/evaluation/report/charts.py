"""Curves as SVG that stands inside an HTML page and takes its colours and letters from there."""

import html
import io
import re
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

_SIZE_IN = (4.6, 3.1)
_TEXT, _QUIET, _LINE, _ACCENT, _CARD = "#000001", "#000002", "#000003", "#000004", "#000005"
_VARIABLES = {_TEXT: "--text", _QUIET: "--quiet", _LINE: "--line", _ACCENT: "--accent", _CARD: "--card"}
"""Colours that nobody draws with stand for variables of the page's style sheet, so that the dark page has its own."""


def cmc_svg(cmc_K: NDArray[np.float64], *, named_ranks: Sequence[int]) -> str:
    """The cumulative match characteristic.

    Args:
        cmc_K: Share of queries with a match within the first 1, 2, … K ranks.
        named_ranks: Ranks whose values are written beside the curve; those above K are passed over.
    """
    figure, axes = _empty_axes()
    ranks_K = np.arange(1, len(cmc_K) + 1)
    shown = [rank for rank in named_ranks if rank <= len(cmc_K)]
    axes.plot(ranks_K, cmc_K, color=_ACCENT, linewidth=2)
    _logarithmic(axes, first=1.0, last=len(cmc_K), ticks=[*shown, len(cmc_K)])
    axes.set_xlabel("rank", color=_QUIET)
    axes.set_ylabel("queries with a match by then", color=_QUIET)
    _mark(axes, x=shown, y=[float(cmc_K[rank - 1]) for rank in shown])
    spoken = ", ".join(f"{cmc_K[rank - 1]:.3f} at rank {rank}" for rank in shown)
    return _svg(figure, name="cmc", spoken=f"Cumulative match characteristic: {spoken}")


def roc_svg(far_F: NDArray[np.float64], tpr_F: NDArray[np.float64], *, named_rates: Sequence[float]) -> str:
    """The receiver operating characteristic over the logarithm of the false accept rate.

    Args:
        far_F: False accept rates, increasing.
        tpr_F: Share of genuine pairs accepted.
        named_rates: Rates whose values are written beside the curve; each is one of `far_F`.
    """
    figure, axes = _empty_axes()
    axes.plot(far_F, tpr_F, color=_ACCENT, linewidth=2)
    _logarithmic(axes, first=far_F[0], last=far_F[-1], ticks=named_rates)
    axes.set_xlabel("false accept rate", color=_QUIET)
    axes.set_ylabel("true accept rate", color=_QUIET)
    values = [float(tpr_F[np.argmin(np.abs(far_F - rate))]) for rate in named_rates]
    _mark(axes, x=named_rates, y=values)
    spoken = ", ".join(f"{value:.3f} at {rate:g}" for rate, value in zip(named_rates, values, strict=True))
    return _svg(figure, name="roc", spoken=f"Receiver operating characteristic: true accept rate {spoken}")


def _empty_axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE_IN, layout="constrained")
    axes = figure.add_subplot()
    axes.set_ylim(0.0, 1.02)
    axes.yaxis.set_major_locator(FixedLocator([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]))
    axes.grid(color=_LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_QUIET, length=0, labelsize=9, pad=6)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure, axes


def _logarithmic(axes: Axes, *, first: float, last: float, ticks: Sequence[float]) -> None:
    axes.set_xscale("log")
    margin = (last / first) ** 0.05
    axes.set_xlim(first / margin, last * margin)
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _mark(axes: Axes, *, x: Sequence[float], y: Sequence[float]) -> None:
    """Dots with their values: below the rising curve, or above it where it runs along the lower edge."""
    axes.plot(x, y, "o", color=_ACCENT, markersize=6, markeredgecolor=_CARD, markeredgewidth=1.5, clip_on=False)
    for place, value in zip(x, y, strict=True):
        is_low = value < 0.12
        axes.annotate(
            f"{value:.3f}",
            (place, value),
            xytext=(3, 7 if is_low else -7),
            textcoords="offset points",
            horizontalalignment="left",
            verticalalignment="bottom" if is_low else "top",
            fontsize=9,
            color=_TEXT,
        )


def _svg(figure: Figure, *, name: str, spoken: str) -> str:
    """The figure as an element of a page: no size, no style and no names of its own."""
    drawn = io.StringIO()
    no_metadata = {"Creator": None, "Date": None, "Format": None, "Type": None}
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(drawn, format="svg", transparent=True, metadata=no_metadata)
    svg = drawn.getvalue()
    width, height = (72.0 * inches for inches in _SIZE_IN)
    body = svg[svg.index("</defs>") + len("</defs>") :]
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, f"var({variable})")
    body = re.sub(r"font-family: [^;\"]+", "font-family: inherit", body)
    body = re.sub(r'\bid="', f'id="{name}-', body).replace('"#', f'"#{name}-').replace("url(#", f"url(#{name}-")
    return f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{html.escape(spoken)}">{body}'
