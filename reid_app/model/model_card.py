"""Model cards: what lies beside a weights file and says what it is."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from reid_app.model.embedder_config import EmbedderConfig

Metric = Annotated[float, Field(allow_inf_nan=False)]


class ModelCard(BaseModel):
    """What whoever trained a network says about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: dict[str, JsonValue] = Field(description="What it was trained on: names, splits, counts.")
    recipe: dict[str, JsonValue] = Field(description="Every setting of the training.")
    metrics: dict[str, Metric] = Field(description="Measured on held-out data, as fractions, by name.")
    licence: str = Field(min_length=1, description="What one may do with the weights.")
    commit: str | None = Field(description="Commit of the code that trained it; null where it is not known.")
    seed: int | None = Field(description="Seed of the run; null where it is not known.")


class StoredCard(ModelCard):
    """A model card beside its checkpoint."""

    format: Literal["reid-checkpoint-1"]
    architecture: EmbedderConfig
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Checksum of the weights file.")
