"""Indexing and querying on a small data folder; the colour encoder makes who is alike plain to see."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.errors import CancelledError, LockedError, ModelMismatchError, NotFoundError
from reid_app.gallery.gallery import Gallery
from reid_app.pipelines.identities import name_tracklet
from reid_app.pipelines.index import index_tracklets, indexing_lock
from reid_app.pipelines.parts import open_catalog, open_encoder, open_gallery, open_store
from reid_app.pipelines.query import Probe, SearchRequest, probe_of_tracklet, search
from reid_app.settings import Settings, load_settings
from tests.world import START, store_people

RED, OTHER_RED, BLUE, GREEN = (200, 30, 30), (208, 36, 34), (30, 30, 200), (30, 180, 30)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("REID_MODELS_DIR", raising=False)
    return load_settings(arguments={"data_dir": tmp_path / "data", "index.batch_tracklets": 2})


@pytest.fixture
def catalog(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings) as opened:
        store_people({"red": RED, "blue": BLUE}, camera_id="yard", settings=settings, catalog=opened)
        store_people({"red": OTHER_RED, "green": GREEN}, camera_id="door", settings=settings, catalog=opened)
        yield opened


def opened_gallery(settings: Settings, catalog: Catalog) -> Gallery:
    return open_gallery(settings, catalog=catalog, encoder=open_encoder(settings))


def ask(tracklet_id: str, *, request: SearchRequest, settings: Settings, catalog: Catalog) -> list[str]:
    """Names or tracklet ids in rank order."""
    gallery = opened_gallery(settings, catalog)
    probe = probe_of_tracklet(tracklet_id, catalog=catalog, model_id=gallery.model_id)
    answer = search(probe, request=request, gallery=gallery, catalog=catalog)
    assert [result.rank for result in answer.results] == list(range(1, len(answer.results) + 1))
    similarities = [result.similarity for result in answer.results]
    assert similarities == sorted(similarities, reverse=True)
    return [result.name or result.tracklets[0].tracklet.tracklet_id for result in answer.results]


def test_everything_new_is_embedded_once(settings: Settings, catalog: Catalog) -> None:
    first = index_tracklets(settings=settings, catalog=catalog)
    assert (first.num_added, first.num_rows, first.failed, first.is_complete) == (4, 4, (), True)
    again = index_tracklets(settings=settings, catalog=catalog)
    assert (again.num_added, again.num_rows, again.is_complete) == (0, 4, True)
    rebuilt = index_tracklets(settings=settings, catalog=catalog, rebuild=True)
    assert (rebuilt.num_rows, rebuilt.is_complete) == (4, True)


def test_a_damaged_tracklet_is_named_and_the_others_are_indexed(settings: Settings, catalog: Catalog) -> None:
    row = catalog.tracklets.get("yard-blue")
    (settings.tracklets_dir / row.path).write_bytes(b"no zip")
    report = index_tracklets(settings=settings, catalog=catalog)
    assert (report.num_added, report.is_complete) == (3, False)
    assert report.verified.is_ok
    (failure,) = report.failed
    assert failure.startswith("yard-blue: ")


def test_a_cancelled_job_keeps_what_it_did(settings: Settings, catalog: Catalog) -> None:
    class CancelAtOnce:
        def progress(self, done: int, total: int, unit: str) -> None:
            assert (done, total, unit) == (2, 4, "tracklets")

        def check_cancelled(self) -> None:
            raise CancelledError("stop")

    with pytest.raises(CancelledError):
        index_tracklets(settings=settings, catalog=catalog, watch=CancelAtOnce())
    assert index_tracklets(settings=settings, catalog=catalog).num_added == 2


def test_two_at_once_is_an_error(settings: Settings, catalog: Catalog) -> None:
    with indexing_lock(settings, encoder=open_encoder(settings)), pytest.raises(LockedError, match="indexing"):
        index_tracklets(settings=settings, catalog=catalog)


def test_ranking_filters_and_names(settings: Settings, catalog: Catalog) -> None:
    index_tracklets(settings=settings, catalog=catalog)
    everywhere = ask("yard-red", request=SearchRequest(), settings=settings, catalog=catalog)
    assert everywhere[0] == "door-red"
    assert set(everywhere) == {"door-red", "door-green", "yard-blue"}
    others = SearchRequest(exclude_same_camera=True)
    assert ask("yard-red", request=others, settings=settings, catalog=catalog) == ["door-red", "door-green"]
    yard = SearchRequest(cameras=frozenset(["yard"]))
    assert ask("yard-red", request=yard, settings=settings, catalog=catalog) == ["yard-blue"]
    never = SearchRequest(start_to=START)
    assert ask("yard-red", request=never, settings=settings, catalog=catalog) == []
    for tracklet in ("door-red", "yard-blue"):
        name_tracklet(tracklet, name="Ada", catalog=catalog, store=open_store(settings))
    assert ask("yard-red", request=SearchRequest(), settings=settings, catalog=catalog) == ["Ada", "door-green"]
    apart = SearchRequest(group_by="tracklet", top_k=2)
    assert len(ask("yard-red", request=apart, settings=settings, catalog=catalog)) == 2


def test_an_identity_with_many_tracklets_does_not_crowd_out_the_next(settings: Settings, catalog: Catalog) -> None:
    crowd = {f"ada{n}": (200 - n, 30, 30) for n in range(30)}
    ids = store_people(crowd, camera_id="gate", settings=settings, catalog=catalog)
    index_tracklets(settings=settings, catalog=catalog)
    for tracklet_id in ids:
        name_tracklet(tracklet_id, name="Ada", catalog=catalog, store=open_store(settings))
    found = ask("yard-red", request=SearchRequest(top_k=2), settings=settings, catalog=catalog)
    assert len(found) == 2
    assert "Ada" in found


def test_what_cannot_be_asked_is_an_error(settings: Settings, catalog: Catalog) -> None:
    gallery = opened_gallery(settings, catalog)
    with pytest.raises(NotFoundError, match="reid index"):
        probe_of_tracklet("yard-red", catalog=catalog, model_id=gallery.model_id)
    with pytest.raises(NotFoundError, match="nobody"):
        probe_of_tracklet("nobody", catalog=catalog, model_id=gallery.model_id)
    index_tracklets(settings=settings, catalog=catalog)
    gallery.refresh()
    probe = probe_of_tracklet("yard-red", catalog=catalog, model_id=gallery.model_id)
    stranger = dataclasses.replace(probe, model_id="another")
    with pytest.raises(ModelMismatchError, match="another"):
        search(stranger, request=SearchRequest(), gallery=gallery, catalog=catalog)
    unknown = Probe(embedding_D=np.roll(probe.embedding_D, 7), model_id=gallery.model_id)
    assert len(search(unknown, request=SearchRequest(), gallery=gallery, catalog=catalog).results) == 4
