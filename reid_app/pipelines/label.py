"""Labelled tracklets of the catalog as a data set: to train and to measure on one's own site."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import IdentityRow, TrackletRow
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError
from reid_app.pipelines.parts import open_store
from reid_app.settings import Settings
from reid_app.tracklets.files import full_disk_is_named, write_atomically
from reid_app.tracklets.watch import Watch

_PAGE = 500
NAMES_FILE = "names.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelReport:
    """What an export holds."""

    path: str
    num_identities: int
    num_tracklets: int
    num_pictures: int
    in_one_camera: tuple[str, ...]
    """Names of those whom one camera only has seen: they train, but no cross-camera query can find them."""


def catalog_dataset(*, settings: Settings, catalog: Catalog) -> ReidDataset:
    """Every tracklet that has a name, as a data set whose pictures stay in the crop store.

    Raises:
        InputError: Nobody has a name yet.
    """
    store = open_store(settings)
    rows = [row for person in _people(catalog) for row in _tracklets_of(person, catalog=catalog)]
    pids = {identity_id: pid for pid, identity_id in enumerate(sorted({str(row.identity_id) for row in rows}), start=1)}
    camids = {camera_id: camid for camid, camera_id in enumerate(sorted({row.camera_id for row in rows}))}
    labelled = tuple(
        LabelledTracklet(
            name=row.tracklet_id,
            pid=pids[str(row.identity_id)],
            camid=camids[row.camera_id],
            frame_paths=tuple(
                settings.tracklets_dir / row.path / name for name in store.read_jpegs(row.path, sha256=row.sha256)
            ),
        )
        for row in rows
    )
    return ReidDataset(name="catalog", train=labelled, query=labelled, gallery=labelled)


def export_labelled(out: Path, *, settings: Settings, catalog: Catalog, watch: Watch) -> LabelReport:
    """Write every tracklet that has a name as ``out/IDENTITY/CAMERA/TRACKLET/PICTURE.jpg``.

    The pictures are the stored ones, byte for byte. Identities are named by their id and cameras by number, for a name
    may hold what no folder may; ``names.json`` says who and where they are. The folder appears when it is complete.

    Raises:
        InputError: Nobody has a name yet, or the folder is there already.
        DamagedError: A tracklet's file is missing or damaged.
        StorageFullError: The disk is full.
        CancelledError: ``watch`` asked for it; nothing is left behind.
    """
    if out.exists():
        raise InputError(f"{out} is there already: name a new folder, so that no old export mixes with this one")
    people = _people(catalog)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        with full_disk_is_named(f"no space left to write {out}: free some disk space and run the same command again"):
            report = _write(unfinished, people, out=out, settings=settings, catalog=catalog, watch=watch)
            unfinished.rename(out)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return report


def _write(
    folder: Path, people: list[IdentityRow], *, out: Path, settings: Settings, catalog: Catalog, watch: Watch
) -> LabelReport:
    store = open_store(settings)
    total = sum(person.num_tracklets for person in people)
    cameras = {row.camera_id: f"camera_{number:03d}" for number, row in enumerate(catalog.videos.cameras(), start=1)}
    num_tracklets = num_pictures = 0
    in_one_camera = []
    for person in people:
        seen_by = set()
        for row in _tracklets_of(person, catalog=catalog):
            seen_by.add(row.camera_id)
            place = folder / person.identity_id / cameras[row.camera_id] / row.tracklet_id
            place.mkdir(parents=True)
            for name, jpeg in store.read_jpegs(row.path, sha256=row.sha256).items():
                (place / name).write_bytes(jpeg)
                num_pictures += 1
            num_tracklets += 1
            watch.progress(num_tracklets, max(total, num_tracklets), "tracklets")
            watch.check_cancelled()
        if len(seen_by) == 1:
            in_one_camera.append(person.name)
    names = {
        "identities": {person.identity_id: person.name for person in people},
        "cameras": {folder_name: camera_id for camera_id, folder_name in cameras.items()},
    }
    write_atomically(folder / NAMES_FILE, json.dumps(names, indent=2, ensure_ascii=False).encode())
    return LabelReport(
        path=str(out),
        num_identities=len(people),
        num_tracklets=num_tracklets,
        num_pictures=num_pictures,
        in_one_camera=tuple(in_one_camera),
    )


def _people(catalog: Catalog) -> list[IdentityRow]:
    """Everybody with a name and a tracklet."""
    people: list[IdentityRow] = []
    while page := catalog.identities.list(limit=_PAGE, after_name=people[-1].name if people else None):
        people += page
    people = [person for person in people if person.num_tracklets]
    if not people:
        raise InputError("nobody has a name yet: `reid identities name TRACKLET NAME` says who a tracklet shows")
    return people


def _tracklets_of(person: IdentityRow, *, catalog: Catalog) -> Iterator[TrackletRow]:
    cursor = None
    while page := catalog.tracklets.list(limit=_PAGE, after_cursor=cursor, identity_id=person.identity_id):
        yield from page
        cursor = page[-1].cursor
