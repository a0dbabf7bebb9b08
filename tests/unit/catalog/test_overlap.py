"""Names go over by overlap; scenes are simple enough to be judged by eye."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_app.catalog.observations import Observations
from reid_app.catalog.overlap import Label, assign_labels
from tests.unit.catalog.builders import walk


def label(name: str, seen: Observations, *, identity_id: str | None = None) -> Label:
    return Label(
        label_id=f"l-{name}",
        identity_id=identity_id or f"i-{name}",
        name=name,
        samples=tuple((float(pts_s), *map(float, box)) for pts_s, box in zip(seen.pts_s, seen.boxes_xyxy, strict=True)),
    )


def assigned(labels: list[Label], tracklets: dict[str, Observations]) -> set[tuple[str, str]]:
    return {(claim.label.name, claim.tracklet_id) for claim in assign_labels(labels, tracklets)}


def test_the_same_person_seen_at_other_moments() -> None:
    """The old run looked five times a second, the new one two times."""
    anna = label("anna", walk(1.0, 9.0, x=50.0, speed=20.0))
    assert assigned([anna], {"t": walk(0.7, 9.4, x=50.0, speed=20.0, fps=2.0)}) == {("anna", "t")}


def test_somebody_elsewhere_or_at_another_time_takes_nothing() -> None:
    anna = label("anna", walk(1.0, 9.0, x=50.0))
    tracklets = {"elsewhere": walk(1.0, 9.0, x=300.0), "later": walk(9.5, 12.0, x=50.0)}
    assert assigned([anna], tracklets) == set()


def test_a_person_beside_the_named_one_takes_nothing() -> None:
    """Their boxes overlap by 25 of 40 px (0.45 of the union), but the named one's fits better at each moment."""
    anna = label("anna", walk(1.0, 9.0, x=50.0))
    assert assigned([anna], {"neighbour": walk(1.0, 9.0, x=65.0), "anna": walk(1.0, 9.0, x=53.0)}) == {("anna", "anna")}


def test_two_people_who_cross_keep_their_names() -> None:
    left, right = walk(0.0, 10.0, x=0.0, speed=30.0), walk(0.0, 10.0, x=300.0, speed=-30.0)
    labels = [label("left", left), label("right", right)]
    tracklets = {"a": walk(0.1, 9.9, x=300.0, speed=-30.0, fps=3.0), "b": walk(0.1, 9.9, x=0.0, speed=30.0, fps=3.0)}
    assert assigned(labels, tracklets) == {("left", "b"), ("right", "a")}


@pytest.mark.parametrize("speed", [0.0, 10.0])
def test_a_long_tracklet_that_is_cut_gives_its_name_to_all_parts(speed: float) -> None:
    """Also where the person stands still, so that only time tells the parts apart."""
    anna = label("anna", walk(0.0, 20.0, x=50.0, speed=speed))
    parts = {"first": walk(0.0, 8.0, x=50.0, speed=speed), "second": walk(8.4, 20.0, x=50.0, speed=speed)}
    assert assigned([anna], parts) == {("anna", "first"), ("anna", "second")}


def test_parts_that_become_one_keep_their_name() -> None:
    labels = [
        label("anna", walk(0.0, 8.0, x=50.0), identity_id="i"),
        label("anna again", walk(9.0, 20.0, x=50.0), identity_id="i"),
    ]
    assert assigned(labels, {"t": walk(0.0, 20.0, x=50.0)}) == {("anna", "t"), ("anna again", "t")}


def test_the_name_with_more_votes_takes_a_tracklet_of_two_people() -> None:
    labels = [label("short", walk(0.0, 4.0, x=50.0)), label("long", walk(4.2, 20.0, x=50.0))]
    assert assigned(labels, {"t": walk(0.0, 20.0, x=50.0)}) == {("long", "t")}


def test_a_tracklet_that_follows_the_named_one_for_a_short_while_takes_nothing() -> None:
    """It stands still; the named one walks through it and is outside for most of its time."""
    anna = label("anna", walk(0.0, 10.0, x=0.0, speed=30.0))
    assert assigned([anna], {"standing": walk(0.0, 10.0, x=150.0)}) == set()


@given(st.lists(st.floats(0.0, 500.0), min_size=1, max_size=6), st.randoms())
def test_no_tracklet_has_two_identities_and_order_is_irrelevant(places: list[float], generator: random.Random) -> None:
    labels = [label(str(number), walk(0.0, 5.0, x=x)) for number, x in enumerate(places)]
    tracklets = {f"t{number}": walk(0.5, 4.5, x=x + 5.0) for number, x in enumerate(places)}
    claims = assign_labels(labels, tracklets)
    assert len({claim.tracklet_id for claim in claims}) == len({(c.tracklet_id, c.label.identity_id) for c in claims})
    names = list(tracklets)
    generator.shuffle(names)
    is_clear = (
        len(set(places)) == len(places)
        and min((abs(a - b) for i, a in enumerate(places) for b in places[:i]), default=99.0) > 60.0
    )
    if is_clear:
        shuffled = {name: tracklets[name] for name in names}
        assert (
            assigned(labels, shuffled)
            == assigned(labels, tracklets)
            == {(str(number), f"t{number}") for number in range(len(places))}
        )
