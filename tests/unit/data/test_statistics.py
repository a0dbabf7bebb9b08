"""Counting data sets, and saying what is noteworthy about them."""

from pathlib import Path

from reid_app.data.figures import Figures, figures_of
from reid_app.data.statistics import statistics_of
from reid_app.data.types import LabelledTracklet, ReidDataset


def tracklet(name: str, pid: int, camid: int, num_pictures: int = 2) -> LabelledTracklet:
    return LabelledTracklet(name=name, pid=pid, camid=camid, frame_paths=(Path("a.jpg"),) * num_pictures)


TRAIN = (tracklet("a", 1, 0, 3), tracklet("b", 1, 2, 4))
GALLERY = (tracklet("j", -1, 5), tracklet("d", 0, 1), tracklet("e", 0, 1), tracklet("c", 7, 0), tracklet("f", 9, 0, 1))
TINY = ReidDataset(name="tiny", train=TRAIN, query=GALLERY[3:4], gallery=GALLERY)


def test_figures_by_hand() -> None:
    expected = Figures(identities=2, tracklets=5, cameras=3, pictures=9, distractors=2, junk=1)
    assert figures_of(GALLERY) == expected
    assert figures_of(()) == Figures(identities=0, tracklets=0, cameras=0, pictures=0, distractors=0, junk=0)


def test_only_published_figures_can_differ() -> None:
    published = {"train": Figures(identities=1, pictures=8), "gallery": Figures(tracklets=5, junk=0)}
    statistics = statistics_of(TINY, published=published)
    assert statistics.differences == ["train: 7 pictures, published 8", "gallery: 1 junk, published 0"]
    assert statistics.warnings == ()
    assert [part.part for part in statistics.parts] == ["train", "query", "gallery"]
    assert statistics.parts[1].published == Figures()


def test_equal_figures_do_not_differ() -> None:
    published = {"train": figures_of(TRAIN), "query": figures_of(GALLERY[3:4]), "gallery": figures_of(GALLERY)}
    assert statistics_of(TINY, published=published).differences == []


def test_own_data_sets_are_warned_about() -> None:
    statistics = statistics_of(TINY, published={})
    assert statistics.differences == []
    assert statistics.warnings == (
        "2 of 2 identities are seen by one camera only: no match across cameras for them (c, f)",
        "2 of 2 identities have one tracklet only: no match at all for them (c, f)",
        "1 of 5 tracklets have one picture only: nothing to pool over time (f)",
    )


def test_warnings_name_three_examples() -> None:
    everybody = tuple(tracklet(f"{pid}/0/{number}", pid, 0) for pid in range(1, 6) for number in range(2))
    statistics = statistics_of(ReidDataset(name="own", train=(), query=(), gallery=everybody), published={})
    assert statistics.warnings == (
        "5 of 5 identities are seen by one camera only: no match across cameras for them (1/0/0, 2/0/0, 3/0/0, ...)",
    )


def test_json_holds_what_was_found_and_what_is_published() -> None:
    document = statistics_of(TINY, published={"train": Figures(identities=2)}).as_json()
    assert document["parts"]["train"]["found"]["identities"] == 1
    assert document["parts"]["train"]["published"] == {
        "identities": 2,
        "tracklets": None,
        "cameras": None,
        "pictures": None,
        "distractors": None,
        "junk": None,
    }
    assert document["differences"] == ["train: 1 identities, published 2"]
