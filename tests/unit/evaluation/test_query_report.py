import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_app.evaluation.report.query_report import QueryReport, ReportEntry, Sighting, write_query_report
from tests.unit.evaluation.reading import ReadPage

MADE_AT = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
PROBE = Sighting(
    tracklet_id="t-probe",
    identity_name=None,
    camera_id="cam1",
    start_s=72.3,
    end_s=80.0,
    starts_at=None,
    crops=(np.full((40, 20, 3), 200, np.uint8),) * 3,
)
FIRST = replace(
    PROBE, tracklet_id="t-1", identity_name="Ada", camera_id="cam2", starts_at=datetime(2026, 1, 31, 8, tzinfo=UTC)
)
REPORT = QueryReport(
    title="Who is this?",
    probe=PROBE,
    entries=(
        ReportEntry(rank=1, similarity=0.8125, sighting=FIRST),
        ReportEntry(rank=2, similarity=-0.25, sighting=replace(PROBE, tracklet_id="t-2")),
    ),
    decision="uncalibrated",
    detector="motion",
    encoder="colour",
    model_id="0123abcd",
    gallery_size=7,
    gallery_version="12",
    made_at=MADE_AT,
    notes=("A better detector: yolox_nano.",),
)


class _Page(ReadPage):
    @property
    def text(self) -> str:
        return "".join(self.pieces)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[QueryReport], _Page]:
    def write(report: QueryReport) -> _Page:
        path = tmp_path / "report.html"
        write_query_report(path, report)
        return _Page(path.read_text(encoding="utf-8"))

    return write


def test_it_says_who_was_found_where_and_when(written: Callable[[QueryReport], _Page]) -> None:
    text = " ".join(written(REPORT).text.split())

    places = [
        text.index(expected)
        for expected in (
            "Who is this?",
            "2 results from a gallery of 7 tracklets",
            "unnamed (tracklet t-probe) camera cam1 1:12.3 to 1:20.0 into the video",
            "No threshold has been set",
            "1 Ada camera cam2 2026-01-31 08:00:00 to 08:00:07 UTC tracklet t-1 Similarity 0.812",
            "2 unnamed (tracklet t-2) camera cam1 1:12.3 to 1:20.0 into the video Similarity \N{MINUS SIGN}0.250",
            "Detector motion Encoder colour Model id 0123abcd Gallery 7 tracklets, version 12 Decision uncalibrated",
            "Made 2026-02-01 12:00:00 UTC A better detector: yolox_nano.",
        )
    ]
    assert places == sorted(places)


def test_pictures_are_inside_and_described(written: Callable[[QueryReport], _Page]) -> None:
    pictures = written(REPORT).named("img")

    assert [picture["alt"] for picture in pictures] == [
        "Film strip of the person searched for: pictures from camera cam1 in time order",
        "Film strip of result 1: pictures from camera cam2 in time order",
        "Film strip of result 2: pictures from camera cam1 in time order",
    ]
    for picture in pictures:
        head, _, data = str(picture["src"]).partition(",")
        decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        assert head == "data:image/jpeg;base64"
        assert decoded is not None
        assert decoded.shape == (int(str(picture["height"])), int(str(picture["width"])), 3)


def test_the_file_stands_alone_and_is_well_built(written: Callable[[QueryReport], _Page]) -> None:
    page = written(REPORT)
    names = [tag for tag, _ in page.tags]

    assert not {"script", "link", "iframe", "form", "object", "base"} & set(names)
    assert [picture["src"] for picture in page.named("img") if not str(picture["src"]).startswith("data:")] == []
    assert "default-src 'none'" in str([meta.get("content") for meta in page.named("meta")])
    assert page.named("html") == [{"lang": "en"}]
    assert [name for name in names if name in ("h1", "h2", "h3", "h4")] == ["h1", "h2", "h3", "h2", "h3", "h3", "h2"]


def test_bars_are_as_long_as_the_similarity_and_never_negative(written: Callable[[QueryReport], _Page]) -> None:
    assert [div["style"] for div in written(REPORT).named("div") if "style" in div] == ["width: 81.2%", "width: 0.0%"]


_ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><b>", "&lt;", "' onload='x"]
    ),
)


@given(typed=_ANY_TEXT)
def test_whatever_people_typed_is_text_only(typed: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.html"
    hostile = replace(PROBE, tracklet_id=typed, identity_name=typed, camera_id=typed)
    report = replace(
        REPORT,
        title=typed,
        probe=hostile,
        entries=(ReportEntry(rank=1, similarity=0.5, sighting=hostile),),
        detector=typed,
        encoder=typed,
        model_id=typed,
        gallery_version=typed,
        notes=(typed,),
    )
    harmless = replace(PROBE, identity_name="Ada")
    write_query_report(path, report)
    page = _Page(path.read_bytes().decode("utf-8"))
    write_query_report(path, replace(REPORT, probe=harmless, entries=(replace(REPORT.entries[0], sighting=harmless),)))
    plain = _Page(path.read_bytes().decode("utf-8"))

    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(attributes) for _, attributes in page.tags] == [sorted(attributes) for _, attributes in plain.tags]
    # Title (twice), two sightings with three fields, five facts and notes.
    assert page.text.count(typed) >= 2 + 2 * 3 + 5
    assert typed in str(page.named("img")[0]["alt"])


def test_half_a_character_in_a_name_does_not_stop_the_report(written: Callable[[QueryReport], _Page]) -> None:
    broken = replace(PROBE, identity_name="Ada \ud83d")
    assert "Ada" in written(replace(REPORT, probe=broken)).text


def test_no_results_are_said_in_words(written: Callable[[QueryReport], _Page]) -> None:
    page = written(replace(REPORT, entries=(), gallery_size=1, notes=()))

    assert "0 results from a gallery of 1 tracklet\n" in page.text
    assert "There is nobody to show" in page.text
    assert not page.named("ol")
    assert not page.named("ul")


def test_a_report_that_cannot_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(ValueError, match="time zone"):
        write_query_report(path, replace(REPORT, made_at=datetime(2026, 1, 1)))
    assert path.read_text() == "old"


@pytest.mark.parametrize(("rank", "similarity"), [(0, 0.5), (1, float("nan"))])
def test_an_impossible_entry_is_refused(rank: int, similarity: float) -> None:
    with pytest.raises(ValueError, match="rank >= 1 and a finite similarity"):
        ReportEntry(rank=rank, similarity=similarity, sighting=PROBE)
