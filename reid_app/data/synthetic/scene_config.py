"""How large a set of synthetic scenes is."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.errors import SettingsError


class SceneConfig(BaseModel):
    """Videos of the same people, one for each camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_identities: int = Field(ge=1, le=9999)
    """People, each of whom walks once through every camera's view."""
    num_cameras: int = Field(ge=1, le=999)
    seconds: float = Field(ge=1, le=3600)
    """Of every video."""
    fps: int = Field(ge=1, le=60)
    looks: SyntheticConfig = SyntheticConfig()
    """What people, places and cameras are made of; its numbers of cameras and frames, and crops, mean nothing here."""

    @property
    def num_frames(self) -> int:
        """Of every video."""
        return round(self.seconds * self.fps)


def scene_config(*, identities: int, cameras: int, seconds: float, fps: int) -> SceneConfig:
    """A config of numbers that somebody typed.

    Raises:
        SettingsError: A number is out of range.
    """
    try:
        return SceneConfig(num_identities=identities, num_cameras=cameras, seconds=seconds, fps=fps)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0]).removeprefix("num_")
        bounds = next(iter(wrong["ctx"].values()))
        side = "at least" if wrong["type"].startswith("greater") else "at most"
        raise SettingsError(f"{name} is {wrong['input']:g}: give {side} {bounds:g}") from error
