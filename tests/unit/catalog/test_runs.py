from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import RunState
from reid_app.errors import ConflictError, NotFoundError
from tests.unit.catalog.builders import add_run, add_video, finish, kinds, new_tracklets, unit_vectors

Sql = Callable[[str], list[tuple[object, ...]]]


def test_the_same_settings_are_the_same_run(catalog: Catalog) -> None:
    video = add_video(catalog)
    run = catalog.runs.start(video.video_id, settings={"stride": 5, "detector": {"kind": "yolox"}})
    assert run.state is RunState.RUNNING
    assert run.checkpoint is None
    assert run.settings == {"stride": 5, "detector": {"kind": "yolox"}}
    assert catalog.runs.start(video.video_id, settings={"detector": {"kind": "yolox"}, "stride": 5}) == run
    assert catalog.runs.list_of_video(video.video_id) == [run]


def test_a_run_needs_its_video_and_json_settings(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError, match="v404"):
        catalog.runs.start("v404", settings={})
    with pytest.raises(ValueError, match="JSON compliant"):
        catalog.runs.start(add_video(catalog).video_id, settings={"x": float("nan")})


def test_the_first_run_is_visible_from_its_first_checkpoint(catalog: Catalog) -> None:
    run, tracklets = add_run(catalog, add_video(catalog), num=3)
    ids = [tracklet.tracklet_id for tracklet in tracklets]
    assert [row.tracklet_id for row in catalog.tracklets.list(limit=10)] == ids
    assert kinds(catalog) == [("tracklet_added", tracklet_id) for tracklet_id in ids]
    assert catalog.runs.get(run.run_id).checkpoint == {"frame_index": 100}
    assert catalog.runs.list_incomplete() == [catalog.runs.get(run.run_id)]
    row = catalog.tracklets.get(ids[1])
    assert {name: getattr(row, name) for name in tracklets[1].__slots__} == {
        name: getattr(tracklets[1], name) for name in tracklets[1].__slots__
    }


def test_a_checkpoint_again_changes_nothing(catalog: Catalog) -> None:
    run, tracklets = add_run(catalog, add_video(catalog), num=3)
    catalog.runs.checkpoint(
        run.run_id, tracklets=[*tracklets, *new_tracklets(run.run_id, 1, first=3)], checkpoint={"frame_index": 200}
    )
    assert catalog.tracklets.count() == 4
    assert catalog.changes.last_number() == 4
    assert catalog.runs.get(run.run_id).checkpoint == {"frame_index": 200}


def test_another_content_under_a_known_id_is_refused_and_nothing_of_it_stored(catalog: Catalog) -> None:
    run, tracklets = add_run(catalog, add_video(catalog), num=1)
    changed = [*new_tracklets(run.run_id, 1, first=1), replace(tracklets[0], sha256="f" * 64)]
    with pytest.raises(ConflictError, match=tracklets[0].tracklet_id):
        catalog.runs.checkpoint(run.run_id, tracklets=changed, checkpoint={"frame_index": 200})
    assert catalog.tracklets.count() == 1
    assert catalog.runs.get(run.run_id).checkpoint == {"frame_index": 100}


@pytest.mark.parametrize(("start_s", "end_s"), [(2.0, 1.0), (float("nan"), 1.0), (0.0, float("inf"))])
def test_a_tracklet_needs_finite_times_in_order(catalog: Catalog, start_s: float, end_s: float) -> None:
    run, _ = add_run(catalog, add_video(catalog), num=0)
    (tracklet,) = new_tracklets(run.run_id, 1)
    with pytest.raises(ValueError, match="finite"):
        catalog.runs.checkpoint(run.run_id, tracklets=[replace(tracklet, start_s=start_s, end_s=end_s)], checkpoint={})


def test_finishing_is_final_and_may_be_repeated(catalog: Catalog) -> None:
    video = add_video(catalog)
    run, _ = add_run(catalog, video, num=2)
    finished = finish(catalog, run.run_id)
    assert finished.removed_paths == ()
    assert finished.run.state is RunState.COMPLETE
    assert finished.run.report == {"frames": 1500}
    assert finished.run.finished_at is not None
    assert finish(catalog, run.run_id) == finished
    assert catalog.runs.start(video.video_id, settings=run.settings) == finished.run
    assert catalog.runs.list_incomplete() == []
    with pytest.raises(ConflictError, match="complete"):
        catalog.runs.checkpoint(run.run_id, tracklets=[], checkpoint={})
    assert catalog.changes.last_number() == 2


def test_a_replacing_run_is_invisible_until_it_is_finished(catalog: Catalog) -> None:
    video = add_video(catalog)
    old, old_tracklets = add_run(catalog, video, num=2)
    finish(catalog, old.run_id)
    catalog.embeddings.register_model("m", name="m", dimension=8)
    old_ids = [tracklet.tracklet_id for tracklet in old_tracklets]
    catalog.embeddings.add_many("m", dict(zip(old_ids, unit_vectors(2, 8), strict=True)))
    before = catalog.changes.last_number()

    new, new_ones = add_run(catalog, video, num=3, settings={"stride": 1})
    new_ids = [tracklet.tracklet_id for tracklet in new_ones]
    assert not new.is_visible
    assert {row.tracklet_id for row in catalog.tracklets.list(limit=10)} == set(old_ids)
    assert catalog.tracklets.get_many(new_ids) == {}
    with pytest.raises(NotFoundError, match=new_ids[0]):
        catalog.tracklets.get(new_ids[0])
    assert catalog.embeddings.missing("m", limit=10) == []
    assert catalog.embeddings.add_many("m", {new_ids[0]: unit_vectors(1, 8)[0]}) == 0
    assert catalog.changes.last_number() == before

    finished = finish(catalog, new.run_id)
    assert finished.removed_paths == tuple(tracklet.path for tracklet in old_tracklets)
    assert {row.tracklet_id for row in catalog.tracklets.list(limit=10)} == set(new_ids)
    assert kinds(catalog)[before:] == [
        *(("tracklet_removed", tracklet_id) for tracklet_id in old_ids),
        *(("tracklet_added", tracklet_id) for tracklet_id in new_ids),
    ]
    assert catalog.embeddings.count("m") == 0
    assert [row.tracklet_id for row in catalog.embeddings.missing("m", limit=10)] == new_ids
    assert [run.run_id for run in catalog.runs.list_of_video(video.video_id)] == [new.run_id]


def test_going_back_to_old_settings_starts_anew(catalog: Catalog) -> None:
    video = add_video(catalog)
    first, _ = add_run(catalog, video, num=2)
    finish(catalog, first.run_id)
    second, _ = add_run(catalog, video, num=1, settings={"stride": 1})
    finish(catalog, second.run_id)
    again, tracklets = add_run(catalog, video, num=2)
    assert again.run_id == first.run_id
    assert again.state is RunState.RUNNING
    assert not again.is_visible
    finish(catalog, again.run_id)
    assert {row.tracklet_id for row in catalog.tracklets.list(limit=10)} == {each.tracklet_id for each in tracklets}


def test_a_run_that_replaces_an_interrupted_one_takes_its_place(catalog: Catalog) -> None:
    video = add_video(catalog)
    old, old_tracklets = add_run(catalog, video, num=2)
    new, new_ones = add_run(catalog, video, num=1, settings={"stride": 1})
    assert not new.is_visible
    assert set(finish(catalog, new.run_id).removed_paths) == {tracklet.path for tracklet in old_tracklets}
    assert [row.tracklet_id for row in catalog.tracklets.list(limit=10)] == [new_ones[0].tracklet_id]
    with pytest.raises(NotFoundError, match="replaced"):
        catalog.runs.checkpoint(old.run_id, tracklets=[], checkpoint={})


def test_what_was_never_visible_is_removed_without_a_word(catalog: Catalog) -> None:
    """The first run is taken up again and finished before its would-be successor."""
    video = add_video(catalog)
    first, tracklets = add_run(catalog, video, num=1)
    second, second_tracklets = add_run(catalog, video, num=2, settings={"stride": 1})
    finished = finish(catalog, first.run_id)
    assert finished.removed_paths == tuple(tracklet.path for tracklet in second_tracklets)
    assert kinds(catalog) == [("tracklet_added", tracklets[0].tracklet_id)]
    with pytest.raises(NotFoundError, match=second.run_id):
        catalog.runs.get(second.run_id)


def test_runs_of_other_videos_stay(catalog: Catalog) -> None:
    other, _ = add_run(catalog, add_video(catalog, camera_id="cam2"), num=2)
    video = add_video(catalog)
    for stride in (1, 2):
        run, _ = add_run(catalog, video, num=1, settings={"stride": stride})
        finish(catalog, run.run_id)
    assert catalog.runs.get(other.run_id).is_visible
    assert catalog.tracklets.count() == 3


def test_the_sweep_learns_all_paths_of_a_run(catalog: Catalog) -> None:
    video = add_video(catalog)
    add_run(catalog, video, num=1)
    hidden, tracklets = add_run(catalog, video, num=2, settings={"stride": 1})
    assert catalog.runs.paths(hidden.run_id) == [tracklet.path for tracklet in tracklets]
    assert catalog.runs.paths("r404") == []


def test_removing_a_run_leaves_nothing_behind(catalog: Catalog, sql: Sql) -> None:
    video = add_video(catalog)
    old, tracklets = add_run(catalog, video, num=1)
    finish(catalog, old.run_id)
    catalog.embeddings.register_model("m", name="m", dimension=4)
    catalog.embeddings.add_many("m", {tracklets[0].tracklet_id: np.asarray([0.5, 0.5, 0.5, 0.5], np.float32)})
    new, _ = add_run(catalog, video, num=0, settings={"stride": 1})
    finish(catalog, new.run_id)
    for table in ("tracklets", "embeddings", "label_tracklets"):
        assert sql(f"SELECT count(*) FROM {table}") == [(0,)], table
