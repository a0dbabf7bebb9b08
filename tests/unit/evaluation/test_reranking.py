import re
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from reid_app.errors import InputError, SettingsError
from reid_app.evaluation import reranking
from reid_app.evaluation.distances import EmbeddingDistances
from reid_app.evaluation.evaluate import evaluate
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import protocol_of
from reid_app.evaluation.reranking import RerankConfig, RerankedDistances, rerank

Vectors = NDArray[np.float32]


def _unit(vectors: NDArray[np.floating]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _random(rng: np.random.Generator, num: int, dimension: int) -> Vectors:
    return _unit(rng.standard_normal((num, dimension)))


def _clusters(rng: np.random.Generator, num: int, dimension: int) -> Vectors:
    centres = rng.standard_normal((num // 8 + 1, dimension))
    return _unit(centres[rng.integers(len(centres), size=num)] + 0.4 * rng.standard_normal((num, dimension)))


def _duplicates(rng: np.random.Generator, num: int, dimension: int) -> Vectors:
    return rng.permutation(np.repeat(_random(rng, num // 7 + 1, dimension), 7, axis=0)[:num])


def _equal(_: np.random.Generator, num: int, dimension: int) -> Vectors:
    return _unit(np.ones((num, dimension)))


def _hubs(rng: np.random.Generator, num: int, dimension: int) -> Vectors:
    """A few vectors in the middle of all others, which are nearest to nearly everybody."""
    vectors = rng.standard_normal((num, dimension))
    vectors[::100] = 0.01 * vectors[::100]
    vectors[:, 0] += 1.0
    return _unit(vectors)


def _dense(query: Vectors, gallery: Vectors, config: RerankConfig) -> NDArray[np.float64]:
    """The paper word by word, with whole matrices and one tracklet after the other."""
    everybody = np.concatenate([query, gallery]).astype(np.float64)
    num = len(everybody)
    similarity = (everybody @ everybody.T).astype(np.float32)
    squared = np.array([[((a - b) ** 2).sum() for b in everybody] for a in everybody])
    original = squared / np.where(squared.max(axis=1) > 1e-5, squared.max(axis=1), 1.0)[:, None]

    ranked = [sorted(range(num), key=lambda j: (j != i, -similarity[i, j], j)) for i in range(num)]

    def reciprocal(i: int, k: int) -> set[int]:
        return {j for j in ranked[i][: k + 1] if i in ranked[j][: k + 1]}

    weights = np.zeros((num, num))
    for i in range(num):
        members = expanded = reciprocal(i, config.k1)
        for candidate in members:
            brought = reciprocal(candidate, round(config.k1 / 2))
            if len(brought & members) > 2 / 3 * len(brought):
                expanded = expanded | brought
        chosen = sorted(expanded)
        weights[i, chosen] = np.exp(-original[i, chosen])
        weights[i] /= weights[i].sum()
    weights = np.array([weights[ranked[i][: config.k2]].mean(axis=0) for i in range(num)])
    jaccard = np.array([[1 - np.minimum(v, w).sum() / np.maximum(v, w).sum() for w in weights] for v in weights])
    return ((1 - config.lambda_) * jaccard + config.lambda_ * original)[: len(query), len(query) :]


@pytest.mark.parametrize("make", [_random, _clusters, _duplicates, _hubs])
@pytest.mark.parametrize(
    "config",
    [
        RerankConfig(),
        RerankConfig(k1=7, k2=3, lambda_=0.85),
        RerankConfig(k1=5, k2=1, lambda_=0.0),
        RerankConfig(k1=2, k2=9, lambda_=1.0),
    ],
)
def test_it_equals_the_dense_form(make: Callable[..., Vectors], config: RerankConfig) -> None:
    embeddings = make(np.random.default_rng(0), 130, 8)
    query, gallery = embeddings[:30], embeddings[30:]

    distances = rerank(query, gallery, config=config)

    assert distances.shape == (30, 100)
    assert distances.rows(0, 30).dtype == np.float32
    np.testing.assert_allclose(distances.rows(0, 30), _dense(query, gallery, config), atol=1e-5, rtol=0)


_CORNERS = np.concatenate([np.eye(4), -np.eye(4), np.indices((2, 2, 2, 2)).reshape(4, -1).T - 0.5])
"""Vectors of length one whose products float32 computes exactly: all of them -1, -1/2, 0, 1/2 or 1."""


@given(
    query=st.lists(st.integers(0, 23), min_size=1, max_size=5),
    gallery=st.lists(st.integers(0, 23), min_size=1, max_size=12),
    k1=st.integers(1, 30),
    k2=st.integers(1, 30),
    lambda_=st.floats(0.0, 1.0),
)
def test_ties_and_more_neighbours_than_tracklets(
    query: list[int], gallery: list[int], k1: int, k2: int, lambda_: float
) -> None:
    corners = _CORNERS.astype(np.float32)
    config = RerankConfig(k1=k1, k2=k2, lambda_=lambda_)

    found = rerank(corners[query], corners[gallery], config=config).rows(0, len(query))

    np.testing.assert_allclose(found, _dense(corners[query], corners[gallery], config), atol=1e-5, rtol=0)


def test_the_length_of_an_embedding_is_nothing_and_one_of_zeros_is_far_from_all() -> None:
    rng = np.random.default_rng(1)
    embeddings = _random(rng, 40, 8)
    lengths = rng.uniform(0.1, 30.0, (40, 1)).astype(np.float32)
    as_they_are = rerank(embeddings[:5], embeddings[5:], config=RerankConfig(k1=4, k2=2)).rows(0, 5)

    np.testing.assert_allclose(
        rerank((embeddings * lengths)[:5], (embeddings * lengths)[5:], config=RerankConfig(k1=4, k2=2)).rows(0, 5),
        as_they_are,
        atol=1e-5,
    )

    embeddings[39] = 0.0
    with_zeros = rerank(embeddings[:5], embeddings[5:], config=RerankConfig(k1=4, k2=2, lambda_=1.0)).rows(0, 5)
    farthest = 1.0 - (embeddings[:5] @ embeddings.T).min(axis=1)
    np.testing.assert_allclose(with_zeros[:, 34], 1.0 / farthest, atol=1e-5)


@pytest.mark.parametrize("make", [_random, _clusters, _equal])
def test_distances_stay_in_their_range(make: Callable[..., Vectors]) -> None:
    embeddings = make(np.random.default_rng(2), 60, 16)

    found = rerank(embeddings, embeddings, config=RerankConfig()).rows(0, 60)

    assert found.min() >= 0.0
    assert found.max() <= 1.0


def test_the_order_of_the_gallery_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    embeddings = _clusters(rng, 150, 16)
    query, gallery = embeddings[:40], embeddings[40:]
    order = rng.permutation(len(gallery))

    straight = rerank(query, gallery, config=RerankConfig()).rows(0, 40)
    permuted = rerank(query, gallery[order], config=RerankConfig()).rows(0, 40)

    np.testing.assert_allclose(permuted, straight[:, order], atol=1e-6)


def test_rows_come_in_any_blocks() -> None:
    embeddings = _clusters(np.random.default_rng(4), 700, 8)
    distances = rerank(embeddings[:600], embeddings[600:], config=RerankConfig())
    whole = distances.rows(0, 600)

    for start, stop in ((0, 1), (17, 400), (599, 600), (5, 5)):
        np.testing.assert_allclose(distances.rows(start, stop), whole[start:stop], atol=1e-6)


def _needed_mib(query: Vectors, gallery: Vectors, config: RerankConfig) -> int:
    with pytest.raises(SettingsError, match=r"^re-ranking \d+ tracklets with k1 = 20 and k2 = 6 needs") as error:
        rerank(query, gallery, config=config.model_copy(update={"memory_mib": 1}))
    told = re.search(r"needs (\d+) MiB of memory, and memory_mib is 1: set it to (\d+) or more", str(error.value))
    assert told is not None
    assert told[1] == told[2]
    return int(told[1])


@pytest.mark.parametrize("make", [_random, _duplicates, _hubs])
def test_the_memory_asked_for_is_enough_and_kept(make: Callable[..., Vectors]) -> None:
    embeddings = make(np.random.default_rng(5), 2000, 32)
    query, gallery = embeddings[:200].copy(), embeddings[200:].copy()
    config = RerankConfig(memory_mib=_needed_mib(query, gallery, RerankConfig()))

    tracemalloc.start()
    distances = rerank(query, gallery, config=config)
    for query_row in range(0, 200, 10):
        distances.rows(query_row, query_row + 10)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    all_by_all_mib = 2000 * 2000 * 4 / 2**20
    assert config.memory_mib < 0.8 * all_by_all_mib
    assert peak_bytes <= config.memory_mib * 2**20
    with_more = rerank(query, gallery, config=RerankConfig())
    np.testing.assert_allclose(distances.rows(0, 200), with_more.rows(0, 200), atol=1e-6)


def test_memory_is_kept_when_everything_is_equal() -> None:
    embeddings = _equal(np.random.default_rng(6), 1000, 8)
    query, gallery = embeddings[:100], embeddings[100:]
    config = RerankConfig(memory_mib=_needed_mib(query, gallery, RerankConfig()))

    tracemalloc.start()
    rerank(query, gallery, config=config)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak_bytes <= config.memory_mib * 2**20


def test_weights_that_turn_out_larger_than_expected_keep_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings = _random(np.random.default_rng(7), 1000, 32)
    query, gallery = embeddings[:300], embeddings[300:]
    monkeypatch.setattr(reranking, "_LIKELY_BYTES_PER_ENTRY", 0)
    too_little = RerankConfig(memory_mib=_needed_mib(query, gallery, RerankConfig()))

    with pytest.raises(SettingsError, match=f"and memory_mib is {too_little.memory_mib}"):
        rerank(query, gallery, config=too_little)


def _mean_ap(distances: RerankedDistances | EmbeddingDistances, *, query: Labels, gallery: Labels) -> float:
    own_column = np.full(len(query), -1)
    protocol = protocol_of("standard")
    return evaluate(distances, query=query, gallery=gallery, own_column_Q=own_column, protocol=protocol).mean_ap


def test_people_who_change_from_tracklet_to_tracklet_are_found_more_often() -> None:
    # Each person moves along a line of their own, and the ends of all lines lie close together.
    rng = np.random.default_rng(8)
    line = rng.standard_normal((20, 24))
    pids = np.repeat(np.arange(1, 21), 10)
    embeddings = _unit(line[pids - 1] * rng.uniform(0.2, 1.0, (200, 1)) + 0.6 + 0.12 * rng.standard_normal((200, 24)))
    is_query = np.arange(200) % 10 == 0
    query = Labels(pids=pids[is_query], camids=np.zeros(20, np.int64))
    gallery = Labels(pids=pids[~is_query], camids=np.ones(180, np.int64))

    before = EmbeddingDistances(embeddings[is_query], embeddings[~is_query])
    after = rerank(embeddings[is_query], embeddings[~is_query], config=RerankConfig(k1=8, k2=3))

    gain = _mean_ap(after, query=query, gallery=gallery) - _mean_ap(before, query=query, gallery=gallery)
    assert gain > 0.02


def test_embeddings_that_cannot_be_ranked_are_named() -> None:
    query, gallery = _random(np.random.default_rng(9), 3, 4), _random(np.random.default_rng(9), 6, 4)
    damaged = gallery.copy()
    damaged[4, 1] = np.nan

    with pytest.raises(InputError, match="embedding of gallery 4 holds NaN"):
        rerank(query, damaged, config=RerankConfig())
    with pytest.raises(InputError, match="embedding of query 4 holds NaN"):
        rerank(damaged, query, config=RerankConfig())
    with pytest.raises(ValueError, match=re.escape("one size, got (3, 4) and (6, 3)")):
        rerank(query, gallery[:, :3], config=RerankConfig())
    with pytest.raises(ValueError, match="queries and a gallery, got 3 and 0"):
        rerank(query, gallery[:0], config=RerankConfig())


@pytest.mark.parametrize("wrong", [{"k1": 0}, {"k2": 0}, {"lambda_": 1.1}, {"memory_mib": 0}, {"k3": 1}])
def test_settings_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        RerankConfig.model_validate(wrong)
