"""What the ingest worker does with a job."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from reid_app.catalog.catalog import Catalog
from reid_app.errors import InputError
from reid_app.pipelines.ingest import find_report, ingest_video
from reid_app.settings import Settings
from reid_app.tracklets.watch import Watch
from services.http.uploads import renamed

QUEUE = "ingest"
KIND = "ingest"


class IngestOrder(BaseModel):
    """The arguments of an ingest job; paths are the service's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    sha256: str
    name: str
    camera_id: str
    start_at: datetime | None
    tracks_path: Path | None
    detector: Literal["auto", "yolox", "motion"] | None


def ingest(arguments: dict[str, Any], *, settings: Settings, catalog: Catalog, watch: Watch) -> dict[str, Any]:
    """Ingest an uploaded video and remove the upload; running it again after a crash goes on where it was."""
    order = IngestOrder.model_validate(arguments)
    if order.detector is not None:
        detection = settings.detection.model_copy(update={"kind": order.detector})
        settings = settings.model_copy(update={"detection": detection})
    if not order.path.exists():
        # The worker was killed after it had removed the upload and before it could say that the job is done.
        found = find_report(sha256=order.sha256, camera_id=order.camera_id, start_at=order.start_at, catalog=catalog)
        if found is None:
            raise InputError(f"the upload {order.name} is not here any more: upload it again")
        return asdict(found)
    try:
        report = ingest_video(
            order.path,
            camera_id=order.camera_id,
            settings=settings,
            catalog=catalog,
            start_at=order.start_at,
            name=order.name,
            tracks_path=order.tracks_path,
            watch=watch,
        )
    except InputError as error:
        # Trying again would not help; after any other error it may, so then the upload stays for a while.
        _remove(order)
        raise renamed(error, stored=order.path, shown=order.name) from error
    _remove(order)
    return asdict(report)


def _remove(order: IngestOrder) -> None:
    for file in (order.path, order.tracks_path):
        if file is not None:
            file.unlink(missing_ok=True)
