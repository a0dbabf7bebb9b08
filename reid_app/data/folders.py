"""Listing folders of pictures: in a stated order, and with an error that names what is missing."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from reid_app.errors import InputError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")
"""Lower case; a file's suffix may be upper case."""

_NUMBER = re.compile(r"(\d+)")
_ALL_DIGITS_EQUAL = str.maketrans("123456789", "000000000")


def natural_sorted(names: Iterable[str]) -> list[str]:
    """Names with the numbers inside them in the order of their values.

    Examples:
        >>> natural_sorted(["10.jpg", "cam2", "9.jpg"])
        ['9.jpg', '10.jpg', 'cam2']
    """
    names = sorted(names)
    if len({name.translate(_ALL_DIGITS_EQUAL) for name in names}) <= 1:
        return names  # digits at the same places: the order of the text is that of the numbers, at a tenth of the time
    return sorted(names, key=_natural_key)


def _natural_key(name: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in _NUMBER.split(name))


def require(root: Path, *entries: str) -> None:
    """Check that a folder holds some files or folders.

    Raises:
        InputError: There is no such folder, or one of the entries is missing; where a folder just below has it, the
            message says so.
    """
    if not root.is_dir():
        raise InputError(f"there is no folder {root}")
    for entry in entries:
        if not (root / entry).exists():
            below = [folder.name for folder in sorted(root.iterdir()) if (folder / entry).exists()]
            remedy = f"did you mean {root / below[0]}?" if below else f"give the folder that holds {', '.join(entries)}"
            raise InputError(f"{root} holds no {entry}: {remedy}")


def sub_folders(folder: Path, *, of: str) -> list[Path]:
    """Folders in a folder, in natural order; files that are not pictures are passed over, hidden entries too.

    Args:
        folder: Where to look.
        of: What each of them is, for messages.

    Raises:
        InputError: The folder is missing or holds no folder, or a picture lies where folders belong.
    """
    names = []
    for entry in _entries(folder):
        if entry.is_dir():
            names.append(entry.name)
        elif is_picture(entry.name):
            raise InputError(f"{entry.path} lies too high: only folders belong here, one for each {of}")
    if not names:
        raise InputError(f"{folder} holds no folder: it needs one for each {of}")
    return [folder / name for name in natural_sorted(names)]


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """Pictures of a folder in natural order; other files are passed over, hidden ones too.

    Raises:
        InputError: The folder is missing, holds no picture, or holds another folder.
    """
    names = []
    for entry in _entries(folder):
        if entry.is_dir():
            raise InputError(f"{entry.path} is a folder too deep: {folder} should hold pictures only")
        if is_picture(entry.name):
            names.append(entry.name)
    if not names:
        raise InputError(f"{folder} holds no picture ({', '.join(PICTURE_SUFFIXES)}): fill or remove it")
    return tuple(folder / name for name in natural_sorted(names))


def is_picture(name: str) -> bool:
    """Whether a file's name says that it is a picture."""
    return name.lower().endswith(PICTURE_SUFFIXES)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"there is no folder {folder}") from error
