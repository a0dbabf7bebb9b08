"""iLIDS-VID: 300 people, each seen once by each of two cameras of an airport.

Wang et al., "Person Re-Identification by Video Ranking", ECCV 2014. Below the root, as the archive unpacks, lie
``i-LIDS-VID/sequences/cam1``, ``cam2`` and ``train-test people splits/train_test_splits_ilidsvid.mat``. Its table
``ls_set`` has a row for each of ten splits: numbers from 1 into the sorted persons, **the first half tests**, as in the
authors' code; some toolboxes have it the other way round. Results are means over the ten splits.
"""

from pathlib import Path

import numpy as np

from reid_app.data.figures import Figures
from reid_app.data.folders import require, sub_folders
from reid_app.data.mat_files import read_mat, whole_numbers
from reid_app.data.two_cameras import divide_persons
from reid_app.data.types import ReidDataset
from reid_app.errors import InputError

NUM_SPLITS = 10
PUBLISHED = {
    "train": Figures(identities=150, tracklets=300, cameras=2),
    "query": Figures(identities=150, tracklets=150, cameras=1),
    "gallery": Figures(identities=150, tracklets=150, cameras=1),
}

_SPLITS = "train-test people splits/train_test_splits_ilidsvid.mat"


def read_ilids_vid(root: Path, *, split: int) -> ReidDataset:
    """Data set of one split, from 0.

    Raises:
        InputError: A file or folder is missing, the cameras show different persons, or the splits do not fit them.
    """
    require(root, "i-LIDS-VID/sequences/cam1", "i-LIDS-VID/sequences/cam2", _SPLITS)
    sequences = root / "i-LIDS-VID" / "sequences"
    cameras = (sequences / "cam1", sequences / "cam2")
    persons, others = (sorted(folder.name for folder in sub_folders(camera, of="person")) for camera in cameras)
    if persons != others:
        name = min(set(persons) ^ set(others))
        raise InputError(f"{sequences}: only one of cam1 and cam2 has {name}: unpack the archive again")
    split_path = root / _SPLITS
    table = whole_numbers(read_mat(split_path, variable="ls_set"), path=split_path)
    if table.shape != (NUM_SPLITS, len(persons)) or np.any(np.sort(table) != np.arange(1, len(persons) + 1)):
        raise InputError(
            f"{split_path}: ls_set should have {NUM_SPLITS} rows, each with the numbers 1 to {len(persons)} for the "
            f"{len(persons)} persons in {sequences}, its shape is {table.shape}: unpack the archive again"
        )
    half = len(persons) // 2
    test, train = (
        sorted(persons[number - 1] for number in part) for part in (table[split, :half], table[split, half:])
    )
    return divide_persons(cameras, name="ilids-vid", train=train, test=test, split_path=split_path)
