"""What is handed in to be searched for: a video or pictures -> tracklets that never enter the gallery."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import NewProbeTracklet
from reid_app.errors import InputError, LimitError
from reid_app.pipelines.extract import ResumePoint, extract_tracklets
from reid_app.pipelines.parts import open_detector, open_track_source
from reid_app.settings import Settings
from reid_app.tracking.builder import TrackletBuilder
from reid_app.tracking.quality import crop_quality
from reid_app.tracking.stride import automatic_stride
from reid_app.tracklets.parts import Encoder
from reid_app.tracklets.store import CropStore
from reid_app.tracklets.types import Box, Crop, Image, Tracklet
from reid_app.tracklets.watch import Watch
from reid_app.video.reader import inspect_video, open_video

PROBE_CAMERA = "probe"
MAX_PEOPLE = 200


def tracklets_of_video(path: Path, *, name: str, settings: Settings, watch: Watch) -> list[Tracklet]:
    """Everybody in a probe video, in the order in which they leave.

    Args:
        path: The video.
        name: Begins the tracklets' ids; unique to this probe.
        settings: All settings.
        watch: Sees the progress in frames, may cancel.

    Raises:
        VideoError: The video cannot be decoded.
        InputError: Nobody is in it.
        LimitError: More than 200 people are in it.
        CancelledError: ``watch`` asked for it.
    """
    info = inspect_video(path, config=settings.video)
    stride = settings.ingest.stride or automatic_stride(info.fps)
    source = open_track_source(settings, fps=info.fps, stride=stride)
    builder = TrackletBuilder(settings.builder, camera_id=PROBE_CAMERA, tracklet_id=lambda n: f"{name}-{n}")
    found: list[Tracklet] = []
    with open_video(path, config=settings.video, stride=stride) as stream:
        steps = extract_tracklets(
            stream,
            source=source,
            builder=builder,
            segment_s=settings.ingest.segment_s,
            start=ResumePoint(),
            threads=settings.detection.threads,
        )
        for step in steps:
            found += step.tracklets
            if len(found) > MAX_PEOPLE:
                raise LimitError(f"the probe video shows more than {MAX_PEOPLE} people: cut it, or ingest it instead")
            watch.progress(step.frame_index + 1, info.num_frames, "frames")
            watch.check_cancelled()
    if not found:
        reasons = ", ".join(f"{count} {reason}" for reason, count in builder.dropped.items())
        raise InputError(f"nobody was found in the probe video{f' (dropped: {reasons})' if reasons else ''}")
    return found


def tracklet_of_crops(images: Sequence[Image], *, name: str) -> Tracklet:
    """One person's pictures as a tracklet; each picture shows that person and little else.

    Args:
        images: RGB uint8 ``(H, W, 3)``, at least one.
        name: The tracklet's id.
    """
    whole = [(image, (0.0, 0.0, float(image.shape[1]), float(image.shape[0]))) for image in images]
    return _tracklet([_crop(image, box, position=n, others=[]) for n, (image, box) in enumerate(whole)], name=name)


def tracklets_of_scene(image: Image, *, name: str, settings: Settings) -> list[Tracklet]:
    """Everybody in one picture of a scene, each as a tracklet of one crop.

    Raises:
        InputError: The detector cannot work on single pictures, or found nobody.
    """
    detector = open_detector(settings, threads=settings.detection.threads)
    if detector.is_stateful:
        raise InputError(
            "finding people in a single picture needs the yolox detector, and its model file is not here: "
            "run `reid models pull yolox_nano`, or hand in a picture that is cut to one person, as a crop"
        )
    boxes = [
        found.box_xyxy for found in detector.detect(image) if found.confidence >= settings.association.high_confidence
    ]
    if not boxes:
        raise InputError("nobody was found in the picture: hand in a picture that is cut to one person, as a crop")
    crops = [
        _crop(image, box, position=0, others=boxes[:n] + boxes[n + 1 :]) for n, box in enumerate(boxes[:MAX_PEOPLE])
    ]
    return [_tracklet([crop], name=f"{name}-{n}") for n, crop in enumerate(crops)]


def _crop(image: Image, box: Box, *, position: int, others: list[Box]) -> Crop:
    height, width = image.shape[:2]
    x1, y1 = max(0, int(box[0])), max(0, int(box[1]))
    x2, y2 = min(width, max(x1 + 1, round(box[2]))), min(height, max(y1 + 1, round(box[3])))
    return Crop(
        image=np.ascontiguousarray(image[y1:y2, x1:x2]),
        frame_index=position,
        pts_s=float(position),
        box_xyxy=box,
        quality=crop_quality(image, box=box, others=others),
    )


def _tracklet(crops: list[Crop], *, name: str) -> Tracklet:
    return Tracklet(
        tracklet_id=name,
        camera_id=PROBE_CAMERA,
        frame_indices=np.array([crop.frame_index for crop in crops], np.int64),
        pts_s=np.array([crop.pts_s for crop in crops]),
        boxes_xyxy=np.array([crop.box_xyxy for crop in crops], np.float32),
        crops=tuple(crops),
    )


def store_probe(
    probe_id: str,
    tracklets: Sequence[Tracklet],
    *,
    encoder: Encoder,
    settings: Settings,
    catalog: Catalog,
    store: CropStore,
) -> None:
    """Keep a probe's tracklets and embeddings for a while, apart from the gallery; doing it again is harmless."""
    expires_at = datetime.now(UTC) + timedelta(seconds=settings.query.probe_lifetime_s)
    embeddings_BD = encoder.encode(tracklets)
    rows = []
    for ordinal, (tracklet, embedding_D) in enumerate(zip(tracklets, embeddings_BD, strict=True)):
        stored = store.write(tracklet, folder=f"probes/{probe_id}")
        rows.append(
            NewProbeTracklet(
                tracklet_id=tracklet.tracklet_id,
                ordinal=ordinal,
                start_s=tracklet.start_s,
                end_s=tracklet.end_s,
                num_crops=len(tracklet.crops),
                quality=tracklet.quality,
                path=stored.path,
                sha256=stored.sha256,
                model_id=encoder.model_id,
                embedding_D=embedding_D,
            )
        )
    catalog.probes.add(probe_id, tracklets=rows, expires_at=expires_at)


def delete_expired_probes(*, catalog: Catalog, store: CropStore) -> int:
    """Delete what has expired; returns how many tracklets went."""
    paths = catalog.probes.delete_expired(datetime.now(UTC))
    for path in paths:
        store.delete(path)
    return len(paths)
