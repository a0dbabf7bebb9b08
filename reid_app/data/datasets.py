"""Which data sets there are, who reads each, and by which protocol its literature compares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reid_app.data import cars196, cub200, ilids_vid, lpw, ls_vid, market1501, mars, prid2011
from reid_app.data.figures import Figures
from reid_app.data.folder import read_folder
from reid_app.data.mars_crops import read_mars_crops
from reid_app.data.types import ReidDataset
from reid_app.errors import InputError
from reid_app.evaluation.protocols import ProtocolName


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    read: Callable[[Path, int], ReidDataset]
    """Takes the root and the split."""
    protocol: ProtocolName
    published: Mapping[str, Figures]
    """By part; empty where there is no literature."""
    num_splits: int = 1


_DATASETS = {
    "mars": _Entry(
        read=lambda root, split: mars.read_mars(root),
        protocol="mars-official",
        published=mars.PUBLISHED,
    ),
    "mars-crops": _Entry(
        read=lambda root, split: read_mars_crops(root),
        protocol="cross-camera",
        published={},
    ),
    "lpw": _Entry(
        read=lambda root, split: lpw.read_lpw(root),
        protocol="lpw",
        published=lpw.PUBLISHED,
    ),
    "ilids-vid": _Entry(
        read=lambda root, split: ilids_vid.read_ilids_vid(root, split=split),
        protocol="standard",
        published=ilids_vid.PUBLISHED,
        num_splits=ilids_vid.NUM_SPLITS,
    ),
    "prid2011": _Entry(
        read=lambda root, split: prid2011.read_prid2011(root, split=split),
        protocol="standard",
        published=prid2011.PUBLISHED,
        num_splits=prid2011.NUM_SPLITS,
    ),
    # By its published counts the gallery of LS-VID is the test list without the queries: "standard" takes it as it is.
    "ls-vid": _Entry(
        read=lambda root, split: ls_vid.read_ls_vid(root),
        protocol="standard",
        published=ls_vid.PUBLISHED,
    ),
    "market1501": _Entry(
        read=lambda root, split: market1501.read_market1501(root),
        protocol="standard",
        published=market1501.PUBLISHED,
    ),
    "cub200": _Entry(
        read=lambda root, split: cub200.read_cub200(root, is_cropped=False),
        protocol="leave-one-out",
        published=cub200.PUBLISHED,
    ),
    "cub200-cropped": _Entry(
        read=lambda root, split: cub200.read_cub200(root, is_cropped=True),
        protocol="leave-one-out",
        published=cub200.PUBLISHED,
    ),
    "cars196": _Entry(
        read=lambda root, split: cars196.read_cars196(root, is_cropped=False),
        protocol="leave-one-out",
        published=cars196.PUBLISHED,
    ),
    "cars196-cropped": _Entry(
        read=lambda root, split: cars196.read_cars196(root, is_cropped=True),
        protocol="leave-one-out",
        published=cars196.PUBLISHED,
    ),
    "folder": _Entry(
        read=lambda root, split: read_folder(root),
        protocol="cross-camera",
        published={},
    ),
}


def dataset_names() -> tuple[str, ...]:
    """Names that `load_dataset` takes."""
    return tuple(_DATASETS)


def load_dataset(name: str, root: Path, *, split: int = 0) -> ReidDataset:
    """Read a data set's lists; its pictures are not opened.

    Args:
        name: One of `dataset_names`.
        root: The data set's own folder, as its archive unpacks.
        split: Which of its `num_splits` divisions into training and test people.

    Raises:
        InputError: There is no such data set or split, a file is missing, a count or a name does not fit.
    """
    entry = _entry(name)
    if not 0 <= split < entry.num_splits:
        has = "one split, 0" if entry.num_splits == 1 else f"the splits 0 to {entry.num_splits - 1}"
        raise InputError(f"{name} has {has}, got {split}")
    return entry.read(root, split)


def num_splits(name: str) -> int:
    """Number of divisions into training and test people that results are averaged over.

    Raises:
        InputError: There is no such data set.
    """
    return _entry(name).num_splits


def default_protocol(name: str) -> ProtocolName:
    """The protocol by which a data set's literature compares.

    Raises:
        InputError: There is no such data set.
    """
    return _entry(name).protocol


def published_figures(name: str) -> Mapping[str, Figures]:
    """What a data set's literature counts, by part (train, query, gallery); empty for folders of one's own.

    Raises:
        InputError: There is no such data set.
    """
    return _entry(name).published


def _entry(name: str) -> _Entry:
    entry = _DATASETS.get(name)
    if entry is not None:
        return entry
    if name.lower().startswith("duke"):
        raise InputError(
            f"{name} is not offered: DukeMTMC was withdrawn by its authors, its people had not consented; "
            f"choose one of {', '.join(_DATASETS)}"
        )
    raise InputError(f"there is no data set {name!r}: choose one of {', '.join(_DATASETS)}")
