"""Named tracklets become a data set: as a folder, and straight from the catalog."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.data.datasets import load_dataset
from reid_app.data.pictures import read_picture
from reid_app.errors import CancelledError, DamagedError, InputError
from reid_app.pipelines.identities import name_tracklet
from reid_app.pipelines.label import catalog_dataset, export_labelled
from reid_app.pipelines.parts import open_catalog, open_store
from reid_app.settings import Settings
from reid_app.tracklets.watch import Unwatched
from tests.world import store_people

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 200, 30)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def catalog(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings) as catalog:
        yield catalog


@pytest.fixture
def named(settings: Settings, catalog: Catalog) -> dict[str, str]:
    """Ada in both cameras, Bob in one, and somebody nobody knows; tracklet -> name."""
    store_people({"r": RED, "b": BLUE, "g": GREEN}, camera_id="yard: east", settings=settings, catalog=catalog)
    store_people({"r": RED}, camera_id="gate", settings=settings, catalog=catalog)
    people = {"yard: east-r": "Ada / Lovelace", "gate-r": "Ada / Lovelace", "yard: east-b": "Bob"}
    for tracklet_id, name in people.items():
        name_tracklet(tracklet_id, name=name, catalog=catalog, store=open_store(settings))
    return people


def test_a_folder_holds_the_stored_pictures_of_those_with_a_name(
    settings: Settings, catalog: Catalog, named: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "site"
    report = export_labelled(out, settings=settings, catalog=catalog, watch=Unwatched())
    assert (report.num_identities, report.num_tracklets, report.num_pictures) == (2, 3, 9)
    assert report.in_one_camera == ("Bob",)

    known = json.loads((out / "names.json").read_text())
    found = {}
    for folder in out.glob("*/*/*"):
        identity, camera, tracklet = folder.relative_to(out).parts
        row = catalog.tracklets.get(tracklet)
        assert known["cameras"][camera] == row.camera_id
        jpegs = open_store(settings).read_jpegs(row.path)
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == jpegs
        found[tracklet] = known["identities"][identity]
    assert found == named
    assert not list(tmp_path.glob(".*")), "nothing temporary stays"


def test_what_was_exported_is_read_as_a_data_set(
    settings: Settings, catalog: Catalog, named: dict[str, str], tmp_path: Path
) -> None:
    export_labelled(tmp_path / "site", settings=settings, catalog=catalog, watch=Unwatched())
    dataset = load_dataset("folder", tmp_path / "site")
    assert len(dataset.gallery) == 3
    people = sorted(len({t.camid for t in dataset.gallery if t.pid == pid}) for pid in {t.pid for t in dataset.gallery})
    assert people == [1, 2]


def test_the_catalog_is_a_data_set_too(settings: Settings, catalog: Catalog, named: dict[str, str]) -> None:
    dataset = catalog_dataset(settings=settings, catalog=catalog)
    assert {tracklet.name for tracklet in dataset.gallery} == set(named)
    of_ada = [tracklet for tracklet in dataset.gallery if named[tracklet.name] == "Ada / Lovelace"]
    assert len({tracklet.pid for tracklet in of_ada}) == 1
    assert len({tracklet.camid for tracklet in of_ada}) == 2
    stored = open_store(settings).read(catalog.tracklets.get(of_ada[0].name).path)
    for path, crop in zip(of_ada[0].frame_paths, stored.crops, strict=True):
        assert (read_picture(path) == crop.image).all()


def test_an_export_never_mixes_with_what_is_there(
    settings: Settings, catalog: Catalog, named: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    with pytest.raises(InputError, match="is there already: name a new folder"):
        export_labelled(tmp_path / "site", settings=settings, catalog=catalog, watch=Unwatched())


class Impatient(Unwatched):
    def check_cancelled(self) -> None:
        raise CancelledError("enough")


def test_what_was_stopped_leaves_nothing(
    settings: Settings, catalog: Catalog, named: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(CancelledError):
        export_labelled(tmp_path / "site", settings=settings, catalog=catalog, watch=Impatient())
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_damaged_tracklet_is_named(
    settings: Settings, catalog: Catalog, named: dict[str, str], tmp_path: Path
) -> None:
    row = catalog.tracklets.get("gate-r")
    (settings.tracklets_dir / row.path).write_bytes(b"PK")
    with pytest.raises(DamagedError, match=row.path):
        export_labelled(tmp_path / "site", settings=settings, catalog=catalog, watch=Unwatched())


def test_without_names_there_is_nothing_to_learn(settings: Settings, catalog: Catalog, tmp_path: Path) -> None:
    store_people({"r": RED}, camera_id="gate", settings=settings, catalog=catalog)
    for ask in (
        lambda: export_labelled(tmp_path / "site", settings=settings, catalog=catalog, watch=Unwatched()),
        lambda: catalog_dataset(settings=settings, catalog=catalog),
    ):
        with pytest.raises(InputError, match="nobody has a name yet"):
            ask()
