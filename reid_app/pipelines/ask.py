"""One question from the command line: open everything, embed the probe, search, and show the answer."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from reid_app.catalog.rows import TrackletRow
from reid_app.evaluation.report.query_report import QueryReport, ReportEntry, Sighting, write_query_report
from reid_app.pipelines.parts import (
    describe_detector,
    describe_encoder,
    open_catalog,
    open_encoder,
    open_gallery,
    open_store,
)
from reid_app.pipelines.probe import tracklet_of_crops, tracklets_of_video
from reid_app.pipelines.query import Probe, SearchAnswer, SearchRequest, probe_of_tracklet, search
from reid_app.settings import Settings
from reid_app.tracklets.store import CropStore, decode_picture
from reid_app.tracklets.types import Tracklet
from reid_app.tracklets.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A probe and its answer."""

    probe: Tracklet
    row: TrackletRow | None
    """The probe's row, when it is a tracklet of the gallery."""
    answer: SearchAnswer

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        answer = asdict(self.answer)
        for shown, result in zip(answer["results"], self.answer.results, strict=True):
            shown["tracklets"] = [
                {"similarity": ranked.similarity} | _when_and_where(ranked.tracklet) for ranked in result.tracklets
            ]
        return {"probe": _when_and_where(self.row or self.probe), **answer}


def _when_and_where(seen: TrackletRow | Tracklet) -> dict[str, Any]:
    start_at = seen.start_at if isinstance(seen, TrackletRow) else None
    return {
        "tracklet_id": seen.tracklet_id,
        "camera_id": seen.camera_id,
        "start_s": seen.start_s,
        "end_s": seen.end_s,
        "start_at": start_at.isoformat() if start_at else None,
    }


class Asker:
    """Everything that a search needs, opened once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        self._catalog = self._closing.enter_context(open_catalog(self._settings))
        self._encoder = open_encoder(self._settings)
        self._gallery = open_gallery(self._settings, catalog=self._catalog, encoder=self._encoder)
        self._store = open_store(self._settings)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def ask_tracklet(self, tracklet_id: str, *, request: SearchRequest) -> Asked:
        """Search for a tracklet of the gallery.

        Raises:
            NotFoundError: There is no such tracklet, or it is not indexed yet.
        """
        row = self._catalog.tracklets.get(tracklet_id)
        probe = probe_of_tracklet(tracklet_id, catalog=self._catalog, model_id=self._encoder.model_id)
        return Asked(probe=self._store.read(row.path), row=row, answer=self._search(probe, request))

    def ask_video(self, path: Path, *, request: SearchRequest, watch: Watch) -> list[Asked]:
        """Search for everybody in a video.

        Raises:
            VideoError: It cannot be decoded.
            InputError: Nobody is in it.
        """
        people = tracklets_of_video(path, name=path.stem, settings=self._settings, watch=watch)
        return [self._ask(person, request=request) for person in people]

    def ask_pictures(self, paths: Sequence[Path], *, request: SearchRequest) -> Asked:
        """Search for the one person that these pictures show.

        Raises:
            DamagedError: A file is no picture.
        """
        images = [decode_picture(path.read_bytes(), name=path.name) for path in paths]
        return self._ask(tracklet_of_crops(images, name=paths[0].stem), request=request)

    def _ask(self, person: Tracklet, *, request: SearchRequest) -> Asked:
        embedding_D = self._encoder.encode([person])[0]
        probe = Probe(embedding_D=embedding_D, model_id=self._encoder.model_id)
        return Asked(probe=person, row=None, answer=self._search(probe, request))

    def _search(self, probe: Probe, request: SearchRequest) -> SearchAnswer:
        return search(probe, request=request, gallery=self._gallery, catalog=self._catalog)


def write_report(path: Path, asked: Asked, *, settings: Settings) -> None:
    """Write the answer with film strips to one HTML file.

    Raises:
        DamagedError: The file of a tracklet is missing or damaged.
        StorageFullError: The disk is full.
    """
    store = open_store(settings)
    detector, encoder = describe_detector(settings), describe_encoder(settings)
    answer = asked.answer
    report = QueryReport(
        title="Who is this, and where else was this person?",
        probe=_sighting(asked.probe, row=asked.row, name=None),
        entries=tuple(
            ReportEntry(
                rank=result.rank,
                similarity=result.similarity,
                sighting=_stored_sighting(result.tracklets[0].tracklet, name=result.name, store=store),
            )
            for result in answer.results
        ),
        decision=answer.decision,
        detector=detector.name,
        encoder=encoder.name,
        model_id=answer.model_id,
        gallery_size=answer.gallery_size,
        gallery_version=str(answer.gallery_version),
        made_at=datetime.now(UTC),
        notes=tuple(note for note in (detector.better, encoder.better) if note),
    )
    write_query_report(path, report)


def _stored_sighting(row: TrackletRow, *, name: str | None, store: CropStore) -> Sighting:
    return _sighting(store.read(row.path, sha256=row.sha256), row=row, name=name)


def _sighting(tracklet: Tracklet, *, row: TrackletRow | None, name: str | None) -> Sighting:
    return Sighting(
        tracklet_id=tracklet.tracklet_id,
        identity_name=name,
        camera_id=tracklet.camera_id,
        start_s=tracklet.start_s,
        end_s=tracklet.end_s,
        starts_at=row.start_at if row else None,
        crops=tuple(crop.image for crop in tracklet.crops),
    )
