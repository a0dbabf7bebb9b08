"""Configuration of decoding: which decoder, and the limits that a file from a stranger may not exceed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_GIB = 1024**3


class VideoConfig(BaseModel):
    """How videos are opened and decoded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decoder: Literal["auto", "decord", "pyav"] = Field(
        default="auto",
        description="auto takes PyAV, which proves the number of every frame and is the faster one with a stride, and "
        "decord where PyAV is not installed. decord takes decord for every file whose frames it provably numbers "
        "right, and PyAV for the others.",
    )
    threads: int = Field(default=2, ge=1, le=64, description="Threads of the decoder, whatever the machine has.")
    max_file_bytes: int = Field(default=64 * _GIB, ge=1, description="Largest file that is opened.")
    max_pixels: int = Field(default=4096 * 4096, ge=1, description="Largest frame, width times height.")
    max_frames: int = Field(default=5_000_000, ge=1, description="Most frames in one file.")
    max_duration_s: float = Field(default=86_400.0, gt=0, description="Longest video, in seconds of its own time.")
    max_streams: int = Field(default=16, ge=1, description="Most streams (pictures, sound, subtitles) in one file.")
    memory_bytes: int = Field(
        default=3 * _GIB, ge=_GIB // 2, description="Address space of the process that decodes one video."
    )
    cpu_s: float = Field(default=120.0, gt=0, description="Processor time for opening and indexing one file.")
    cpu_s_per_frame: float = Field(
        default=1.0, gt=0, description="Processor time added for each frame of the file, so that long videos are fine."
    )
    stall_s: float = Field(default=60.0, gt=0, description="Wall clock without any progress after which we give up.")
    max_open_files: int = Field(default=32, ge=16, description="Files that the decoding process may hold open.")
