"""One value type for every data set: labelled tracklets, and lists that say what each is for."""

from dataclasses import dataclass
from pathlib import Path

from reid_app.evaluation.labels import DISTRACTOR_PID, JUNK_PID
from reid_app.tracklets.types import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledTracklet:
    """One person, one camera, one run of pictures on disk. A data set of single pictures has one picture in each."""

    name: str
    """Unique in its data set; equal names are the same tracklet, so a query finds itself in the gallery by it."""
    pid: int
    """Identity from 1, or `DISTRACTOR_PID` or `JUNK_PID`."""
    camid: int
    """Camera from 0."""
    frame_paths: tuple[Path, ...]
    """At least one picture, in time order. The path of a stored tracklet's crop goes on behind its ``.zip``."""
    box_xyxy: Box | None = None
    """The part of each picture that counts, in pixels; None is the whole picture."""

    def __post_init__(self) -> None:
        if self.pid < JUNK_PID or self.camid < 0 or not self.frame_paths:
            raise ValueError(
                f"tracklet {self.name} needs an identity of at least {JUNK_PID}, a camera of at least 0 and a picture, "
                f"got {self.pid}, {self.camid} and {len(self.frame_paths)} pictures"
            )

    @property
    def is_person(self) -> bool:
        """Whether it has an identity: neither distractor nor junk."""
        return self.pid not in (DISTRACTOR_PID, JUNK_PID)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReidDataset:
    """A data set as one of its protocols divides it; any list may be empty."""

    name: str
    train: tuple[LabelledTracklet, ...]
    query: tuple[LabelledTracklet, ...]
    gallery: tuple[LabelledTracklet, ...]
    """Holds the queries too where the data set's authors search them (MARS); a protocol may take them out."""
