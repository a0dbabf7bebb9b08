"""Settings of detection, association and building.

Detectors are given about five frames a second (see `stride`).
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class DetectionConfig(BaseModel):
    """How people are found in single frames."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["auto", "yolox", "motion"] = Field(
        default="auto", description="auto takes yolox where its model file is there, otherwise motion"
    )
    model: str = Field(default="yolox_nano", min_length=1, description="name or path of the YOLOX model")
    min_confidence: float = Field(
        default=0.1, gt=0.0, le=1.0, description="yolox: weaker detections are ignored (objectness times class)"
    )
    nms_iou: float = Field(
        default=0.65, gt=0.0, le=1.0, description="yolox: of two boxes that overlap more than this the weaker goes"
    )
    min_height_px: float = Field(default=32.0, ge=1.0, description="lower boxes are ignored, in pixels of the frame")
    threads: int = Field(
        default=2,
        ge=1,
        le=256,
        description="yolox: frames that are looked at at the same time, or threads for a single picture; results "
        "do not depend on it",
    )


class AssociationConfig(BaseModel):
    """How detections of successive frames become tracks (ByteTrack)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    activation_confidence: float = Field(
        default=0.4,
        ge=0.0,
        le=1.0,
        description="a detection that continues no track starts one from this confidence on",
    )
    high_confidence: float = Field(
        default=0.4,
        ge=0.0,
        le=1.0,
        description="weaker detections are matched last, to tracks that are still without one",
    )
    min_iou: float = Field(
        default=0.1, ge=0.0, le=1.0, description="least overlap of a detection with the predicted box of its track"
    )
    max_gap_s: float = Field(
        default=1.5, gt=0.0, le=60.0, description="a track unseen for longer than this has ended, in seconds"
    )


class BuilderConfig(BaseModel):
    """How tracks are cut into tracklets, which are dropped, and which crops are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_duration_s: float = Field(
        default=2.0, ge=0.0, le=600.0, description="shorter tracklets are dropped, first to last observation in seconds"
    )
    min_observations: int = Field(default=5, ge=1, description="tracklets seen in fewer frames are dropped")
    max_gap_s: float = Field(
        default=2.0, gt=0.0, le=60.0, description="a track unseen for longer than this is closed, in seconds"
    )
    max_duration_s: float = Field(default=60.0, gt=0.0, le=600.0, description="longer tracks are cut, in seconds")
    min_height_px: float = Field(
        default=48.0, ge=1.0, description="tracklets with a lower median box are dropped, in pixels of the frame"
    )
    crops_per_tracklet: int = Field(default=32, ge=1, le=512, description="pictures kept of a tracklet at most")
    max_long_side_px: int = Field(default=384, ge=16, le=4096, description="larger crops are shrunk to this, in pixels")
