"""What the probe worker does with a job."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from reid_app.catalog.catalog import Catalog
from reid_app.errors import DamagedError, InputError
from reid_app.pipelines.probe import store_probe, tracklet_of_crops, tracklets_of_scene, tracklets_of_video
from reid_app.settings import Settings
from reid_app.tracklets.parts import Encoder
from reid_app.tracklets.store import CropStore, decode_picture
from reid_app.tracklets.types import Image, Tracklet
from reid_app.tracklets.watch import Watch
from services.http.uploads import renamed

QUEUE = "probes"
KIND = "probe"


class ProbeOrder(BaseModel):
    """The arguments of a probe job; paths are the service's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["video", "picture", "crops"]
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    """What the client calls the files, for errors."""


def make_probe(
    arguments: dict[str, Any],
    *,
    job_id: str,
    settings: Settings,
    catalog: Catalog,
    store: CropStore,
    encoder: Encoder,
    watch: Watch,
) -> dict[str, Any]:
    """Turn uploaded files into tracklets that can be searched for, and remove the files.

    Running it again after a crash finds the probe, or makes it anew.
    """
    order = ProbeOrder.model_validate(arguments)
    name = f"p{job_id.replace('-', '')[:20]}"
    stored = catalog.probes.list(name) if not all(path.exists() for path in order.paths) else []
    if not stored:
        try:
            tracklets = _tracklets(order, name=name, settings=settings, watch=watch)
        except InputError as error:
            _remove(order.paths)
            raise renamed(error, stored=order.paths[0], shown=order.names[0]) from error
        store_probe(name, tracklets, encoder=encoder, settings=settings, catalog=catalog, store=store)
        stored = catalog.probes.list(name)
    _remove(order.paths)
    return {
        "probe_id": name,
        "tracklet_ids": [row.tracklet_id for row in stored],
        "expires_at": stored[0].expires_at.isoformat(),
    }


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _tracklets(order: ProbeOrder, *, name: str, settings: Settings, watch: Watch) -> Sequence[Tracklet]:
    if order.kind == "video":
        return tracklets_of_video(order.paths[0], name=name, settings=settings, watch=watch)
    images = [_picture(path, name=shown) for path, shown in zip(order.paths, order.names, strict=True)]
    if order.kind == "crops":
        return [tracklet_of_crops(images, name=f"{name}-0")]
    return tracklets_of_scene(images[0], name=name, settings=settings)


def _picture(path: Path, *, name: str) -> Image:
    try:
        return decode_picture(path.read_bytes(), name=name)
    except (DamagedError, FileNotFoundError) as error:
        raise InputError(f"{name} is not a readable picture: send JPEG or PNG") from error
