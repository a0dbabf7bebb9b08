"""What shapes an embedding, as plain data: this module imports nothing that computes."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Pooling = Literal["mean", "max", "gem", "attention", "quality"]
Clips = Literal["even", "dense"]

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class Preprocess(BaseModel):
    """How a crop becomes a network's input: resized to ``height x width``, then ``(value * scale - mean) / std``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    height: int = Field(ge=8, le=2048, description="Height of the input in pixels.")
    width: int = Field(ge=8, le=2048, description="Width of the input in pixels.")
    channel_order: Literal["rgb", "bgr"] = Field(description="Order of the channels that the network was trained on.")
    scale: Positive = Field(description="Factor on values in [0, 255]; 1/255 for a network of values in [0, 1].")
    mean: tuple[Finite, Finite, Finite] = Field(description="Taken away after scaling, in channel order.")
    std: tuple[Positive, Positive, Positive] = Field(description="Divided by after the mean, in channel order.")


class EncoderConfig(BaseModel):
    """Which encoder turns tracklets into embeddings, and how it pools over time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(
        default="osm_caa_synthetic",
        min_length=1,
        description="`osm_caa_synthetic` (comes with the product), `colour` (needs no file), the name of another known "
        "model, or the path of an ONNX file or of a checkpoint (.safetensors, needs torch).",
    )
    pooling: Pooling | None = Field(
        default=None,
        description="Over the frames of a clip: mean, max, quality (mean weighted by it); gem and attention where the "
        "model has learned them; null is the model's own.",
    )
    num_frames: int | None = Field(
        default=8, ge=1, description="Crops taken evenly from each tracklet; null takes all that are stored."
    )
    clips: Clips = Field(
        default="even",
        description="`even`: one clip of num_frames crops; `dense`: all crops, in clips of num_frames or fewer one "
        "after the other, each pooled, then their mean.",
    )
    flip: bool = Field(default=False, description="Each crop's mirror image counts as one more crop. Twice the work.")
    batch_size: int = Field(
        default=16, ge=1, le=1024, description="Crops in one run of the network. Changes speed and memory only."
    )
    threads: int = Field(default=2, ge=1, le=256, description="Threads of the network. Changes speed only.")

    @model_validator(mode="after")
    def _check_clips(self) -> Self:
        if self.clips == "dense" and self.num_frames is None:
            raise ValueError("dense clips need num_frames, the length of a clip; null has no length")
        return self

    @property
    def num_crops(self) -> int | None:
        """Crops of a tracklet that are looked at, taken evenly; None is all of them."""
        return None if self.clips == "dense" else self.num_frames
