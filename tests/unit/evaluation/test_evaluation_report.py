import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_app.evaluation.report.evaluation_page import (
    EvaluationPage,
    QueryExample,
)
from reid_app.evaluation.report.evaluation_report import write_evaluation_report
from tests.unit.evaluation.pages import FOUND, PAGE, QUERY, RIGHT, WRONG, Page, evaluation_of


@pytest.fixture
def written(tmp_path: Path) -> Callable[[EvaluationPage], Page]:
    def write(page: EvaluationPage) -> Page:
        path = tmp_path / "report.html"
        write_evaluation_report(path, page)
        return Page(path.read_text(encoding="utf-8"))

    return write


def test_it_says_what_was_measured_how_and_what_came_out(written: Callable[[EvaluationPage], Page]) -> None:
    text = written(PAGE).text
    rank5, tpr = FOUND.rank_k(5), FOUND.roc.tpr_at_far

    places = [
        text.index(expected)
        for expected in (
            "Who is found?",
            "42 queries against 44 tracklets of our site, protocol cross-camera",
            f"Rank-1 queries whose nearest tracklet is right {FOUND.rank1:.3f} 95 % interval 0.010 to 0.250",
            f"mAP mean average precision {FOUND.mean_ap:.3f} 95 % interval 0.100 to 0.350",
            f"{FOUND.mean_inp:.3f} 95 % interval 0.050 to 0.450",
            "Data set our site Encoder colour Model id 0123abcd Tracklets mean, 8 frames Compared by cosine distance",
            "Queries 44, of which 42 count; 1 skipped because the query is a distractor or junk; "
            "1 skipped because its identity is not in the gallery Gallery 44 tracklets",
            f"Protocol cross-camera: {FOUND.protocol.summary}",
            "Against osnet: mAP -0.1, worse.",
            f"rank-1 {FOUND.rank1:.3f} 0.010 to 0.250 rank-5 {rank5:.3f} rank-10",
            f"mAP {FOUND.mean_ap:.3f} 0.100 to 0.350 mINP {FOUND.mean_inp:.3f} 0.050 to 0.450",
            f"0.0001 {tpr[1e-4]:.3f} {1 - tpr[1e-4]:.3f}",
            f"0.1 {tpr[1e-1]:.3f} {1 - tpr[1e-1]:.3f}",
            f"Of {FOUND.roc.num_genuine} genuine and {FOUND.roc.num_impostors:,} impostor pairs",
            f"rates below {1 / FOUND.roc.num_impostors:.1g} allow none of them",
            "The best queries 0007 camera hall tracklet 0007C1T0003 AP 0.500 first match at rank 2",
            "The worst queries 0007 camera hall tracklet 0007C1T0003 AP 0.012 first match at rank 1,234",
            "Made 2026-02-01 12:00:00 UTC.",
        )
    ]
    assert places == sorted(places)


def test_where_everything_counts_and_pairs_abound_nothing_is_made_of_it(
    written: Callable[[EvaluationPage], Page],
) -> None:
    everybody = evaluation_of([*range(1, 102), *range(1, 102)], [0] * 101 + [1] * 101)
    text = written(replace(PAGE, evaluation=everybody, notes=(), worst=())).text

    assert "Queries 202, all of them count" in text
    assert "allow none of them" not in text
    assert "There is no query to show." in text


def test_intervals_are_drawn_to_scale(written: Callable[[EvaluationPage], Page]) -> None:
    assert [style for style in written(PAGE).values("style") if style.startswith("left")] == [
        "left: 1.0%; width: 24.0%",
        "left: 10.0%; width: 25.0%",
        "left: 5.0%; width: 40.0%",
    ]


def test_right_and_wrong_differ_in_colour_sign_and_words(written: Callable[[EvaluationPage], Page]) -> None:
    page = written(PAGE)

    assert [attributes["class"] for attributes in page.named("li") if "class" in attributes] == [
        "wrong",
        "right",
        "wrong",
    ]
    assert "query 1 \N{MULTIPLICATION X} 0009 yard 0.125 2 \N{CHECK MARK} 0007 street 0.250" in page.text
    assert [picture["alt"] for picture in page.named("img")][:3] == [
        "The query: pictures of 0007 from camera hall in time order",
        "Rank 1, wrong: 0009 from camera yard",
        "Rank 2, right: 0007 from camera street",
    ]
    style = page.source[: page.source.index("</style>")]
    assert re.search(r"\.right \.frame \{ border: 4px solid var\(--right\)", style)
    assert re.search(r"\.wrong \.frame \{ border: 4px dashed var\(--wrong\)", style)


def test_a_query_is_a_strip_and_a_ranked_tracklet_its_middle_picture(
    written: Callable[[EvaluationPage], Page],
) -> None:
    greys = tuple(np.full((40, 20, 3), grey, np.uint8) for grey in (10, 60, 110, 160, 210))
    example = QueryExample(
        query=replace(QUERY, crops=greys[::2]),
        average_precision=1.0,
        first_match_rank=1,
        ranked=(replace(RIGHT, tracklet=replace(QUERY, crops=greys)),),
    )

    pictures = []
    for picture in written(replace(PAGE, best=(example,), worst=())).named("img"):
        head, _, data = str(picture["src"]).partition(",")
        assert head == "data:image/jpeg;base64"
        decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        assert decoded is not None
        pictures.append(decoded)

    strip, middle = pictures
    assert [int(strip[128, x, 0]) for x in (64, 64 + 132, 64 + 264)] == pytest.approx([10, 110, 210], abs=2)
    assert middle.shape == (256, 128, 3)
    assert np.abs(middle.astype(int) - 110).max() <= 2


def test_the_file_stands_alone_and_is_well_built(written: Callable[[EvaluationPage], Page]) -> None:
    page = written(PAGE)
    names = [tag for tag, _ in page.tags]
    ids = page.values("id")
    pointed_at = page.values("xlink:href") + re.findall(r"url\((.*?)\)", page.source) + page.values("href")

    assert not {"script", "link", "iframe", "form", "object", "base"} & set(names)
    assert all(str(picture["src"]).startswith("data:") for picture in page.named("img"))
    assert [meta["content"] for meta in page.named("meta") if "http-equiv" in meta] == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    ]
    assert page.named("html") == [{"lang": "en"}]
    assert len(ids) == len(set(ids))
    assert pointed_at
    assert {name.removeprefix("#") for name in pointed_at} <= set(ids)
    assert set(page.values("aria-labelledby")) <= set(ids)
    assert [name for name in names if re.fullmatch("h[1-6]", name)] == ["h1", *["h2"] * 5, "h3", "h2", "h3"]


_ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><b>", "&lt;", "' onload='x", "$\\a$"]
    ),
)


def _page_named(typed: str) -> EvaluationPage:
    tracklet = replace(QUERY, name=typed, identity=typed, camera=typed)
    ranked = (replace(RIGHT, tracklet=tracklet), replace(WRONG, tracklet=tracklet))
    return replace(
        PAGE,
        title=typed,
        dataset=typed,
        encoder=typed,
        model_id=typed,
        tracklet_options=typed,
        compared_by=typed,
        camera_names=dict.fromkeys(range(3), typed),
        best=(replace(PAGE.best[0], query=tracklet, ranked=ranked),),
        notes=(typed,),
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = tmp_path_factory.mktemp("plain") / "plain.html"
    write_evaluation_report(path, _page_named("Ada"))
    return Page(path.read_text(encoding="utf-8"))


@settings(max_examples=25, deadline=None)
@given(typed=_ANY_TEXT)
def test_whatever_people_typed_is_text_only(typed: str, plain: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.html"
    write_evaluation_report(path, _page_named(typed))
    page = Page(path.read_bytes().decode("utf-8"))

    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(attributes) for _, attributes in page.tags] == [sorted(attributes) for _, attributes in plain.tags]
    # Title (twice), data set (twice), four facts and a note, twelve cameras of two maps, three tracklets.
    assert "".join(page.pieces).count(typed) >= 2 + 2 + 4 + 1 + 12 + 3 + 2 * 2
    assert typed in str(page.named("img")[0]["alt"])
    assert typed in page.values("title")


def test_half_a_character_in_a_name_does_not_stop_the_report(written: Callable[[EvaluationPage], Page]) -> None:
    assert "Ada" in written(_page_named("Ada \ud83d")).text


def test_the_same_page_is_the_same_file_and_leaves_matplotlib_alone(
    written: Callable[[EvaluationPage], Page],
) -> None:
    before = dict(mpl.rcParams)

    assert written(PAGE).source == written(PAGE).source
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (replace(PAGE, made_at=datetime(2026, 1, 1)), "time zone"),
        (replace(PAGE, best=(replace(PAGE.best[0], query=replace(QUERY, crops=())),)), "needs crops"),
    ],
)
def test_a_report_that_cannot_be_made_leaves_the_old_one(tmp_path: Path, broken: EvaluationPage, message: str) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(ValueError, match=message):
        write_evaluation_report(path, broken)
    assert path.read_text() == "old"
