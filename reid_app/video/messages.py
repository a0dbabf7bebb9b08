"""What the two processes tell each other: one JSON object a line, checked on arrival.

The parent trusts nothing that it reads: a process that decodes a stranger's file may have become the stranger's.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from reid_app.video.config import VideoConfig
from reid_app.video.info import VideoInfo

MAX_LINE_BYTES = 1 << 16
MAX_PROBLEMS = 20


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class OpenRequest(_Message):
    """Parent to child, first: open the file and say what it is."""

    config: VideoConfig
    with_frames: bool
    stride: int = Field(ge=1)
    first_frame: int = Field(ge=0)


class RingReady(_Message):
    """Parent to child, once: the shared memory has this many slots."""

    num_slots: int = Field(ge=1)


class Opened(_Message):
    """Child to parent: what the file is."""

    kind: Literal["opened"] = "opened"
    info: VideoInfo


class FrameReady(_Message):
    """Child to parent: the next slot of the ring holds this frame."""

    kind: Literal["frame"] = "frame"
    index: int = Field(ge=0)
    pts_s: float


class Progress(_Message):
    """Child to parent: still at work, though no frame has come."""

    kind: Literal["progress"] = "progress"


class Ended(_Message):
    """Child to parent: there are no more frames."""

    kind: Literal["ended"] = "ended"
    problems: tuple[str, ...]
    missing_frames: int = Field(ge=0)


class Failed(_Message):
    """Child to parent: the file cannot be used."""

    kind: Literal["failed"] = "failed"
    is_limit: bool
    reason: str


FromChild = Opened | FrameReady | Progress | Ended | Failed

_FROM_CHILD: TypeAdapter[FromChild] = TypeAdapter(Annotated[FromChild, Field(discriminator="kind")])


def parse_from_child(line: bytes) -> FromChild:
    """Message of a line that the child sent.

    Raises:
        ValueError: It is not one of the messages.
    """
    return _FROM_CHILD.validate_json(line)


def limit_problems(problems: list[str]) -> tuple[str, ...]:
    """The first problems and the number of the others, each short enough for one message."""
    kept = tuple(problem[:500] for problem in problems[:MAX_PROBLEMS])
    more = len(problems) - len(kept)
    return (*kept, f"and {more} more problems of this kind") if more > 0 else kept
