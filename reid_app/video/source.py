"""What a decoder gives to the process that runs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from reid_app.tracklets.types import Image
from reid_app.video.info import VideoInfo


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """A frame whose picture is valid until the next one is asked for."""

    index: int
    pts_s: float
    image: Image


class Source(Protocol):
    """An opened video."""

    @property
    def info(self) -> VideoInfo:
        """What it is."""
        ...

    @property
    def problems(self) -> list[str]:
        """What was found wrong so far."""
        ...

    @property
    def num_expected(self) -> int:
        """Frames that ought to be there: those in the file and those that it promises and lacks."""
        ...

    def frames(self, *, first_frame: int, stride: int) -> Iterator[Decoded]:
        """Frames from ``first_frame`` on whose number is a multiple of ``stride``, in order."""
        ...
