"""Who the sample's people really are, and how often the search finds them in another camera."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reid_app.catalog.rows import TrackletRow
from reid_app.pipelines.ask import Asker
from reid_app.pipelines.parts import open_catalog, open_store
from reid_app.pipelines.query import SearchRequest
from reid_app.settings import Settings
from reid_app.tracking.boxes import area, intersection_areas
from reid_app.tracking.mot_file import MotTracks, read_mot_file
from reid_app.tracklets.types import Box, Crop

LEAST_OVERLAP = 0.4
"""Intersection over union from which on a crop shows a true person."""
NOBODY = -1


def score(settings: Settings, *, truths: Mapping[str, Path]) -> str:
    """Search for everybody in the cameras where they were not seen yet, and say how often the first answer is right.

    Args:
        settings: Of data that were ingested and indexed.
        truths: MOTChallenge ground truth of each camera's video.
    """
    tracks = {camera: read_mot_file(path) for camera, path in truths.items()}
    people = _people(settings, tracks=tracks)
    cameras_of = {person: {row.camera_id for row, one in people.items() if one == person} for person in people.values()}
    asked = [row for row, person in people.items() if person != NOBODY and len(cameras_of[person]) > 1]
    right = 0
    with Asker(settings) as asker:
        for row in asked:
            answer = asker.ask_tracklet(row.tracklet_id, request=SearchRequest(exclude_same_camera=True)).answer
            right += people[answer.results[0].tracklets[0].tracklet] == people[row]
    true = {tracked.track_id for one in tracks.values() for frame in one.by_frame.values() for tracked in frame}
    return (
        f"{len(cameras_of.keys() - {NOBODY})} of {len(true)} people were found, in {len(people)} tracklets; "
        f"searched for in the other camera, {right} of {len(asked)} have themselves in the first place"
    )


def _people(settings: Settings, *, tracks: Mapping[str, MotTracks]) -> dict[TrackletRow, int]:
    """Which true person each tracklet shows; of nobody, NOBODY."""
    store = open_store(settings)
    people = {}
    with open_catalog(settings) as catalog:
        for row in catalog.tracklets.list(limit=1000):
            crops = store.read(row.path, sha256=row.sha256).crops
            shown = Counter(_shown(crop, tracks=tracks[row.camera_id]) for crop in crops)
            people[row] = shown.most_common(1)[0][0]
    return people


def _shown(crop: Crop, *, tracks: MotTracks) -> int:
    """The true person whom a crop overlaps most, if it does so enough."""
    overlaps = {
        tracked.track_id: _overlap(crop.box_xyxy, tracked.detection.box_xyxy)
        for tracked in tracks.by_frame.get(crop.frame_index, ())
    }
    best = max(overlaps, key=overlaps.__getitem__, default=NOBODY)
    return best if overlaps.get(best, 0.0) >= LEAST_OVERLAP else NOBODY


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    both = float(intersection_areas(one, np.array([other]))[0])
    return both / (area(one) + area(other) - both)
