"""Miniature data sets in the exact formats of the real ones."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
from scipy.io import savemat

PIXELS = np.full((8, 4, 3), 127, np.uint8)
MARS_TRAIN = [(1, 3, 1, 1), (4, 5, 1, 2), (6, 7, 3, 1)]
"""First and last line, identity, camera, as in ``tracks_train_info.mat``."""
MARS_TEST = [(1, 2, -1, 1), (3, 4, 0, 6), (5, 5, 0, 3), (6, 8, 2, 1), (9, 10, 2, 2), (11, 11, 4, 1), (12, 14, 4, 4)]
MARS_QUERIES = [4, 5, 7]
PRID_PERSONS = [f"person_{number:04d}" for number in (1, 3, 4, 9)]
ILIDS_PERSONS = [f"person{number:03d}" for number in (1, 2, 14, 317)]
ILIDS_SPLITS = [[1, 2, 3, 4], [4, 3, 2, 1], *([[3, 1, 4, 2]] * 8)]
CUB_CLASSES = ["001.Albatross", "002.Auklet", "003.Bunting", "004.Cardinal"]


def write_picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), PIXELS)


def write_pictures(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        write_picture(folder / name)


def write_folder(root: Path, tracklets: dict[str, int]) -> Path:
    """``identity/camera/tracklet`` with so many pictures, numbered from 1 without leading zeros."""
    for tracklet, num_pictures in tracklets.items():
        write_pictures(root / tracklet, [f"{number}.jpg" for number in range(1, num_pictures + 1)])
    return root


def write_mars_table(root: Path, part: str, rows: Sequence[tuple[float, ...]]) -> None:
    table = {f"track_{part}_info": np.array(rows, np.float64)}
    savemat(root / "info" / f"tracks_{part}_info.mat", table, do_compression=True)


def write_mars_queries(root: Path, rows: Sequence[int]) -> None:
    savemat(root / "info" / "query_IDX.mat", {"query_IDX": np.array([rows], np.float64)})


def mars_names(rows: Sequence[tuple[int, int, int, int]]) -> list[str]:
    """Names for the lines of a table; tracklets of an identity are numbered over its cameras."""
    names: list[str] = []
    number: dict[int, int] = {}
    for first, last, pid, camera in rows:
        number[pid] = number.get(pid, 0) + 1
        identity = "00-1" if pid == -1 else f"{pid:04d}"
        tracklet = f"{identity}C{camera}T{number[pid]:04d}"
        names += [f"{tracklet}F{frame:03d}.jpg" for frame in range(1, last - first + 2)]
    return names


def write_mars(root: Path) -> Path:
    (root / "info").mkdir(parents=True)
    for part, rows in {"train": MARS_TRAIN, "test": MARS_TEST}.items():
        write_mars_table(root, part, rows)
        names = mars_names(rows)
        (root / "info" / f"{part}_name.txt").write_text("".join(f"{name}\n" for name in names))
        for name in names:
            write_picture(root / f"bbox_{part}" / name[:4] / name)
    write_mars_queries(root, MARS_QUERIES)
    return root


def write_market1501(root: Path) -> Path:
    train = ["0002_c1s1_000451_03.jpg", "0002_c2s1_000551_01.jpg", "0007_c3s3_077419_03.jpg"]
    test = ["-1_c1s1_000401_03.jpg", "0000_c2s1_000151_01.jpg", "0001_c1s1_001051_03.jpg", "0001_c6s4_002451_02.jpg"]
    write_pictures(root / "bounding_box_train", train)
    write_pictures(root / "bounding_box_test", test)
    write_pictures(root / "query", ["0001_c1s1_001051_00.jpg", "0001_c6s1_001551_00.jpg"])
    for folder in ("bounding_box_train", "bounding_box_test", "query"):
        (root / folder / "Thumbs.db").write_bytes(b"of a file manager")
    return root


def write_cub200(root: Path) -> Path:
    paths = [f"{name}/{name[4:]}_{number:04d}_{number}.jpg" for name in CUB_CLASSES for number in (9, 10)]
    write_pictures(root / "images", paths)
    for name, values in {
        "images.txt": paths,
        "image_class_labels.txt": [int(path[:3]) for path in paths],
        "bounding_boxes.txt": [f"{number}.0 2.0 2.0 5.0" for number in range(len(paths))],
    }.items():
        (root / name).write_text("".join(f"{number} {value}\n" for number, value in enumerate(values, start=1)))
    return root


def write_cars_table(root: Path, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of path, x1, y1, x2, y2, class, test; each value in an array of its own, as MATLAB's struct array has it."""
    fields = ("relative_im_path", "bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "test")
    annotations = np.empty((1, len(rows)), dtype=[(field, object) for field in fields])
    for column, row in enumerate(rows):
        annotations[0, column] = tuple(value if isinstance(value, str) else np.uint8(value) for value in row)
    savemat(root / "cars_annos.mat", {"annotations": annotations, "class_names": np.array(["a", "b", "c"], object)})


def cars_rows() -> list[tuple[Any, ...]]:
    return [(f"car_ims/{number:06d}.jpg", 1, 2, 4, 8, (number + 1) // 2, number % 2) for number in range(1, 9)]


def write_cars196(root: Path) -> Path:
    write_pictures(root, [row[0] for row in cars_rows()])
    write_cars_table(root, cars_rows())
    return root


def write_lpw(root: Path) -> Path:
    """Person 1 of scene 1 is not person 1 of scene 2; frames are numbered without leading zeros."""
    people = {
        "scen1": {1: [1, 5], 2: [1, 5, 8], 3: [8]},
        "scen2": {1: [1], 2: [1, 3], 3: [1, 3], 4: [3]},
        "scen3": {1: [5], 2: [5], 3: [5, 7], 4: [7]},
    }
    for scene, views in people.items():
        for view, persons in views.items():
            for person in persons:
                write_pictures(root / scene / f"view{view}" / str(person), ["9.jpg", "10.jpg", "101.jpg"])
    return root


def write_ilids_splits(root: Path, table: Any) -> None:
    folder = root / "train-test people splits"
    folder.mkdir(exist_ok=True)
    savemat(folder / "train_test_splits_ilidsvid.mat", {"ls_set": np.array(table, np.uint16)})


def write_ilids_vid(root: Path) -> Path:
    for camera in ("cam1", "cam2"):
        for person in ILIDS_PERSONS:
            names = [f"{camera}_{person}_{frame:05d}.png" for frame in (317, 318)]
            write_pictures(root / "i-LIDS-VID" / "sequences" / camera / person, names)
    write_ilids_splits(root, ILIDS_SPLITS)
    return root


def prid_splits() -> list[dict[str, list[str]]]:
    one, three, four, nine = PRID_PERSONS
    return [{"train": [four, one], "test": [nine, three]}, *({"train": [one, three], "test": [four, nine]},) * 9]


def write_prid2011(root: Path) -> Path:
    """Camera b has a person more, whom no split lists."""
    for camera, persons in {"cam_a": PRID_PERSONS, "cam_b": [*PRID_PERSONS, "person_0700"]}.items():
        for person in persons:
            folder = root / "prid_2011" / "multi_shot" / camera / person
            write_pictures(folder, [f"{frame:04d}.png" for frame in (1, 2)])
    (root / "splits_prid2011.json").write_text(json.dumps(prid_splits()))
    return root


def write_ls_vid_queries(path: Path, rows: Sequence[float]) -> None:
    with h5py.File(path, "w") as file:
        file["query"] = np.array([rows], np.float64)


def write_ls_vid(root: Path, *, lists: str = "list_sequence", data: str = "test/data") -> Path:
    """Tracklets 1 and 12 of a person share the beginning of their names; identities count from 0 in both lists."""
    tracklets = {
        "train": {"0000/0001": (0, 3), "0000/0012": (0, 15), "0004/0001": (4, 1)},
        "test": {"0000/0001": (0, 2), "0000/0002": (0, 7), "0009/0001": (9, 7), "0009/0002": (9, 2)},
    }
    (root / lists).mkdir(parents=True)
    (root / data).mkdir(parents=True)
    for part, rows in tracklets.items():
        lines = [f"tracklet_{part}/{path} {identity}\n" for path, (identity, _) in rows.items()]
        (root / lists / f"list_seq_{part}.txt").write_text("".join(lines))
        for path, (_, camera) in rows.items():
            folder, name = path.split("/")
            names = [f"{name}_{frame:04d}_{camera:02d}_{frame + 40:06d}.jpg" for frame in (2, 1)]
            write_pictures(root / f"tracklet_{part}" / folder, names)
    write_ls_vid_queries(root / data / "info_test.mat", [1, 4])
    return root
