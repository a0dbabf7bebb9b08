"""What a trained network is, as plain data: this module imports nothing that computes."""

from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from reid_app.model.config import Preprocess

TrainedPooling = Literal["mean", "max", "gem", "attention", "quality", "class_probability"]

OsnetName = Literal[
    "osnet_x0_25",
    "osnet_x0_5",
    "osnet_x0_75",
    "osnet_x1_0",
    "osnet_ibn_x0_25",
    "osnet_ibn_x0_5",
    "osnet_ibn_x0_75",
    "osnet_ibn_x1_0",
    "osnet_ain_x0_25",
    "osnet_ain_x0_5",
    "osnet_ain_x0_75",
    "osnet_ain_x1_0",
]
SlimResnetName = Literal["slim_resnet", "slim_resnet_guided"]
TorchvisionName = Literal["resnet50", "googlenet", "mobilenet_v3_small", "mobilenet_v3_large"]

SLIM: SlimResnetName = "slim_resnet"
GUIDED: SlimResnetName = "slim_resnet_guided"
"""The backbone with a part that is trained before it and stays as it is."""
GUIDE_GREY = 114.0
"""What the preprocess subtracts for it: zeros are then the grey that YOLOX was trained to see around its pictures."""
_GUIDE_INPUT: dict[str, object] = {"channel_order": "bgr", "scale": 1.0, "mean": (GUIDE_GREY,) * 3, "std": (1.0,) * 3}
TIMM_PREFIX = "timm:"
BACKBONES: tuple[str, ...] = (
    *get_args(TorchvisionName),
    *get_args(OsnetName),
    *get_args(SlimResnetName),
)
"""Every backbone by name; beside them `timm:NAME`."""


class EmbedderConfig(BaseModel):
    """Architecture of a `TrackletEmbedder`: frame backbone, temporal pooling, neck."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    backbone: str = Field(
        description="resnet50, googlenet, mobilenet_v3_small, mobilenet_v3_large, osnet[_ibn|_ain]_x0_25 to x1_0, "
        "slim_resnet[_guided], or `timm:NAME`.",
    )
    last_stride: Literal[1, 2] = Field(
        default=2, description="resnet50: stride of its last stage; 1 keeps four times as many places."
    )
    level: Literal["final", "middle"] = Field(
        default="final", description="googlenet: where features are taken; middle is the head that the paper trained."
    )
    dimension: int | None = Field(
        default=None, ge=1, le=65536, description="Width of a linear projection of frame features; null for none."
    )
    pooling: TrainedPooling = Field(default="mean", description="How the frames of a clip become one vector.")
    neck: Literal["bn", "none"] = Field(default="bn", description="Batch normalisation of the pooled vector, or none.")
    preprocess: Preprocess = Field(description="How a crop becomes the network's input.")
    initial_weights: Path | None = Field(
        default=None,
        description="safetensors file in the backbone's public layout to start from; null for nothing. "
        "slim_resnet_guided: or its guide alone; null for the guide that comes with the product.",
    )

    @field_validator("backbone")
    @classmethod
    def _check_backbone(cls, name: str) -> str:
        if name in BACKBONES or (name.startswith(TIMM_PREFIX) and name != TIMM_PREFIX):
            return name
        raise ValueError(f"there is no backbone {name!r}: there are {', '.join(BACKBONES)} and {TIMM_PREFIX}NAME")

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for option, home in (("last_stride", "resnet50"), ("level", "googlenet")):
            value = getattr(self, option)
            if value != type(self).model_fields[option].default and self.backbone != home:
                raise ValueError(f"{option} {value} is an option of {home} only, the backbone is {self.backbone}")
        return self

    @model_validator(mode="after")
    def _check_guide(self) -> Self:
        if self.backbone != GUIDED:
            return self
        for key, wanted in _GUIDE_INPUT.items():
            given = getattr(self.preprocess, key)
            if given != wanted:
                raise ValueError(f"{GUIDED} needs preprocess {key} {wanted}, as its guide was trained, got {given}")
        size = self.preprocess.height, self.preprocess.width
        if any(side % 16 for side in size):
            raise ValueError(
                f"{GUIDED} halves pictures four times: height and width must be multiples of 16, got {size}"
            )
        return self
