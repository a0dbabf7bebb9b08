"""CARS196: pictures of 196 models of cars, whole or cut to their boxes.

Krause et al., "3D Object Representations for Fine-Grained Categorization", 2013. Below the root lie ``cars_annos.mat``
and ``car_ims`` (the later packing, ``cars_train`` and ``cars_test``, has other names). The first 98 classes train, the
others test; the file's own mark ``test`` is for classification and is not used.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.data.class_retrieval import ClassPicture, divide_classes
from reid_app.data.figures import Figures
from reid_app.data.folders import require
from reid_app.data.mat_files import read_mat
from reid_app.data.types import ReidDataset
from reid_app.errors import InputError

_TEST = Figures(identities=98, pictures=8_131)
PUBLISHED = {"train": Figures(identities=98, pictures=8_054), "query": _TEST, "gallery": _TEST}

_FIELDS = ("relative_im_path", "class", "bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")


def read_cars196(root: Path, *, is_cropped: bool) -> ReidDataset:
    """Data set of the table and the pictures.

    Raises:
        InputError: A file or picture is missing, or a value does not fit.
    """
    require(root, "cars_annos.mat", "car_ims")
    path = root / "cars_annos.mat"
    annotations = read_mat(path, variable="annotations").ravel()
    if not len(annotations) or not set(_FIELDS) <= set(annotations.dtype.names or ()):
        raise InputError(f"{path}: annotations should be a list of {', '.join(_FIELDS)}: unpack it again")
    return divide_classes(
        [_picture(annotation, path=path) for annotation in annotations],
        name="cars196-cropped" if is_cropped else "cars196",
        labels_path=path,
        folder=root,
        is_cropped=is_cropped,
    )


def _picture(annotation: Any, *, path: Path) -> ClassPicture:
    name, label, x1, y1, x2, y2 = (_scalar(annotation[field], path=path) for field in _FIELDS)
    if not str(name).startswith("car_ims/") or int(label) < 1:
        raise InputError(f"{path}: a picture should lie in car_ims and have a class from 1, got {name} and {label}")
    # MATLAB counts pixels from 1, and the last one belongs to the box.
    return ClassPicture(path=str(name), label=int(label), box_xyxy=(float(x1) - 1, float(y1) - 1, float(x2), float(y2)))


def _scalar(value: NDArray[Any], *, path: Path) -> Any:
    if np.size(value) != 1:
        raise InputError(f"{path}: an annotation has {value!r} where one value belongs: unpack it again")
    return np.asarray(value).item()
