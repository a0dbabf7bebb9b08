import numpy as np
import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.vectors import pack_embeddings, unpack_embeddings
from reid_app.errors import DamagedError, ModelMismatchError, NotFoundError
from tests.unit.catalog.builders import add_run, add_video, unit_vectors

D = 64


@pytest.fixture
def ids(catalog: Catalog) -> list[str]:
    """Ten tracklets and a model without embeddings."""
    catalog.embeddings.register_model("m", name="colour", dimension=D)
    _, tracklets = add_run(catalog, add_video(catalog), num=10)
    return [tracklet.tracklet_id for tracklet in tracklets]


def test_embeddings_come_back_as_unit_vectors_close_to_what_was_given(catalog: Catalog, ids: list[str]) -> None:
    vectors = unit_vectors(10, D)
    assert catalog.embeddings.add_many("m", dict(zip(ids, vectors, strict=True))) == 10
    found = catalog.embeddings.get_many("m", [*ids, "t404"])
    assert set(found) == set(ids)
    stored = np.stack([found[tracklet_id] for tracklet_id in ids])
    assert stored.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(stored, axis=1), 1.0, atol=1e-6)
    assert (stored * vectors).sum(axis=1).min() > 0.999999
    changes = catalog.changes.after(10, limit=100)
    assert [(change.kind.value, change.tracklet_id) for change in changes] == [
        ("embedding_added", each) for each in ids
    ]
    assert {change.detail["model_id"] for change in changes if change.detail} == {"m"}


def test_what_is_there_stays_and_what_vanished_is_left_out(catalog: Catalog, ids: list[str]) -> None:
    first, second = unit_vectors(10, D), unit_vectors(10, D, seed=1)
    catalog.embeddings.add_many("m", dict(zip(ids[:4], first, strict=False)))
    number = catalog.changes.last_number()
    assert catalog.embeddings.add_many("m", dict(zip([*ids, "t404"], [*second, second[0]], strict=True))) == 6
    assert catalog.changes.last_number() == number + 6
    found = catalog.embeddings.get_many("m", ids)
    assert (found[ids[0]] * first[0]).sum() > 0.999
    assert catalog.embeddings.add_many("m", dict(zip(ids, second, strict=True))) == 0
    assert catalog.embeddings.add_many("m", {}) == 0
    assert catalog.embeddings.count("m") == 10


def test_missing_lists_each_tracklet_without_an_embedding_once(catalog: Catalog, ids: list[str]) -> None:
    catalog.embeddings.add_many("m", {ids[3]: unit_vectors(1, D)[0]})
    seen: list[str] = []
    page = catalog.embeddings.missing("m", limit=4)
    while page:
        seen += [row.tracklet_id for row in page]
        page = catalog.embeddings.missing("m", limit=4, after=seen[-1])
    assert sorted(seen) == sorted(set(ids) - {ids[3]})


def test_iterate_gives_each_embedding_once_with_its_row(catalog: Catalog, ids: list[str]) -> None:
    vectors = dict(zip(ids, unit_vectors(10, D), strict=True))
    catalog.embeddings.add_many("m", vectors)
    for batch_size in (1, 3, 10, 100):
        batches = list(catalog.embeddings.iterate("m", batch=batch_size))
        rows = [row for batch in batches for row in batch.tracklets]
        assert rows == [catalog.tracklets.get(tracklet_id) for tracklet_id in sorted(ids)]
        stored = np.concatenate([batch.embeddings_BD for batch in batches])
        np.testing.assert_allclose(stored, np.stack([vectors[row.tracklet_id] for row in rows]), atol=1e-3)
        assert all(len(batch.tracklets) <= batch_size for batch in batches)


def test_models_do_not_mix(catalog: Catalog, ids: list[str]) -> None:
    catalog.embeddings.register_model("other", name="osnet", dimension=8)
    catalog.embeddings.add_many("other", {ids[0]: unit_vectors(1, 8)[0]})
    assert catalog.embeddings.count("m") == 0
    assert catalog.embeddings.get_many("m", ids) == {}
    assert list(catalog.embeddings.iterate("m", batch=10)) == []
    assert len(catalog.embeddings.missing("m", limit=100)) == 10
    assert [model.name for model in catalog.embeddings.models()] == ["colour", "osnet"]


def test_another_dimension_is_refused_and_both_are_named(catalog: Catalog, ids: list[str]) -> None:
    with pytest.raises(ModelMismatchError, match=r"colour.*64.*8"):
        catalog.embeddings.add_many("m", {ids[0]: unit_vectors(1, D)[0], ids[1]: unit_vectors(1, 8)[0]})
    with pytest.raises(ModelMismatchError, match="64"):
        catalog.embeddings.register_model("m", name="colour", dimension=8)
    assert catalog.embeddings.count("m") == 0


def test_a_model_may_be_registered_again(catalog: Catalog) -> None:
    first = catalog.embeddings.register_model("m", name="colour", dimension=D)
    assert catalog.embeddings.register_model("m", name="colour", dimension=D) == first


def test_an_unknown_model_is_named(catalog: Catalog) -> None:
    for ask in (
        lambda: catalog.embeddings.missing("m404", limit=1),
        lambda: catalog.embeddings.get_many("m404", []),
        lambda: list(catalog.embeddings.iterate("m404", batch=1)),
        lambda: catalog.embeddings.add_many("m404", {}),
    ):
        with pytest.raises(NotFoundError, match="m404"):
            ask()
    assert catalog.embeddings.count("m404") == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, 2.0])
def test_a_vector_that_is_no_embedding_is_refused(catalog: Catalog, ids: list[str], bad: float) -> None:
    vector = unit_vectors(1, D)[0] * np.float32(bad)
    with pytest.raises(ValueError, match="L2-normalised"):
        catalog.embeddings.add_many("m", {ids[0]: vector, ids[1]: unit_vectors(1, D)[0]})
    assert catalog.embeddings.count("m") == 0


def test_bytes_of_another_length_or_content_are_damage() -> None:
    (packed,) = pack_embeddings(unit_vectors(1, 8))
    assert len(packed) == 16
    assert unpack_embeddings([], dimension=8).shape == (0, 8)
    for damaged in (packed[:-2], b"\x00" * 16, b"\xff\x7f" * 8):
        with pytest.raises(DamagedError, match="embedding"):
            unpack_embeddings([damaged], dimension=8)
