"""PRID2011: people who were seen by two street cameras, those with long enough sequences.

Hirzer et al., "Person Re-Identification by Descriptive and Discriminative Classification", SCIA 2011. Below the root
lie ``prid_2011/multi_shot/cam_a``, ``cam_b`` and ``splits_prid2011.json``, the ten splits that the field shares: a list
of ``{"train": [...], "test": [...]}`` with 89 persons' folders each. Results are means over the ten splits.
"""

import json
from pathlib import Path
from typing import Any

from reid_app.data.figures import Figures
from reid_app.data.folders import require
from reid_app.data.two_cameras import divide_persons
from reid_app.data.types import ReidDataset
from reid_app.errors import InputError

NUM_SPLITS = 10
PUBLISHED = {
    "train": Figures(identities=89, tracklets=178, cameras=2),
    "query": Figures(identities=89, tracklets=89, cameras=1),
    "gallery": Figures(identities=89, tracklets=89, cameras=1),
}


def read_prid2011(root: Path, *, split: int) -> ReidDataset:
    """Data set of one split, from 0.

    Raises:
        InputError: A file or folder is missing, or the splits are not lists of persons.
    """
    require(root, "prid_2011/multi_shot/cam_a", "prid_2011/multi_shot/cam_b", "splits_prid2011.json")
    split_path = root / "splits_prid2011.json"
    parts = _read_splits(split_path)[split]
    shots = root / "prid_2011" / "multi_shot"
    return divide_persons(
        (shots / "cam_a", shots / "cam_b"),
        name="prid2011",
        train=sorted(parts["train"]),
        test=sorted(parts["test"]),
        split_path=split_path,
    )


def _read_splits(path: Path) -> list[dict[str, list[str]]]:
    try:
        splits: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not a JSON file ({error}): fetch it again") from error
    if not isinstance(splits, list) or len(splits) != NUM_SPLITS or not all(map(_is_split, splits)):
        raise InputError(f"{path} should be a list of {NUM_SPLITS} objects with the lists train and test")
    return splits


def _is_split(split: Any) -> bool:
    return isinstance(split, dict) and all(
        isinstance(split.get(part), list) and split[part] and all(isinstance(person, str) for person in split[part])
        for part in ("train", "test")
    )
