"""A recipe: everything that shapes a training, as plain data. This module imports nothing that computes."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from reid_app.data.clip_config import AugmentationConfig, BatchConfig, LoaderConfig
from reid_app.losses.config import ObjectiveConfig
from reid_app.model.embedder_config import GUIDED, EmbedderConfig
from reid_app.model.places import SHIPPED_GUIDE

Rate = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(_Part):
    """What is learned from: the training part of a data set."""

    dataset: str = Field(description="Name of the data set, such as mars; `folder` is one of your own.")
    split: int = Field(default=0, ge=0, description="Which of its divisions into training and test people.")
    licence: str | None = Field(default=None, description="What may be done with it; goes into the model card.")


class ValidationConfig(_Part):
    """How a training is judged: on identities of its training part that it does not learn from."""

    share: float = Field(gt=0.0, lt=1.0, description="Share of the training identities that is held out.")
    every: int = Field(ge=1, description="Validated every so many units of the length, and at the end.")
    protocol: Literal["cross-camera", "leave-one-out"] = Field(
        description="Who is searched: everybody but the own camera's, or everybody else."
    )
    seed: int = Field(default=0, ge=0, description="Which identities; runs of different seeds stay comparable.")
    num_frames: int | None = Field(
        default=8, ge=1, description="Frames spread over each tracklet; null takes all of them."
    )


class Form(_Part):
    """Whose form of OSM+CAA: sets keys of the objective that are not given."""

    kind: Literal["official", "paper"] = Field(
        description="`official` code: Gaussian attention and weighting, metric losses divided by their number of "
        "pairs. `paper`: softmax attention, all weights 1."
    )
    sigma: Rate = Field(description="Width of soft mining as that source writes it; the code's is sqrt(2) smaller.")

    def objective(self) -> dict[str, Any]:
        """Keys of the objective and their values."""
        if self.kind == "paper":
            return {"osm_sigma": self.sigma, "attention": "softmax"}
        return {
            "osm_sigma": math.sqrt(2.0) * self.sigma,
            "attention": "gaussian",
            "beta_frame": "official",
            "beta_tracklet": "official",
            "identity_weighting": "gaussian",
        }


class SgdConfig(_Part):
    """Stochastic gradient descent with momentum."""

    kind: Literal["sgd"]
    learning_rate: Rate = Field(description="Base rate; the schedule multiplies it.")
    momentum: float = Field(default=0.9, ge=0.0, lt=1.0, description="Share of the last step that goes on.")
    weight_decay: float = Field(default=0.0, ge=0.0, description="L2 penalty, added to the gradient.")


class AdamConfig(_Part):
    """Adam, or AdamW, whose weight decay is not part of the gradient."""

    kind: Literal["adam", "adamw"]
    learning_rate: Rate = Field(description="Base rate; the schedule multiplies it.")
    weight_decay: float = Field(default=0.0, ge=0.0, description="L2 penalty (adam), or decay of the weights (adamw).")


class StepSchedule(_Part):
    """The rate is multiplied by a factor at each milestone."""

    kind: Literal["step"]
    warmup: int = Field(default=0, ge=0, description="Straight rise to the base rate, in units of the length.")
    milestones: tuple[int, ...] = Field(description="From when on the rate is lower, in units of the length.")
    factor: float = Field(gt=0.0, le=1.0, description="By which it is multiplied at each milestone.")

    @field_validator("milestones")
    @classmethod
    def _check_order(cls, milestones: tuple[int, ...]) -> tuple[int, ...]:
        if list(milestones) != sorted(set(milestones)) or any(milestone < 1 for milestone in milestones):
            raise ValueError(f"milestones must be positive and rise, got {list(milestones)}")
        return milestones


class CosineSchedule(_Part):
    """The rate falls along half a cosine."""

    kind: Literal["cosine"]
    warmup: int = Field(default=0, ge=0, description="Straight rise to the base rate, in units of the length.")
    final_share: float = Field(
        default=0.0, ge=0.0, le=1.0, description="Share of the base rate that is left at the end."
    )


class LengthConfig(_Part):
    """How long is trained."""

    unit: Literal["steps", "epochs"] = Field(description="Of the length, the schedule and the validation.")
    count: int = Field(ge=1, description="So many of them.")


class RecordsConfig(_Part):
    """What is written down on the way; changes no weight."""

    log_every: int = Field(default=20, ge=1, description="Steps between two rows of the log.")
    resume_every: int = Field(default=500, ge=1, description="Steps between two resume points.")
    tensorboard: bool = Field(default=False, description="Whether the log is written for TensorBoard too.")


class Recipe(_Part):
    """A named, full configuration of a training."""

    seed: int = Field(default=0, ge=0, description="Of the initial weights, the batches and their variation.")
    threads: int = Field(
        default=2, ge=1, le=256, description="CPU threads of the network; another number rounds differently."
    )
    data: DataConfig
    validation: ValidationConfig | None = Field(
        default=None, description="null learns from all identities of the training part, and knows no best weights."
    )
    batch: BatchConfig
    augmentation: AugmentationConfig = AugmentationConfig()
    loader: LoaderConfig = LoaderConfig()
    model: EmbedderConfig
    form: Form | None = Field(default=None, description="Official or paper; null says everything in the objective.")
    objective: ObjectiveConfig
    optimiser: SgdConfig | AdamConfig = Field(discriminator="kind")
    schedule: StepSchedule | CosineSchedule = Field(discriminator="kind")
    length: LengthConfig
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32", description="Of the network's arithmetic; float16 needs a GPU. Weights stay float32."
    )
    max_gradient_norm: Rate | None = Field(default=None, description="Longer gradients are shortened; null never.")
    average_decay: float | None = Field(
        default=None, gt=0.0, lt=1.0, description="The checkpoint holds a moving average of the weights; null the last."
    )
    compile: bool = Field(default=False, description="Whether torch.compile makes the steps faster.")
    records: RecordsConfig = RecordsConfig()

    @field_validator("model")
    @classmethod
    def _complete_guide(cls, model: EmbedderConfig) -> EmbedderConfig:
        if model.backbone == GUIDED and model.initial_weights is None:
            return model.model_copy(update={"initial_weights": SHIPPED_GUIDE})
        return model

    @field_validator("objective", mode="before")
    @classmethod
    def _complete_objective(cls, given: object, info: ValidationInfo) -> object:
        form = info.data.get("form")
        if isinstance(form, Form) and isinstance(given, Mapping):
            return {**form.objective(), **given}
        return given
