"""CUB-200-2011: pictures of 200 kinds of birds, whole or cut to their boxes.

Wah et al., "The Caltech-UCSD Birds-200-2011 Dataset", 2011. Below the root, which the archive calls ``CUB_200_2011``,
lie ``images.txt``, ``image_class_labels.txt``, ``bounding_boxes.txt`` and ``images``. The first hundred classes train,
the others test; the archive's own ``train_test_split.txt`` is for classification and is not used.
"""

from pathlib import Path

from reid_app.data.class_retrieval import ClassPicture, divide_classes
from reid_app.data.figures import Figures
from reid_app.data.folders import require
from reid_app.data.types import ReidDataset
from reid_app.errors import InputError

_TEST = Figures(identities=100, pictures=5_924)
PUBLISHED = {"train": Figures(identities=100, pictures=5_864), "query": _TEST, "gallery": _TEST}


def read_cub200(root: Path, *, is_cropped: bool) -> ReidDataset:
    """Data set of the unpacked archive.

    Raises:
        InputError: A file or picture is missing, the files name different pictures, or a value does not fit.
    """
    require(root, "images.txt", "image_class_labels.txt", "bounding_boxes.txt", "images")
    images_path = root / "images.txt"
    paths = _read_rows(images_path)
    labels = _read_rows(root / "image_class_labels.txt")
    boxes = _read_rows(root / "bounding_boxes.txt")
    for other, rows in {"image_class_labels.txt": labels, "bounding_boxes.txt": boxes}.items():
        if rows.keys() != paths.keys():
            number = min(rows.keys() ^ paths.keys())
            raise InputError(f"{root / other} and images.txt differ: only one of them has picture {number}")
    pictures = [_picture(paths[number], label=labels[number], box=boxes[number], root=root) for number in paths]
    return divide_classes(
        pictures,
        name="cub200-cropped" if is_cropped else "cub200",
        labels_path=images_path,
        folder=root / "images",
        is_cropped=is_cropped,
    )


def _read_rows(path: Path) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        number, *values = line.split() or [""]
        if not number.isdecimal() or number in rows:
            raise InputError(f"{path}: {line!r} does not start with the number of a new picture: unpack it again")
        rows[number] = values
    if not rows:
        raise InputError(f"{path} is empty: unpack it again")
    return rows


def _picture(path: list[str], *, label: list[str], box: list[str], root: Path) -> ClassPicture:
    try:
        (name,), (class_label,) = path, map(int, label)
        x, y, width, height = map(float, box)
    except ValueError as error:
        raise InputError(
            f"the files of {root} should give a picture one path, one class and the box x, y, width, height, "
            f"got {path}, {label} and {box}"
        ) from error
    if not name.startswith(f"{class_label:03d}."):
        raise InputError(f"{root / 'image_class_labels.txt'} gives {name} the class {class_label}, its folder another")
    return ClassPicture(path=name, label=class_label, box_xyxy=(x, y, x + width, y + height))
