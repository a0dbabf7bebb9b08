"""Figures of the report: curves and maps of camera pairs."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reid_app.evaluation.report.evaluation_page import (
    EvaluationPage,
)
from reid_app.evaluation.report.evaluation_report import write_evaluation_report
from tests.unit.evaluation.pages import FOUND, PAGE, Page, evaluation_of


@pytest.fixture
def written(tmp_path: Path) -> Callable[[EvaluationPage], Page]:
    def write(page: EvaluationPage) -> Page:
        path = tmp_path / "report.html"
        write_evaluation_report(path, page)
        return Page(path.read_text(encoding="utf-8"))

    return write


def test_camera_pairs_are_a_table_as_strong_in_colour_as_in_value(written: Callable[[EvaluationPage], Page]) -> None:
    page = written(PAGE)
    pairs = FOUND.camera_pairs

    shares = [float(style.removeprefix("--share: ")) for style in page.values("style") if "--share" in style]
    defined = ~np.isnan(pairs.rank1_AB)
    expected = [*pairs.rank1_AB[defined], *pairs.mean_ap_AB[defined]]
    assert shares == pytest.approx(expected, abs=5e-4)
    assert "Rank-1 hall street yard hall \N{EN DASH}" in page.text
    assert f"street {pairs.rank1_AB[1, 0]:.3f} 20 \N{EN DASH}" in page.text


def _curve(page: Page, *, figure: str) -> np.ndarray:
    """Points of the longest path of a chart, x and y in units of the drawing."""
    drawing = re.search(rf'<g id="{figure}-figure_1">.*?</svg>', page.source, re.DOTALL)
    assert drawing is not None
    paths = [re.findall(r"[ML] ([\d.]+) ([\d.]+)", path) for path in re.findall(r'<path d="([^"]+)"', drawing[0])]
    return np.array(max(paths, key=len), float)


def test_curves_run_through_their_values(written: Callable[[EvaluationPage], Page]) -> None:
    page = written(PAGE)
    cmc, roc = FOUND.cmc, FOUND.roc

    for points, x, y in (
        (_curve(page, figure="cmc"), np.log(np.arange(1, 51)), cmc),
        (_curve(page, figure="roc"), np.log(roc.far_F), roc.tpr_F),
    ):
        slope_x, slope_y = np.polyfit(x, points[:, 0], 1), np.polyfit(y, points[:, 1], 1)
        assert slope_x[0] > 0 > slope_y[0]
        np.testing.assert_allclose(np.polyval(slope_x, x), points[:, 0], atol=0.01)
        np.testing.assert_allclose(np.polyval(slope_y, y), points[:, 1], atol=0.01)

    spoken = [str(svg["aria-label"]) for svg in page.named("svg")]
    assert spoken[0].startswith(f"Cumulative match characteristic: {cmc[0]:.3f} at rank 1, {cmc[4]:.3f} at rank 5")
    assert spoken[1].endswith(f"{roc.tpr_at_far[1e-1]:.3f} at 0.1")
    for value in (cmc[0], cmc[4], cmc[9], cmc[19], roc.tpr_at_far[1e-2]):
        assert f">{value:.3f}</text>" in page.source


def test_curves_take_colours_and_letters_from_the_page(written: Callable[[EvaluationPage], Page]) -> None:
    source = written(PAGE).source
    charts = "".join(re.findall(r"<svg.*?</svg>", source, re.DOTALL))

    assert set(re.findall(r"(?:stroke|fill): ([^;\"]+)", charts)) == {
        "none",
        *(f"var(--{name})" for name in ("text", "quiet", "line", "accent", "card")),
    }
    assert set(re.findall(r"font-family: ([^;\"]+)", charts)) == {"inherit"}
    assert "<style" not in charts


def test_without_wrong_tracklets_there_is_no_roc(written: Callable[[EvaluationPage], Page]) -> None:
    alone = evaluation_of([1, 1], [0, 1])
    page = written(replace(PAGE, evaluation=alone))

    assert "There is no curve: everybody in the gallery is a match." in page.text
    assert len(page.named("svg")) == 1
    assert "0.0001 \N{EN DASH} \N{EN DASH}" in page.text


def test_many_cameras_have_a_map_below_the_other(written: Callable[[EvaluationPage], Page]) -> None:
    many = evaluation_of([1] * 7, list(range(7)))
    names = {camid: f"camera {camid}" for camid in range(7)}

    assert "stack" in written(replace(PAGE, evaluation=many, camera_names=names)).values("class")
    assert "stack" not in written(PAGE).values("class")
