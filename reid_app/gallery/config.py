"""Settings of the gallery."""

from pydantic import BaseModel, ConfigDict, Field


class GalleryConfig(BaseModel):
    """How the gallery searches and how often it is written to disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threads: int = Field(
        default=2, ge=1, le=256, description="Threads that all searches of one process share; FAISS gets no others."
    )
    snapshot_every: int = Field(
        default=10_000, ge=1, description="Changes after which the indexing worker writes a new snapshot."
    )
    keep_snapshots: int = Field(
        default=2, ge=1, le=100, description="Snapshots that stay on disk; the older ones are the fallback for damage."
    )
