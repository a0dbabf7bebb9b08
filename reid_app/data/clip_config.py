"""What shapes a training batch, as plain data: this module imports nothing that computes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TrackletDraw = Literal["distinct", "independent"]
FrameDraw = Literal["random", "consecutive", "spread"]

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Jitter = Annotated[float, Field(ge=0.0, lt=1.0)]


class BatchConfig(BaseModel):
    """What a training batch holds: identities x tracklets x frames."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    num_identities: int = Field(ge=1, description="P: identities in a batch.")
    num_tracklets: int = Field(ge=1, description="K: tracklets of each identity.")
    num_frames: int = Field(ge=1, description="T: frames of each tracklet.")
    tracklets: TrackletDraw = Field(
        default="distinct",
        description="`distinct` repeats a tracklet only where an identity has fewer than K; `independent` draws each "
        "from all of the identity's, so the same one may come twice (the paper's code).",
    )
    frames: FrameDraw = Field(
        default="spread",
        description="`random` frames without order (the paper's code), a `consecutive` run, or `spread`: one random "
        "frame from each of T equal parts.",
    )
    count_repeats: bool = Field(
        default=False,
        description="Whether the repeated frames that fill up a tracklet shorter than T count like the others (the "
        "paper's code) or are masked.",
    )


class AugmentationConfig(BaseModel):
    """How pictures are varied in training, all frames of a clip alike. By default they are not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flip: Probability = Field(default=0.0, description="Probability that a clip is mirrored.")
    shift_px: int = Field(
        default=0,
        ge=0,
        description="A clip is moved by up to so many pixels of the network's input along each axis; what is uncovered "
        "takes the preprocess's mean colour.",
    )
    brightness: Jitter = Field(default=0.0, description="Brightness is multiplied by a factor in 1 - x to 1 + x.")
    contrast: Jitter = Field(default=0.0, description="The same for the contrast about the clip's mean grey.")
    saturation: Jitter = Field(default=0.0, description="The same for the distance of colours from their grey.")
    balance: Jitter = Field(default=0.0, description="Red, green and blue are multiplied by one such factor each.")
    erase: Probability = Field(
        default=0.0, description="Probability that a rectangle of 2 to 40 % of the picture takes the mean colour."
    )


class LoaderConfig(BaseModel):
    """Means of feeding the network; they change speed and memory only, never a batch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threads: int = Field(default=1, ge=1, le=64, description="Threads that prepare batches ahead of the network.")
    memory_mib: int = Field(
        default=2048, ge=0, description="Memory for decoded pictures of the network's size; the first that fit stay."
    )
