from collections.abc import Callable

import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.observations import Observations
from reid_app.catalog.rows import NewTracklet, RunRow, VideoRow
from reid_app.errors import ConflictError, InputError, NotFoundError
from tests.unit.catalog.builders import add_run, add_video, finish, kinds, new_tracklet, walk

Sql = Callable[[str], list[tuple[object, ...]]]


def run_of(
    catalog: Catalog, video: VideoRow, seen: list[Observations], *, stride: int
) -> tuple[RunRow, list[NewTracklet], dict[str, Observations]]:
    """A run whose tracklets saw what is given; not finished."""
    run = catalog.runs.start(video.video_id, settings={"stride": stride})
    tracklets = [
        new_tracklet(run.run_id, ordinal, start_s=float(each.pts_s[0]), end_s=float(each.pts_s[-1]))
        for ordinal, each in enumerate(seen)
    ]
    catalog.runs.checkpoint(run.run_id, tracklets=tracklets, checkpoint={})
    return run, tracklets, {tracklet.path: each for tracklet, each in zip(tracklets, seen, strict=True)}


def name_of(catalog: Catalog, tracklet_id: str) -> str | None:
    identity_id = catalog.tracklets.get(tracklet_id).identity_id
    return None if identity_id is None else catalog.identities.get(identity_id).name


def test_a_name_makes_an_identity_and_joins_the_next_of_that_name(catalog: Catalog) -> None:
    _, tracklets = add_run(catalog, add_video(catalog), num=3)
    first = catalog.identities.name_tracklet(tracklets[0].tracklet_id, "Anna", observations=walk(0.5, 2.5, x=0.0))
    assert (first.name, first.num_tracklets) == ("Anna", 1)
    second = catalog.identities.name_tracklet(tracklets[1].tracklet_id, "Anna", observations=walk(1.5, 3.5, x=0.0))
    assert (second.identity_id, second.num_tracklets) == (first.identity_id, 2)
    assert catalog.identities.list(limit=10) == [second]
    assert catalog.identities.get_many([first.identity_id, "i404"]) == {first.identity_id: second}
    named = catalog.tracklets.list(limit=10, identity_id=first.identity_id)
    assert [row.tracklet_id for row in named] == [tracklet.tracklet_id for tracklet in tracklets[:2]]
    changes = catalog.changes.after(3, limit=10)
    assert [(change.kind.value, change.tracklet_id, change.detail) for change in changes] == [
        ("identity_changed", tracklets[0].tracklet_id, {"identity_id": first.identity_id}),
        ("identity_changed", tracklets[1].tracklet_id, {"identity_id": first.identity_id}),
    ]


def test_the_same_name_again_changes_nothing(catalog: Catalog) -> None:
    _, tracklets = add_run(catalog, add_video(catalog), num=1)
    for _ in range(2):
        catalog.identities.name_tracklet(tracklets[0].tracklet_id, "Anna", observations=walk(0.5, 2.5, x=0.0))
    assert catalog.changes.last_number() == 2


def test_another_name_replaces_the_first_and_forgets_it(catalog: Catalog, sql: Sql) -> None:
    _, tracklets = add_run(catalog, add_video(catalog), num=1)
    for name in ("Anan", "Anna"):
        catalog.identities.name_tracklet(tracklets[0].tracklet_id, name, observations=walk(0.5, 2.5, x=0.0))
    assert name_of(catalog, tracklets[0].tracklet_id) == "Anna"
    assert [row.name for row in catalog.identities.list(limit=10)] == ["Anna"]
    assert sql("SELECT count(*) FROM labels") == [(1,)]


def test_a_cleared_tracklet_is_on_its_own_again(catalog: Catalog) -> None:
    _, tracklets = add_run(catalog, add_video(catalog), num=2)
    for tracklet in tracklets:
        catalog.identities.name_tracklet(tracklet.tracklet_id, "Anna", observations=walk(0.5, 2.5, x=0.0))
    catalog.identities.clear(tracklets[0].tracklet_id)
    assert catalog.tracklets.get(tracklets[0].tracklet_id).identity_id is None
    assert [row.num_tracklets for row in catalog.identities.list(limit=10)] == [1]
    assert catalog.changes.after(4, limit=10)[0].detail == {"identity_id": None}
    number = catalog.changes.last_number()
    catalog.identities.clear(tracklets[0].tracklet_id)
    assert catalog.changes.last_number() == number
    catalog.identities.clear(tracklets[1].tracklet_id)
    assert catalog.identities.list(limit=10) == []


def test_renaming_keeps_the_tracklets(catalog: Catalog) -> None:
    _, tracklets = add_run(catalog, add_video(catalog), num=2)
    anna = catalog.identities.name_tracklet(tracklets[0].tracklet_id, "Anna", observations=walk(0.5, 2.5, x=0.0))
    catalog.identities.name_tracklet(tracklets[1].tracklet_id, "Ben", observations=walk(0.5, 2.5, x=0.0))
    with pytest.raises(ConflictError, match="Ben"):
        catalog.identities.rename(anna.identity_id, "Ben")
    renamed = catalog.identities.rename(anna.identity_id, "Zoe")
    assert (renamed.identity_id, renamed.name, renamed.num_tracklets) == (anna.identity_id, "Zoe", 1)
    assert catalog.identities.rename(anna.identity_id, "Zoe") == renamed
    assert [row.name for row in catalog.identities.list(limit=1)] == ["Ben"]
    assert [row.name for row in catalog.identities.list(limit=1, after_name="Ben")] == ["Zoe"]


def test_what_is_not_there_is_named(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError, match="t404"):
        catalog.identities.name_tracklet("t404", "Anna", observations=walk(0.0, 1.0, x=0.0))
    with pytest.raises(NotFoundError, match="t404"):
        catalog.identities.clear("t404")
    with pytest.raises(NotFoundError, match="i404"):
        catalog.identities.rename("i404", "Anna")
    with pytest.raises(InputError, match="identity name"):
        catalog.identities.rename("i404", "")
    assert catalog.identities.list(limit=10) == []


def test_names_go_over_to_a_new_run_and_losses_are_listed(catalog: Catalog) -> None:
    video = add_video(catalog)
    anna, ben, clara = walk(1.0, 9.0, x=0.0, speed=10.0), walk(1.0, 9.0, x=300.0), walk(20.0, 30.0, x=50.0)
    old, old_tracklets, files = run_of(catalog, video, [anna, ben, clara], stride=5)
    finish(catalog, old.run_id, files)
    for tracklet, name in zip(old_tracklets, ("Anna", "Ben", "Clara"), strict=True):
        catalog.identities.name_tracklet(tracklet.tracklet_id, name, observations=files[tracklet.path])

    again = walk(1.1, 8.9, x=0.0, speed=10.0, fps=3.0)
    stranger = walk(1.0, 9.0, x=150.0)
    new, tracklets, files = run_of(catalog, video, [stranger, ben, again], stride=3)
    finished = finish(catalog, new.run_id, files)
    assert [name_of(catalog, tracklet.tracklet_id) for tracklet in tracklets] == [None, "Ben", "Anna"]
    (lost,) = finished.not_carried_over
    assert (lost.name, lost.start_s, lost.end_s) == ("Clara", 20.0, 30.0)
    assert catalog.runs.get(new.run_id).not_carried_over == (lost,)
    assert {row.name: row.num_tracklets for row in catalog.identities.list(limit=9)} == {
        "Anna": 1,
        "Ben": 1,
        "Clara": 0,
    }

    # What was lost is kept all the same, and a third run that sees Clara finds her name.
    third, tracklets, files = run_of(catalog, video, [clara], stride=2)
    finished = finish(catalog, third.run_id, files)
    assert name_of(catalog, tracklets[0].tracklet_id) == "Clara"
    assert sorted(lost.name for lost in finished.not_carried_over) == ["Anna", "Ben"]


def test_a_name_that_was_taken_off_does_not_come_back(catalog: Catalog) -> None:
    video = add_video(catalog)
    seen = walk(1.0, 9.0, x=0.0)
    old, old_tracklets, files = run_of(catalog, video, [seen], stride=5)
    finish(catalog, old.run_id, files)
    catalog.identities.name_tracklet(old_tracklets[0].tracklet_id, "Anna", observations=seen)
    catalog.identities.clear(old_tracklets[0].tracklet_id)
    new, tracklets, files = run_of(catalog, video, [seen], stride=3)
    assert finish(catalog, new.run_id, files).not_carried_over == ()
    assert name_of(catalog, tracklets[0].tracklet_id) is None


def test_a_corrected_part_of_a_cut_tracklet_stays_corrected(catalog: Catalog) -> None:
    """One run saw 20 s as one person, the next one in two parts, and somebody says that the second is Ben."""
    video = add_video(catalog)
    whole, parts = walk(0.0, 20.0, x=50.0), [walk(0.0, 9.0, x=50.0), walk(9.5, 20.0, x=50.0)]
    old, old_tracklets, files = run_of(catalog, video, [whole], stride=5)
    finish(catalog, old.run_id, files)
    catalog.identities.name_tracklet(old_tracklets[0].tracklet_id, "Anna", observations=whole)
    cut, tracklets, files = run_of(catalog, video, parts, stride=3)
    finish(catalog, cut.run_id, files)
    assert [name_of(catalog, tracklet.tracklet_id) for tracklet in tracklets] == ["Anna", "Anna"]
    catalog.identities.name_tracklet(tracklets[1].tracklet_id, "Ben", observations=parts[1])
    assert [name_of(catalog, tracklet.tracklet_id) for tracklet in tracklets] == ["Anna", "Ben"]

    again, tracklets, files = run_of(catalog, video, parts, stride=2)
    finished = finish(catalog, again.run_id, files)
    assert [name_of(catalog, tracklet.tracklet_id) for tracklet in tracklets] == ["Anna", "Ben"]
    assert finished.not_carried_over == ()


def test_a_name_taken_off_a_part_of_a_cut_tracklet_does_not_come_back(catalog: Catalog) -> None:
    video = add_video(catalog)
    whole, parts = walk(0.0, 20.0, x=50.0), [walk(0.0, 9.0, x=50.0), walk(9.5, 20.0, x=50.0)]
    old, old_tracklets, files = run_of(catalog, video, [whole], stride=5)
    finish(catalog, old.run_id, files)
    catalog.identities.name_tracklet(old_tracklets[0].tracklet_id, "Anna", observations=whole)
    cut, tracklets, files = run_of(catalog, video, parts, stride=3)
    finish(catalog, cut.run_id, files)
    catalog.identities.clear(tracklets[1].tracklet_id)
    again, tracklets, files = run_of(catalog, video, parts, stride=2)
    finish(catalog, again.run_id, files)
    assert [name_of(catalog, tracklet.tracklet_id) for tracklet in tracklets] == ["Anna", None]


def test_a_name_given_while_a_run_is_being_finished_goes_over_too(catalog: Catalog) -> None:
    video = add_video(catalog)
    anna, ben = walk(1.0, 9.0, x=0.0), walk(1.0, 9.0, x=300.0)
    old, old_tracklets, files = run_of(catalog, video, [anna, ben], stride=5)
    finish(catalog, old.run_id, files)
    catalog.identities.name_tracklet(old_tracklets[0].tracklet_id, "Anna", observations=anna)
    new, tracklets, files = run_of(catalog, video, [anna, ben], stride=3)
    asked = []

    def read(path: str) -> Observations:
        if not asked:
            catalog.identities.name_tracklet(old_tracklets[1].tracklet_id, "Ben", observations=ben)
        asked.append(path)
        return files[path]

    catalog.runs.finish(new.run_id, report={}, observations=read)
    assert [name_of(catalog, tracklet.tracklet_id) for tracklet in tracklets] == ["Anna", "Ben"]


def test_a_file_that_cannot_be_read_leaves_the_old_run_in_place(catalog: Catalog) -> None:
    video = add_video(catalog)
    seen = walk(1.0, 9.0, x=0.0)
    old, old_tracklets, files = run_of(catalog, video, [seen], stride=5)
    finish(catalog, old.run_id, files)
    catalog.identities.name_tracklet(old_tracklets[0].tracklet_id, "Anna", observations=seen)
    new, tracklets, files = run_of(catalog, video, [seen], stride=3)
    with pytest.raises(KeyError):
        finish(catalog, new.run_id, {})
    assert name_of(catalog, old_tracklets[0].tracklet_id) == "Anna"
    finish(catalog, new.run_id, files)
    assert name_of(catalog, tracklets[0].tracklet_id) == "Anna"


def test_only_tracklets_that_may_take_a_name_are_read(catalog: Catalog) -> None:
    video = add_video(catalog)
    early, late = walk(1.0, 9.0, x=0.0), walk(20.0, 30.0, x=0.0)
    old, old_tracklets, files = run_of(catalog, video, [early, late], stride=5)
    finish(catalog, old.run_id, files)
    catalog.identities.name_tracklet(old_tracklets[0].tracklet_id, "Anna", observations=early)
    new, tracklets, files = run_of(catalog, video, [early, late], stride=3)
    asked = []
    catalog.runs.finish(new.run_id, report={}, observations=lambda path: (asked.append(path), files[path])[1])
    assert asked == [tracklets[0].path]


def test_a_long_tracklets_name_is_kept_at_enough_moments(catalog: Catalog, sql: Sql) -> None:
    _, tracklets = add_run(catalog, add_video(catalog), num=3)
    for tracklet, seconds in zip(tracklets, (4.0, 200.0, 4000.0), strict=True):
        catalog.identities.name_tracklet(tracklet.tracklet_id, "Anna", observations=walk(0.0, seconds, x=0.0))
    lengths = sql("SELECT samples FROM labels ORDER BY created_at")
    assert [str(samples).count("[") - 1 for (samples,) in lengths] == [21, 100, 256]
    assert kinds(catalog)[-1][0] == "identity_changed"
