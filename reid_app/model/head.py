"""What comes after a network's frame features, as plain data: this module imports nothing that computes."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from reid_app.errors import SettingsError
from reid_app.model.config import EncoderConfig, Finite, Pooling, Positive


class Neck(BaseModel):
    """A batch normalisation that follows the pooling: each feature times its scale, plus its offset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scale: tuple[Finite, ...] = Field(min_length=1, description="One factor a feature.")
    offset: tuple[Finite, ...] = Field(min_length=1, description="One summand a feature.")

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        if len(self.scale) != len(self.offset):
            raise ValueError(f"a neck needs as many scales as offsets, got {len(self.scale)} and {len(self.offset)}")
        return self


class Head(BaseModel):
    """How the frame features of a network become an embedding. The default suits a public frame-level network."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    poolings: tuple[Pooling, ...] = Field(
        default=("mean", "max", "quality"),
        min_length=1,
        description="Poolings that make sense for the network; the first is its own, used unless another is asked for.",
    )
    normalise_frames: bool = Field(
        default=True, description="Frame features are scaled to length one before they are pooled."
    )
    gem_exponent: Positive | None = Field(default=None, description="Of the generalised mean, as it was learned.")
    attention: tuple[Finite, ...] | None = Field(
        default=None, description="Learned attention: a frame's logit is the inner product of its features with this."
    )
    neck: Neck | None = Field(default=None, description="Null where there is none, or where the network has it.")

    @model_validator(mode="after")
    def _check_learned(self) -> Self:
        for pooling, key in (("gem", "gem_exponent"), ("attention", "attention")):
            if (pooling in self.poolings) != (getattr(self, key) is not None):
                raise ValueError(f"the pooling {pooling} and the key {key} come together or not at all")
        return self

    def pooling(self, config: EncoderConfig) -> Pooling:
        """The pooling that is asked for, or the network's own.

        Raises:
            SettingsError: The network does not have the pooling that is asked for.
        """
        if config.pooling is None:
            return self.poolings[0]
        if config.pooling not in self.poolings:
            raise SettingsError(
                f"encoder.pooling is {config.pooling}, model {config.model} has {', '.join(self.poolings)}: "
                f"set it to one of these, or to null for the model's own ({self.poolings[0]})"
            )
        return config.pooling
