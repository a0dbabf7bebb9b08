"""Counts of one part of a data set: as found on disk, or as its literature says."""

from collections.abc import Sequence
from dataclasses import dataclass

from reid_app.data.types import LabelledTracklet
from reid_app.evaluation.labels import DISTRACTOR_PID, JUNK_PID


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of a part; None is a figure that the literature does not give."""

    identities: int | None = None
    """People or classes: neither distractors nor junk."""
    tracklets: int | None = None
    """All of them, distractors and junk too; in a data set of single pictures the pictures."""
    cameras: int | None = None
    pictures: int | None = None
    distractors: int | None = None
    """Tracklets with `DISTRACTOR_PID`."""
    junk: int | None = None
    """Tracklets with `JUNK_PID`."""


def figures_of(tracklets: Sequence[LabelledTracklet]) -> Figures:
    """Count a part of a data set."""
    return Figures(
        identities=len({tracklet.pid for tracklet in tracklets if tracklet.is_person}),
        tracklets=len(tracklets),
        cameras=len({tracklet.camid for tracklet in tracklets}),
        pictures=sum(len(tracklet.frame_paths) for tracklet in tracklets),
        distractors=sum(tracklet.pid == DISTRACTOR_PID for tracklet in tracklets),
        junk=sum(tracklet.pid == JUNK_PID for tracklet in tracklets),
    )
