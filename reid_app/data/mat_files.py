"""Tables from MATLAB files, up to version 7.2."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import InputError


def read_mat(path: Path, *, variable: str) -> NDArray[Any]:
    """One variable of a file, as MATLAB keeps it: at least two dimensions.

    Raises:
        InputError: The file is missing or damaged, or holds no such variable.
    """
    from scipy.io import loadmat

    if not path.is_file():
        raise InputError(f"there is no file {path}")
    try:
        content = loadmat(path, appendmat=False, variable_names=[variable])
    except Exception as error:  # the reader meets damage with a dozen kinds of errors
        raise InputError(f"{path} is not a readable MATLAB file ({error}): unpack it again") from error
    if variable not in content:
        raise InputError(f"{path} holds no variable {variable}: it is not the file that it should be")
    return np.asarray(content[variable])


def whole_numbers(table: NDArray[Any], *, path: Path) -> NDArray[np.int64]:
    """A table of numbers as int64; MATLAB stores whole numbers in any type, floating-point and unsigned ones too.

    Raises:
        InputError: A value is not a whole number.
    """
    if table.dtype.kind not in "iuf" or not np.array_equal(table, np.trunc(table)):
        raise InputError(f"{path} should hold whole numbers only, its {table.dtype} values are others: unpack it again")
    return table.astype(np.int64)
