"""Snapshots of an index on disk: a cache that can always be made again from the catalog."""

import logging
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reid_app.catalog.rows import Change
from reid_app.errors import DamagedError
from reid_app.gallery.flat import Content, FlatIndex
from reid_app.gallery.manifest import MANIFEST_NAME, Manifest, change_sha256, check_file, read_manifest
from reid_app.gallery.snapshot_files import (
    COLUMNS_NAME,
    VECTORS_NAME,
    read_content,
    write_columns,
    write_vectors,
)
from reid_app.tracklets.files import full_disk_is_named, sync_folder, write_atomically

_NAME = re.compile(r"snap-([0-9]+)")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """A snapshot that was read back."""

    manifest: Manifest
    index: FlatIndex


class SnapshotFolder:
    """The snapshots of one model's index, ``snap-<number of the last change>`` each.

    Writing and pruning need the writer's lock. Reading needs none: a snapshot appears whole, by one rename, is never
    changed, and stays readable for whoever has it open when it is pruned.
    """

    def __init__(self, folder: Path, *, model_id: str, dimension: int) -> None:
        self._folder = folder
        self._model_id = model_id
        self._dimension = dimension

    def load_newest(self, *, belongs: Callable[[Manifest], bool], threads: int) -> Loaded | None:
        """The newest snapshot that is whole and belongs to the catalog; nothing when there is none.

        Those that are passed over are logged as warnings, with the reason.

        Args:
            belongs: Whether the catalog has, at that number, the very change that a manifest names.
            threads: For the searches of the index.
        """
        for _, folder in self._snapshots():
            try:
                return self._load(folder, belongs=belongs, threads=threads)
            except DamagedError as error:
                _log.warning("gallery snapshot %s of model %s is passed over: %s", folder.name, self._model_id, error)
        return None

    def write(self, content: Content, *, last_change: Change | None) -> Path:
        """Store a snapshot durably; an equally numbered one gives way.

        Args:
            content: What the index holds after `last_change`.
            last_change: Nothing before the first change.

        Raises:
            StorageFullError: The disk is full; the snapshots that are there stay.
        """
        number = 0 if last_change is None else last_change.number
        target = self._folder / f"snap-{number}"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        temporary = self._folder / f".{target.name}.tmp"
        try:
            no_space = (
                f"no space left to write the gallery snapshot {target}: free some disk space and save again; "
                "searches go on without it"
            )
            with full_disk_is_named(no_space):
                temporary.mkdir()
                manifest = Manifest(
                    format=1,
                    metric="inner_product",
                    model_id=self._model_id,
                    dimension=self._dimension,
                    rows=len(content.columns),
                    last_change=number,
                    last_change_sha256=change_sha256(last_change),
                    created_at=datetime.now(UTC),
                    vectors=write_vectors(temporary / VECTORS_NAME, content),
                    columns=write_columns(temporary / COLUMNS_NAME, content),
                )
                write_atomically(temporary / MANIFEST_NAME, manifest.model_dump_json(indent=2).encode())
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        self._retire(target)
        temporary.rename(target)
        sync_folder(self._folder)
        self._sweep()
        return target

    def prune(self, *, newest: int, keep: int) -> None:
        """Remove all snapshots but the newest ones.

        Args:
            newest: Number of the one just written. Higher numbers are of another catalog and go too.
            keep: How many stay.
        """
        ours = [folder for number, folder in self._snapshots() if number <= newest]
        others = [folder for number, folder in self._snapshots() if number > newest]
        for folder in others + ours[keep:]:
            self._retire(folder)
        self._sweep()

    def _snapshots(self) -> list[tuple[int, Path]]:
        if not self._folder.is_dir():
            return []
        named = ((_NAME.fullmatch(folder.name), folder) for folder in self._folder.iterdir())
        return sorted(((int(name[1]), folder) for name, folder in named if name), reverse=True)

    def _load(self, folder: Path, *, belongs: Callable[[Manifest], bool], threads: int) -> Loaded:
        manifest = read_manifest(folder)
        for name, said, wanted in (
            ("model", manifest.model_id, self._model_id),
            ("dimension", manifest.dimension, self._dimension),
            ("number", f"snap-{manifest.last_change}", folder.name),
        ):
            if said != wanted:
                raise DamagedError(f"it is foreign: its {name} is {said}, not {wanted}")
        if not belongs(manifest):
            raise DamagedError(f"it is foreign: the catalog's change {manifest.last_change} is another or not there")
        check_file(folder / VECTORS_NAME, manifest.vectors)
        check_file(folder / COLUMNS_NAME, manifest.columns)
        try:
            index = FlatIndex.from_content(read_content(folder), threads=threads)
        # faiss raises RuntimeError.
        except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
            raise DamagedError(f"its files cannot be read ({error})") from error
        if (index.dimension, len(index)) != (manifest.dimension, manifest.rows):
            raise DamagedError(
                f"it holds {len(index)} rows of dimension {index.dimension}, "
                f"its manifest says {manifest.rows} of {manifest.dimension}"
            )
        return Loaded(manifest=manifest, index=index)

    def _retire(self, folder: Path) -> None:
        # Under its name it is whole or not there at all, even when the removal is cut short.
        if folder.exists():
            folder.rename(folder.with_name(f".{folder.name}.old"))

    def _sweep(self) -> None:
        for leftover in self._folder.glob(".snap-*"):
            shutil.rmtree(leftover, ignore_errors=True)
