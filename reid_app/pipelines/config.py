"""Settings of the pipelines themselves; what belongs to one part lies beside that part."""

from pydantic import BaseModel, ConfigDict, Field


class IngestConfig(BaseModel):
    """How a video becomes tracklets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stride: int | None = Field(
        None, ge=1, description="Look at every n-th frame; null chooses about five frames a second from the file's rate"
    )
    segment_s: float = Field(
        600.0,
        ge=10.0,
        description="All tracks are closed after this many seconds of video, so that work can go on there",
    )
    jpeg_quality: int = Field(92, ge=50, le=100, description="JPEG quality of the stored crops")


class IndexConfig(BaseModel):
    """How tracklets become rows of the gallery."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_tracklets: int = Field(32, ge=1, le=4096, description="Tracklets encoded and committed at a time")
    follow_s: float = Field(1.0, gt=0.0, le=60.0, description="How often the index service looks for new tracklets")
    self_search_all: int = Field(
        10_000, ge=0, description="Up to this many rows every row is searched for itself; above, as many are sampled"
    )


class QueryConfig(BaseModel):
    """How probes are answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    probe_lifetime_s: float = Field(3600.0, gt=0.0, description="Uploaded probes are deleted after this time")
