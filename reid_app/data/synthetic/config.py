"""What synthetic people, cameras and crops are made of, and which parts are left out."""

from pydantic import BaseModel, ConfigDict, Field

from reid_app.errors import SettingsError


class SyntheticConfig(BaseModel):
    """Size of a synthetic data set, and the parts of it that can be left out to learn what they are worth."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_cameras: int = Field(default=12, ge=1, le=999)
    cameras_per_identity: int = Field(default=4, ge=1)
    """Cameras that see each identity, at most ``num_cameras``."""
    tracklets_per_camera: int = Field(default=1, ge=1, le=99)
    frames_per_tracklet: int = Field(default=8, ge=1, le=999)
    places_per_tracklet: int = Field(default=1, ge=1, le=99)
    """Cameras whose places its pictures show in turn, one after the other: what is behind a person then tells nothing
    about who it is. 1 is the camera's own."""
    family_size: int = Field(default=4, ge=1)
    """Identities in a row that share colours and kinds of clothes, and differ in the rest."""
    crop_height: int = Field(default=128, ge=16, le=1024)
    crop_width: int = Field(default=64, ge=8, le=512)
    patterns: bool = True
    """Stripes, checks, prints, logos and dirt; otherwise everything is plain."""
    loose_clothes: bool = True
    """Cloth stands off the body; skirts, coats and wide legs."""
    hair_and_bags: bool = True
    """Hair of all lengths, hats, hoods, bags and what is carried; otherwise short hair and empty hands."""
    fabric_shading: bool = True
    """Folds, and the shade that parts of the body throw on each other."""
    camera_colour: bool = True
    """Each camera has its own exposure, white balance, saturation, contrast and gamma."""
    camera_damage: bool = True
    """Blur, noise, low resolution, compression."""
    backgrounds: bool = True
    """A scene for each camera; otherwise one grey."""
    crop_errors: bool = True
    """Boxes as detectors draw them; otherwise each fits its person."""
    occlusions: bool = True
    """Other people and objects in front."""


def without_parts(
    names: list[str],
    *,
    num_cameras: int,
    cameras_per_identity: int,
    frames_per_tracklet: int,
    places_per_tracklet: int,
) -> SyntheticConfig:
    """A config with some of its parts left out, by name.

    Raises:
        SettingsError: No part has such a name, or a number is out of range.
    """
    parts = [name for name, field in SyntheticConfig.model_fields.items() if field.annotation is bool]
    for name in names:
        if name not in parts:
            raise SettingsError(f"there is no part {name!r} to leave out: {', '.join(parts)}")
    return SyntheticConfig(
        num_cameras=num_cameras,
        cameras_per_identity=cameras_per_identity,
        frames_per_tracklet=frames_per_tracklet,
        places_per_tracklet=places_per_tracklet,
        **dict.fromkeys(names, False),
    )
