import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from reid_app.gallery.columns import IndexRow
from reid_app.gallery.filters import GalleryFilter
from reid_app.gallery.flat import FlatIndex
from reid_app.gallery.index import Hit
from tests.unit.gallery.vectors import search_by_hand, warped_ellipsoid

START = datetime(2026, 1, 31, 8, tzinfo=UTC)


def make_rows(count: int, *, first: int = 0) -> list[IndexRow]:
    return [
        IndexRow(
            # Not in the order of rows, so that ties by row number would show.
            tracklet_id=f"t{(i * 7919) % 100_003:06d}",
            camera_id=f"cam{i % 5}",
            start_at=None if i % 11 == 0 else START + timedelta(seconds=i),
            identity_id=f"p{i % 13}" if i % 3 == 0 else None,
        )
        for i in range(first, first + count)
    ]


def assert_same(hits: list[Hit], expected: list[tuple[str, float]]) -> None:
    assert [hit.tracklet_id for hit in hits] == [tracklet_id for tracklet_id, _ in expected]
    np.testing.assert_allclose([hit.similarity for hit in hits], [s for _, s in expected], rtol=0, atol=1e-12)


def fits(row: IndexRow, where: GalleryFilter) -> bool:
    checks = [row.tracklet_id not in where.exclude_tracklets, row.camera_id not in where.exclude_cameras]
    if where.cameras is not None:
        checks.append(row.camera_id in where.cameras)
    if where.identities is not None:
        checks.append(row.identity_id in where.identities)
    if where.start_from is not None:
        checks.append(row.start_at is not None and row.start_at >= where.start_from)
    if where.start_to is not None:
        checks.append(row.start_at is not None and row.start_at < where.start_to)
    return all(checks)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("num_queries", [1, 7, 300])
def test_equals_search_by_hand(threads: int, num_queries: int) -> None:
    rng = np.random.default_rng(1)
    rows = make_rows(9000)
    vectors = warped_ellipsoid(rng, count=9000, dimension=32)
    index = FlatIndex(32, threads=threads)
    for start in range(0, 9000, 700):
        index.add(rows[start : start + 700], vectors[start : start + 700])
    by_id = {row.tracklet_id: vector for row, vector in zip(rows, vectors, strict=True)}
    queries = np.concatenate([vectors[:30], warped_ellipsoid(rng, count=270, dimension=32)])[:num_queries]
    for k in (1, 10, 10_000) if num_queries < 300 else (1, 10):
        found = index.search(queries, k=k, where=None)
        for number in (0, num_queries - 1):
            assert_same(found[number], search_by_hand(queries[number], by_id, k=k))


@pytest.mark.parametrize(
    "where",
    [
        GalleryFilter(cameras=frozenset({"cam1"})),
        GalleryFilter(cameras=frozenset({"cam1", "cam4", "nowhere"})),
        GalleryFilter(cameras=frozenset()),
        GalleryFilter(cameras=frozenset({"nowhere"})),
        GalleryFilter(exclude_cameras=frozenset({"cam0", "cam2"})),
        GalleryFilter(start_from=START + timedelta(seconds=500), start_to=START + timedelta(seconds=520)),
        GalleryFilter(start_to=START + timedelta(seconds=100), identities=frozenset({"p3", "p6"})),
        GalleryFilter(exclude_tracklets=frozenset(row.tracklet_id for row in make_rows(2000)[:40])),
        GalleryFilter(exclude_cameras=frozenset({"cam1"}), exclude_tracklets=frozenset({make_rows(1)[0].tracklet_id})),
    ],
)
def test_filter_equals_search_by_hand(where: GalleryFilter) -> None:
    rows, vectors = make_rows(2000), warped_ellipsoid(np.random.default_rng(2), count=2000, dimension=16)
    index = FlatIndex(16, threads=2)
    index.add(rows, vectors)
    allowed = {row.tracklet_id: v for row, v in zip(rows, vectors, strict=True) if fits(row, where)}
    for num_queries in (1, 5, 300):
        for number, hits in enumerate(index.search(vectors[:num_queries], k=8, where=where)[:5]):
            assert_same(hits, search_by_hand(vectors[number], allowed, k=8))


def test_rows_closer_than_float32_can_tell_come_in_their_true_order() -> None:
    # 3000 vectors whose similarities to the query differ by less than float32 sums can resolve: FAISS cannot order
    # them, and cannot even say which are the best ten.
    rng = np.random.default_rng(3)
    base = warped_ellipsoid(rng, count=1, dimension=64)[0]
    vectors = np.repeat(base[None], 3000, axis=0)
    changed = rng.integers(64, size=3000)
    vectors[np.arange(3000), changed] += rng.uniform(-3e-7, 3e-7, 3000).astype(np.float32)
    rows = make_rows(3000)
    index = FlatIndex(64, threads=2)
    index.add(rows, vectors)
    by_id = {row.tracklet_id: vector for row, vector in zip(rows, vectors, strict=True)}
    assert_same(index.search(base[None], k=10, where=None)[0], search_by_hand(base, by_id, k=10))
    some = GalleryFilter(cameras=frozenset({"cam2"}))
    few = {row.tracklet_id: by_id[row.tracklet_id] for row in rows if row.camera_id == "cam2"}
    assert_same(index.search(base[None], k=10, where=some)[0], search_by_hand(base, few, k=10))


def test_random_changes_equal_a_dictionary() -> None:
    rng = np.random.default_rng(4)
    pool, vectors = make_rows(6000), warped_ellipsoid(rng, count=6000, dimension=8)
    index, kept = FlatIndex(8, threads=2), dict[str, tuple[IndexRow, NDArray[np.float32]]]()
    for _ in range(60):
        action = rng.choice(["add", "add", "remove", "identity"])
        numbers = rng.choice(6000, rng.integers(1, 400), replace=False)
        if action == "add":
            new = [n for n in numbers if pool[n].tracklet_id not in kept]
            index.add([pool[n] for n in new], vectors[new])
            kept.update({pool[n].tracklet_id: (pool[n], vectors[n]) for n in new})
        elif action == "remove":
            ids = {pool[n].tracklet_id for n in numbers}
            assert index.remove(ids) == len(ids & kept.keys())
            kept = {i: value for i, value in kept.items() if i not in ids}
        else:
            names = {pool[n].tracklet_id: "p1" for n in numbers if pool[n].tracklet_id in kept}
            index.set_identities(names)
            for i in names:
                row, vector = kept[i]
                kept[i] = (IndexRow(**{**_fields(row), "identity_id": "p1"}), vector)
        assert len(index) == len(kept)
        where = GalleryFilter(identities=frozenset({"p1"})) if rng.random() < 0.5 else None
        allowed = {i: v for i, (row, v) in kept.items() if where is None or fits(row, where)}
        query = vectors[rng.integers(6000)]
        assert_same(index.search(query[None], k=12, where=where)[0], search_by_hand(query, allowed, k=12))
    ids = sorted(kept)
    np.testing.assert_array_equal(index.embeddings(ids), np.stack([kept[i][1] for i in ids]))


def _fields(row: IndexRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("tracklet_id", "camera_id", "start_at", "identity_id")}


def test_compaction_loses_nothing_and_frees_the_dead() -> None:
    rows, vectors = make_rows(30_000), warped_ellipsoid(np.random.default_rng(5), count=30_000, dimension=4)
    index = FlatIndex(4, threads=2)
    for start in range(0, 30_000, 5000):
        index.add(rows[start : start + 5000], vectors[start : start + 5000])
    gone = {row.tracklet_id for n, row in enumerate(rows) if n % 5}
    for start in range(5):
        index.remove({row.tracklet_id for row in rows[start * 6000 : (start + 1) * 6000]} & gone)
    left = {row.tracklet_id: v for row, v in zip(rows, vectors, strict=True) if row.tracklet_id not in gone}
    assert len(index) == len(left) == 6000
    assert len(index.content().columns) == index.content().vectors.ntotal == 6000
    query = vectors[1]
    assert_same(index.search(query[None], k=20, where=None)[0], search_by_hand(query, left, k=20))
    np.testing.assert_array_equal(index.embeddings(list(left)), np.stack(list(left.values())))


def test_searches_during_changes_see_one_moment() -> None:
    rng = np.random.default_rng(6)
    rows, vectors = make_rows(4000), warped_ellipsoid(rng, count=4000, dimension=16)
    by_id = {row.tracklet_id: vector for row, vector in zip(rows, vectors, strict=True)}
    index = FlatIndex(16, threads=2)
    index.add(rows[:1000], vectors[:1000])
    stays = {row.tracklet_id for row in rows[:1000]}
    stop, problems = threading.Event(), list[str]()

    def search() -> None:
        while not stop.is_set():
            hits = index.search(vectors[:1], k=5000, where=None)[0]
            ids = [hit.tracklet_id for hit in hits]
            wrong = [h for h in hits if abs(float(by_id[h.tracklet_id] @ vectors[0]) - h.similarity) > 1e-5]
            if wrong or len(set(ids)) != len(ids) or not stays <= set(ids) or (len(ids) - 1000) % 100:
                problems.append(f"{len(ids)} hits, {len(wrong)} wrong")

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        for start in range(1000, 4000, 100):
            index.add(rows[start : start + 100], vectors[start : start + 100])
        for start in range(1000, 4000, 100):
            index.remove([row.tracklet_id for row in rows[start : start + 100]])
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []


def test_an_empty_index_finds_nothing() -> None:
    index = FlatIndex(4, threads=1)
    assert index.search(np.eye(4, dtype=np.float32)[:2], k=3, where=None) == [[], []]
    assert len(index) == 0
    assert "t1" not in index


@pytest.mark.parametrize("value", [np.nan, np.inf, 2.0, 0.0])
def test_vectors_that_are_not_unit_are_refused(value: float) -> None:
    index = FlatIndex(4, threads=1)
    vectors = np.zeros((1, 4), np.float32)
    vectors[0, 2] = value
    with pytest.raises(ValueError, match="finite and L2-normalised"):
        index.add(make_rows(1), vectors)
    with pytest.raises(ValueError, match="finite and L2-normalised"):
        index.search(vectors, k=1, where=None)
    assert len(index) == 0


def test_wrong_shapes_doubles_and_k_are_refused() -> None:
    index = FlatIndex(4, threads=1)
    unit = np.eye(4, dtype=np.float32)
    index.add(make_rows(2), unit[:2])
    with pytest.raises(ValueError, match=r"float32 \(N, 4\)"):
        index.search(np.eye(5, dtype=np.float32), k=1, where=None)
    with pytest.raises(ValueError, match="already"):
        index.add(make_rows(1), unit[:1])
    with pytest.raises(ValueError, match="twice"):
        index.add(make_rows(1, first=9) * 2, unit[:2])
    with pytest.raises(ValueError, match="3 embeddings for 1"):
        index.add(make_rows(1, first=9), unit[:3])
    with pytest.raises(ValueError, match="k must be"):
        index.search(unit[:1], k=0, where=None)
    with pytest.raises(KeyError):
        index.set_identities({"nobody": "p1"})
    assert len(index) == 2
