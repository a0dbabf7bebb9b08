"""What the ingest API shows."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from reid_app.catalog.rows import CameraRow, VideoRow


class CameraView(BaseModel):
    """Where videos come from."""

    camera_id: str = Field(examples=["yard"])
    created_at: datetime

    @classmethod
    def of(cls, row: CameraRow) -> Self:
        """A catalog row as clients see it."""
        return cls(camera_id=row.camera_id, created_at=row.created_at)


class VideoView(BaseModel):
    """A video that was handed in."""

    video_id: str = Field(examples=["v0123456789abcdef0123"])
    camera_id: str = Field(examples=["yard"])
    name: str = Field(description="The file's name, for people.", examples=["yard.mp4"])
    sha256: str
    start_at: datetime | None = Field(description="When the recording began; null when unknown.")
    width: int
    height: int
    fps: float
    num_frames: int
    duration_s: float
    created_at: datetime

    @classmethod
    def of(cls, row: VideoRow) -> Self:
        """A catalog row as clients see it."""
        return cls(
            video_id=row.video_id,
            camera_id=row.camera_id,
            name=row.name,
            sha256=row.sha256,
            start_at=row.start_at,
            width=row.width,
            height=row.height,
            fps=row.fps,
            num_frames=row.num_frames,
            duration_s=row.duration_s,
            created_at=row.created_at,
        )
