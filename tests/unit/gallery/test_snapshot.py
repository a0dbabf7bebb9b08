import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.errors import StorageFullError
from reid_app.gallery import snapshot
from reid_app.gallery.gallery import Gallery
from tests.unit.gallery.world import CONFIG, DIMENSION, MODEL, World


def change_manifest(folder: Path, **values: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def flip(path: Path, *, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(at * (len(content) - 1))] ^= 0x10
    path.write_bytes(content)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "vectors truncated": lambda folder: truncate(folder / "vectors.faiss"),
    "vectors empty": lambda folder: (folder / "vectors.faiss").write_bytes(b""),
    "vectors missing": lambda folder: (folder / "vectors.faiss").unlink(),
    "vectors flipped at the start": lambda folder: flip(folder / "vectors.faiss", at=0.0),
    "vectors flipped in the middle": lambda folder: flip(folder / "vectors.faiss", at=0.5),
    "vectors longer": lambda folder: os.truncate(folder / "vectors.faiss", 10**5),
    "columns truncated": lambda folder: truncate(folder / "rows.npz"),
    "columns missing": lambda folder: (folder / "rows.npz").unlink(),
    "columns flipped": lambda folder: flip(folder / "rows.npz", at=0.3),
    "manifest missing": lambda folder: (folder / "manifest.json").unlink(),
    "manifest truncated": lambda folder: truncate(folder / "manifest.json"),
    "manifest empty": lambda folder: (folder / "manifest.json").write_bytes(b""),
    "manifest not text": lambda folder: (folder / "manifest.json").write_bytes(b"\xff\x00\xfe"),
    "manifest a list": lambda folder: (folder / "manifest.json").write_text("[]"),
    "manifest a folder": lambda folder: [(folder / "manifest.json").unlink(), (folder / "manifest.json").mkdir()],
    "other format": lambda folder: change_manifest(folder, format=2),
    "other metric": lambda folder: change_manifest(folder, metric="l2"),
    "other model": lambda folder: change_manifest(folder, model_id="other"),
    "other dimension": lambda folder: change_manifest(folder, dimension=8),
    "fewer rows": lambda folder: change_manifest(folder, rows=59),
    "unknown key": lambda folder: change_manifest(folder, extra=1),
    "other number": lambda folder: change_manifest(folder, last_change=3),
    "other change": lambda folder: change_manifest(folder, last_change_sha256="0" * 64),
    "ahead of the catalog": lambda folder: [
        change_manifest(folder, last_change=10**6),
        folder.rename(folder.with_name(f"snap-{10**6}")),
    ],
    "folder empty": lambda folder: [shutil.rmtree(folder), folder.mkdir()],
    "folder a file": lambda folder: [shutil.rmtree(folder), folder.write_text("x")],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_ends_in_a_rebuild_and_the_right_answer(
    world: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = world.open().save()
    assert folder is not None
    DAMAGES[name](folder)
    caplog.clear()
    gallery = world.open()
    assert "is passed over" in caplog.text
    assert "rebuilt from the catalog, 60 tracklets" in caplog.text
    assert gallery.verify(self_search=60).is_ok
    world.assert_right(gallery, k=100)
    gallery.save()
    caplog.clear()
    assert len(world.open()) == 60
    assert caplog.text == ""


def test_the_older_snapshot_steps_in_for_a_damaged_one(world: World, caplog: pytest.LogCaptureFixture) -> None:
    gallery = world.open()
    gallery.save()
    old = gallery.version
    world.ingest(5, settings=0, count=4)
    world.embed()
    newest = gallery.save()
    assert newest is not None
    truncate(newest / "vectors.faiss")
    caplog.clear()
    opened = world.open()
    assert "rebuilt" not in caplog.text
    assert opened.saved_version == old
    world.assert_right(opened, k=100)


def test_files_that_fit_their_checksums_but_not_each_other_are_refused(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    # As a bug in a writer would leave them.
    gallery = world.open()
    content = gallery._index.content()
    fewer = snapshot.Content(
        vectors=content.vectors,
        columns=content.columns.take(np.arange(59)),
        cameras=content.cameras,
        identities=content.identities,
    )
    nameless = snapshot.Content(
        vectors=content.vectors, columns=content.columns, cameras=content.cameras[:1], identities=content.identities
    )
    for wrong in (fewer, nameless):
        gallery._snapshots.write(wrong, last_change=gallery._last)
        caplog.clear()
        world.assert_right(world.open(), k=100)
        assert "do not fit together" in caplog.text


def test_a_snapshot_of_a_catalog_restored_from_backup_is_foreign(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    backup = world.folder / "backup.sqlite3"
    world.catalog.close()
    shutil.copy(world.folder / "catalog.sqlite3", backup)
    world.catalog = Catalog.open(f"sqlite:///{world.folder}/catalog.sqlite3")
    world.ingest(4, settings=0, count=10)
    world.embed()
    number = world.catalog.changes.last_number()
    world.open().save()
    world.catalog.close()
    world.catalog = Catalog.open(f"sqlite:///{backup}")
    caplog.clear()
    assert len(world.open()) == 60
    assert "is another or not there" in caplog.text
    # Other work brings the catalog to the same number: the number alone would not tell.
    world.ingest(5, settings=0, count=10)
    world.embed()
    assert world.catalog.changes.last_number() == number
    caplog.clear()
    gallery = world.open()
    assert "is another or not there" in caplog.text
    world.assert_right(gallery, k=100)
    gallery.save()
    assert [path.name for path in world.snapshots.glob("snap-*")] == [f"snap-{number}"]


def test_a_full_disk_leaves_the_old_snapshot(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = world.open()
    kept = gallery.save()
    world.ingest(4, settings=0, count=3)
    world.embed()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageFullError, match="free some disk space"):
            gallery.save()
    assert [path for path in world.snapshots.iterdir() if path.name != "writer.lock"] == [kept]
    world.assert_right(world.open(), k=100)


def test_an_open_gallery_outlives_the_pruning_of_its_snapshot(world: World) -> None:
    world.open().save()
    reader = world.open()
    shutil.rmtree(world.snapshots)
    world.assert_right(reader, k=100)
    assert reader.verify(self_search=60).is_ok


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self._path,))


def test_nothing_is_unpickled(world: World, caplog: pytest.LogCaptureFixture) -> None:
    folder = world.open().save()
    assert folder is not None
    with np.load(folder / "rows.npz", allow_pickle=False) as stored:
        columns = dict(stored)
    trace = world.folder / "unpickled"
    np.savez(folder / "rows.npz", **{**columns, "tracklet_ids": np.array([Bomb(trace)] * 60, dtype=object)})
    content = (folder / "rows.npz").read_bytes()
    change_manifest(folder, columns={"sha256": hashlib.sha256(content).hexdigest(), "num_bytes": len(content)})
    caplog.clear()
    world.assert_right(world.open(), k=100)
    assert "its files cannot be read" in caplog.text
    assert not trace.exists()


SAVER = """
import sys
from pathlib import Path
from tests.unit.gallery.world import World
world = World(Path(sys.argv[1]), seed=int(sys.argv[2]))
gallery = world.open()
for number in range(1000):
    world.ingest(10 + number % 4, settings=1000 * int(sys.argv[2]) + number, count=3)
    world.embed()
    gallery.save()
    print(number, flush=True)
"""


@pytest.mark.slow
def test_kill_9_while_saving_leaves_a_gallery_that_opens(world: World) -> None:
    rng = np.random.default_rng(11)
    for attempt in range(4):
        command = [sys.executable, "-c", SAVER, str(world.folder), str(attempt)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as child:
            assert child.stdout is not None
            first = child.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.15))
            child.kill()
        assert first == b"0\n"
        gallery = world.open()
        assert gallery.verify(self_search=1000).is_ok
        world.assert_right(gallery, k=20)
    gallery.save()
    # What the killed ones left half-written is gone.
    assert not list(world.snapshots.glob(".*"))


def test_a_snapshot_is_the_same_gallery(world: World) -> None:
    gallery = world.open()
    person = world.name(world.catalog.tracklets.list(limit=1)[0].tracklet_id, "Ada")
    gallery.save()
    reopened = Gallery.open(
        world.folder / "gallery", catalog=world.catalog, model_id=MODEL, dimension=DIMENSION, config=CONFIG
    )
    assert reopened.saved_version == reopened.version == gallery.version
    before, after = gallery._index.content(), reopened._index.content()
    np.testing.assert_array_equal(before.columns.tracklet_ids, after.columns.tracklet_ids)
    np.testing.assert_array_equal(before.columns.starts, after.columns.starts)
    assert (before.cameras, before.identities) == (after.cameras, after.identities)
    assert person in after.identities
    query = world.query()
    assert gallery.search(query, model_id=MODEL, k=60, where=None) == reopened.search(
        query, model_id=MODEL, k=60, where=None
    )
