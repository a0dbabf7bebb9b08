import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from reid_app.catalog.embeddings import Embeddings
from reid_app.catalog.rows import EmbeddingBatch
from reid_app.errors import LockedError, ModelMismatchError
from reid_app.gallery.columns import IndexRow
from reid_app.gallery.config import GalleryConfig
from reid_app.gallery.filters import GalleryFilter
from reid_app.gallery.gallery import Gallery
from reid_app.tracklets.locks import file_lock
from tests.unit.gallery.world import CONFIG, DIMENSION, MODEL, World


def test_without_a_snapshot_it_is_rebuilt_and_says_so(world: World, caplog: pytest.LogCaptureFixture) -> None:
    gallery = world.open()
    assert len(gallery) == 60
    assert gallery.version == world.catalog.changes.last_number()
    assert "rebuilt from the catalog, 60 tracklets" in caplog.text
    world.assert_right(gallery, k=100)


def test_with_a_snapshot_it_opens_quietly_and_replays_the_changes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    first = world.open()
    path = first.save()
    assert path is not None
    assert path.name == f"snap-{first.version}"
    assert first.save() is None
    world.ingest(3, settings=0, count=10)
    world.ingest(0, settings=1, count=5)
    world.embed()
    caplog.clear()
    second = world.open()
    assert caplog.text == ""
    assert second.saved_version == first.version < second.version
    assert len(second) == 55
    world.assert_right(second, k=100)


def test_random_work_always_gives_the_catalogs_answer(tmp_path: Path) -> None:
    world = World(tmp_path, seed=7)
    rng = np.random.default_rng(7)
    gallery = world.open(config=GalleryConfig(threads=2, keep_snapshots=1))
    for _ in range(120):
        action = rng.choice(["ingest", "ingest", "embed", "embed", "name", "clear", "save", "reopen", "search"])
        rows = world.catalog.tracklets.list(limit=1000)
        if action == "ingest":
            # Three settings only, so that a replaced run comes back with the ids that it had.
            world.ingest(int(rng.integers(5)), settings=int(rng.integers(3)), count=int(rng.integers(0, 9)))
        elif action == "embed":
            world.embed()
        elif action == "name" and rows:
            world.name(rows[rng.integers(len(rows))].tracklet_id, f"person {rng.integers(3)}")
        elif action == "clear" and rows:
            world.catalog.identities.clear(rows[rng.integers(len(rows))].tracklet_id)
        elif action == "save":
            gallery.save()
        elif action == "reopen":
            gallery = world.open()
        gallery.refresh()
        assert len(gallery) == world.catalog.embeddings.count(MODEL)
        people = world.catalog.identities.list(limit=10)
        cameras = GalleryFilter(cameras=frozenset({"cam0", "cam2"}))
        named = GalleryFilter(identities=frozenset(person.identity_id for person in people[:2]))
        for where in (None, cameras, named):
            world.assert_right(gallery, k=5, where=where)
    assert gallery.verify(self_search=100).is_ok
    world.catalog.close()


def test_what_was_deleted_is_not_shown_even_without_refresh(world: World) -> None:
    gallery = world.open()
    gone = {row.tracklet_id for row in world.catalog.tracklets.list(limit=100, camera_id="cam1")}
    world.ingest(1, settings=1, count=1)
    assert len(gallery) == 60
    for k in (1, 5, 40, 60):
        # As many as asked for come back: the search goes deeper.
        assert not {match.tracklet_id for match in world.assert_right(gallery, k=k)} & gone
    query = world.query()
    assert gallery.search(query, model_id=MODEL, k=3, where=GalleryFilter(cameras=frozenset({"cam1"}))) == [[]]
    assert gallery.refresh() > 0
    assert len(gallery) == 40


def test_a_row_that_no_longer_fits_the_filter_is_not_shown(world: World) -> None:
    tracklet = world.catalog.tracklets.list(limit=1)[0].tracklet_id
    where = GalleryFilter(identities=frozenset({world.name(tracklet, "Ada")}))
    gallery = world.open()
    assert [match.tracklet_id for match in world.assert_right(gallery, where=where)] == [tracklet]
    world.catalog.identities.clear(tracklet)
    assert world.assert_right(gallery, where=where) == []
    gallery.refresh()
    assert world.assert_right(gallery, where=where) == []


def test_the_embedding_of_a_tracklet_that_came_back_is_the_new_one(world: World) -> None:
    gallery = world.open()
    gallery.save()
    for settings in (1, 0):
        # Back to the old settings: the same ids, embedded anew.
        world.ingest(2, settings=settings, count=20)
        world.embed()
    for opened in (world.open(), gallery):
        opened.refresh()
        world.assert_right(opened, k=100)
        assert opened.verify(self_search=10).is_ok


def test_vectors_of_two_models_never_meet(world: World) -> None:
    world.catalog.embeddings.register_model("other", name="other", dimension=DIMENSION)
    gallery = world.open()
    world.ingest(4, settings=0, count=5)
    world.embed(model_id="other")
    gallery.refresh()
    assert len(gallery) == 60
    with pytest.raises(ModelMismatchError, match=rf"made by model other, the gallery by model {MODEL}"):
        gallery.search(world.query(), model_id="other", k=1, where=None)
    with pytest.raises(ModelMismatchError, match="have 16 numbers in the catalog, the gallery was opened for 32"):
        Gallery.open(world.folder / "gallery", catalog=world.catalog, model_id=MODEL, dimension=32, config=CONFIG)


def test_a_model_without_embeddings_is_empty_and_quiet(world: World, caplog: pytest.LogCaptureFixture) -> None:
    folder = world.folder / "gallery"
    gallery = Gallery.open(folder, catalog=world.catalog, model_id="new", dimension=8, config=CONFIG)
    assert len(gallery) == 0
    assert gallery.search(np.eye(8, dtype=np.float32)[:1], model_id="new", k=1, where=None) == [[]]
    assert gallery.verify(self_search=10).is_ok
    gallery.save()
    assert len(Gallery.open(folder, catalog=world.catalog, model_id="new", dimension=8, config=CONFIG)) == 0
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("model_id", ["", "..", "a/b", ".hidden"])
def test_model_ids_that_are_no_folder_names_are_refused(world: World, model_id: str) -> None:
    with pytest.raises(ValueError, match="model_id"):
        Gallery.open(world.folder, catalog=world.catalog, model_id=model_id, dimension=8, config=CONFIG)


def test_a_restored_catalog_is_followed_by_an_open_gallery(
    world: World, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    gallery = world.open()
    other = World(tmp_path_factory.mktemp("restored"), seed=1)
    other.ingest(0, settings=0, count=7)
    other.embed()
    gallery._catalog = other.catalog
    gallery.refresh()
    assert "replaced or restored" in caplog.text
    assert len(gallery) == 7
    other.assert_right(gallery)
    # As many changes again, so that the numbers alone say nothing.
    while world.catalog.changes.last_number() < gallery.version:
        world.ingest(9, settings=0, count=1)
    gallery._catalog = world.catalog
    gallery.refresh()
    assert len(gallery) == 60
    other.catalog.close()


def test_two_writers_at_once_are_refused(world: World) -> None:
    gallery = world.open()
    with (
        file_lock(world.snapshots / "writer.lock", what="the gallery"),
        pytest.raises(LockedError, match=f"gallery of model {MODEL} is in use by process"),
    ):
        gallery.save()
    assert gallery.save() is not None


def test_snapshots_are_due_and_pruned_as_configured(world: World) -> None:
    gallery = world.open(config=GalleryConfig(threads=1, snapshot_every=3, keep_snapshots=2))
    assert gallery.is_snapshot_due
    numbers = []
    for video in range(5, 9):
        gallery.save()
        numbers.append(gallery.version)
        assert not gallery.is_snapshot_due
        world.ingest(video, settings=0, count=2)
        gallery.refresh()
        assert not gallery.is_snapshot_due
        world.embed()
        gallery.refresh()
        assert gallery.is_snapshot_due
    assert sorted(path.name for path in world.snapshots.iterdir()) == sorted(
        ["writer.lock", *(f"snap-{number}" for number in numbers[-2:])]
    )


def test_searches_go_on_while_the_gallery_is_refreshed(world: World) -> None:
    gallery = world.open()
    stop, problems = threading.Event(), list[object]()
    query = world.query()

    def search() -> None:
        while not stop.is_set():
            try:
                found = gallery.search(query, model_id=MODEL, k=30, where=None)[0]
            except Exception as error:
                problems.append(error)
                return
            if len(found) != 30:
                problems.append(len(found))

    searching = threading.Thread(target=search)
    searching.start()
    for number in range(6):
        world.ingest(number % 2, settings=number, count=20)
        world.embed()
        gallery.refresh()
    stop.set()
    searching.join()
    assert problems == []


def test_verify_finds_what_is_missing_different_and_too_much(world: World) -> None:
    gallery = world.open()
    assert gallery.verify(self_search=7).num_self_searched == 7
    report = gallery.verify(self_search=1000)
    assert report.is_ok
    assert (report.num_rows, report.num_expected, report.num_self_found) == (60, 60, 60)
    assert report.checksum == report.catalog_checksum
    ids = [match.tracklet_id for match in world.assert_right(gallery, k=60)]
    index = gallery._index
    index.remove(ids[:3])
    index.add([index_row(ids[0]), index_row("stranger")], index.embeddings(ids[5:7]))
    damaged = gallery.verify(self_search=1000)
    assert not damaged.is_ok
    assert (damaged.num_missing, damaged.num_different, damaged.num_unexpected) == (2, 1, 1)
    assert set(damaged.examples) == set(ids[:3])
    assert damaged.checksum != damaged.catalog_checksum


def index_row(tracklet_id: str) -> IndexRow:
    return IndexRow(tracklet_id=tracklet_id, camera_id="cam0", start_at=None, identity_id=None)


class EventfulEmbeddings:
    """A catalog's embeddings while other processes go on working: something happens after the first batch."""

    def __init__(self, embeddings: Embeddings, *, happens: Callable[[], object]) -> None:
        self._embeddings = embeddings
        self._happens = happens

    def __getattr__(self, name: str) -> object:
        return getattr(self._embeddings, name)

    def iterate(self, model_id: str, *, batch: int) -> Iterator[EmbeddingBatch]:
        for number, found in enumerate(self._embeddings.iterate(model_id, batch=7)):
            yield found
            if number == 0:
                self._happens()


def test_what_happens_during_a_rebuild_is_not_missed(world: World) -> None:
    true = world.catalog.embeddings

    def replace_all() -> None:
        world.catalog.embeddings = true
        for video in range(4):
            world.ingest(video, settings=1, count=6)
        world.embed()

    world.catalog.embeddings = EventfulEmbeddings(true, happens=replace_all)  # type: ignore[assignment]
    gallery = world.open()
    assert len(gallery) == 24
    world.assert_right(gallery, k=100)
    assert gallery.verify(self_search=100).is_ok


def test_threads_end_with_their_gallery(world: World) -> None:
    before = threading.active_count()
    for _ in range(3):
        world.assert_right(world.open())
    gc.collect()
    deadline = time.monotonic() + 10.0
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
