"""Data sets by name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reid_app.data.datasets import dataset_names, default_protocol, load_dataset, num_splits, published_figures
from reid_app.errors import InputError
from tests.unit.data import trees

WRITERS: dict[str, Callable[[Path], Path]] = {
    "mars": trees.write_mars,
    "mars-crops": trees.write_mars,
    "lpw": trees.write_lpw,
    "ilids-vid": trees.write_ilids_vid,
    "prid2011": trees.write_prid2011,
    "ls-vid": trees.write_ls_vid,
    "market1501": trees.write_market1501,
    "cub200": trees.write_cub200,
    "cub200-cropped": trees.write_cub200,
    "cars196": trees.write_cars196,
    "cars196-cropped": trees.write_cars196,
    "folder": lambda root: trees.write_folder(root, {"ada/yard/0": 2, "bob/gate/0": 1}),
}


def test_every_data_set_has_a_tree_here() -> None:
    assert set(WRITERS) == set(dataset_names())


@pytest.mark.parametrize("name", WRITERS)
def test_each_name_reads_its_own_format(name: str, tmp_path: Path) -> None:
    dataset = load_dataset(name, WRITERS[name](tmp_path / "root"))
    assert dataset.name == name
    parts = (dataset.train, dataset.query, dataset.gallery)
    assert all(parts)
    assert all(path.is_file() for part in parts for tracklet in part for path in tracklet.frame_paths)
    assert (name.endswith("-cropped")) == all(tracklet.box_xyxy is not None for part in parts for tracklet in part)


@pytest.mark.parametrize("name", WRITERS)
def test_names_are_unique_and_mean_one_tracklet(name: str, tmp_path: Path) -> None:
    dataset = load_dataset(name, WRITERS[name](tmp_path / "root"))
    for part in (dataset.train, dataset.query, dataset.gallery):
        assert len({tracklet.name for tracklet in part}) == len(part)
    everybody = (*dataset.train, *dataset.query, *dataset.gallery)
    assert len({tracklet.name for tracklet in everybody}) == len(set(everybody))


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"folder", "mars-crops"}))
def test_train_and_test_share_nobody(name: str, tmp_path: Path) -> None:
    dataset = load_dataset(name, WRITERS[name](tmp_path / "root"))
    train, query, gallery = ({each.pid for each in part} for part in (dataset.train, dataset.query, dataset.gallery))
    assert not train & (query | gallery)
    assert query <= gallery


def test_protocols_of_the_literature() -> None:
    protocols = {name: default_protocol(name) for name in dataset_names()}
    assert protocols == {
        "mars": "mars-official",
        "mars-crops": "cross-camera",
        "lpw": "lpw",
        "ilids-vid": "standard",
        "prid2011": "standard",
        "ls-vid": "standard",
        "market1501": "standard",
        "cub200": "leave-one-out",
        "cub200-cropped": "leave-one-out",
        "cars196": "leave-one-out",
        "cars196-cropped": "leave-one-out",
        "folder": "cross-camera",
    }


def test_splits(tmp_path: Path) -> None:
    assert {name for name in dataset_names() if num_splits(name) == 10} == {"ilids-vid", "prid2011"}
    assert {num_splits(name) for name in dataset_names()} == {1, 10}
    root = trees.write_prid2011(tmp_path)
    assert load_dataset("prid2011", root, split=9) != load_dataset("prid2011", root)
    for split in (-1, 10):
        with pytest.raises(InputError, match=f"prid2011 has the splits 0 to 9, got {split}"):
            load_dataset("prid2011", root, split=split)
    with pytest.raises(InputError, match="mars has one split, 0, got 1"):
        load_dataset("mars", root, split=1)


@pytest.mark.parametrize(
    "ask", [num_splits, default_protocol, published_figures, lambda name: load_dataset(name, Path())]
)
def test_unknown_names_are_refused(ask: Callable[[str], object]) -> None:
    with pytest.raises(InputError, match=r"no data set 'marss'.*mars-crops.*folder"):
        ask("marss")
    for name in ("dukemtmc", "DukeMTMC-VideoReID"):
        with pytest.raises(InputError, match=f"{name} is not offered: .* withdrawn by its authors"):
            ask(name)


def totals(name: str) -> tuple[int, ...]:
    published = published_figures(name)
    parts = [published[part] for part in ("train", "query", "gallery")]
    return tuple(
        sum(getattr(part, figure) or 0 for part in parts) for figure in ("identities", "tracklets", "pictures")
    )


def test_published_figures_add_up_to_those_of_the_whole() -> None:
    assert totals("lpw") == (1975 + 2 * 756, 7694, 590_547)
    assert published_figures("mars")["train"].tracklets == 8298
    mars = published_figures("mars")
    assert (mars["train"].pictures or 0) + (mars["gallery"].pictures or 0) == 1_191_003
    assert totals("market1501")[2] == 32_668 + 3_368
    assert totals("ls-vid")[1] == 2_831 + 11_333
    assert totals("cub200")[2] - 5_924 == 11_788
    assert totals("cars196")[2] - 8_131 == 16_185
