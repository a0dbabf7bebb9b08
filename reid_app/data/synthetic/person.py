"""Who is made: a body, what it wears and carries. Everything that is true of one identity in all its cameras."""

from dataclasses import dataclass
from typing import Literal

from reid_app.data.synthetic.colours import Colour, NamedColour
from reid_app.data.synthetic.fabric import Cloth
from reid_app.data.synthetic.motion import Gait

HairStyle = Literal["bald", "cropped", "short", "bob", "long", "ponytail", "bun"]
Headgear = Literal["none", "cap", "beanie", "hood"]
BagKind = Literal["none", "backpack", "shoulder", "handbag", "plastic"]
Carried = Literal["none", "parcel", "umbrella", "phone", "pushed bicycle", "ridden bicycle"]
Side = Literal["L", "R"]
BottomKind = Literal["trousers", "shorts", "skirt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """Shirt, jumper, jacket or coat."""

    cloth: Cloth
    sleeve: float
    """0 ends at the shoulder, 0.5 at the elbow, 1 at the wrist."""
    hem: float
    """Height on the average body (see `BodyLibrary.average_V3`) at which it ends; below -0.1 it hangs as a skirt."""
    loose: float
    """Metres off the body."""
    neck: float
    """Height at which it begins: 0.49 is wide, 0.53 usual, 0.57 a high collar."""
    logo: Literal["none", "chest", "front", "back"]
    logo_colour: Colour
    two_coloured: bool
    """The sleeves have the second colour."""
    zip: bool
    """Buttons or a zip down the front."""
    hood: bool
    """Hangs at the back of the neck, if it is not worn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottom:
    """Trousers, shorts or skirt."""

    kind: BottomKind
    cloth: Cloth
    hem: float
    """Height on the average body: -0.76 the ankle, -0.36 the knee."""
    loose: float
    flare: float
    """How much wider a skirt is at the hem than at the waist."""
    belt: bool
    side_stripe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Hair, headgear and what is in the face."""

    hair: HairStyle
    hair_colour: NamedColour
    headgear: Headgear
    headgear_colour: NamedColour
    glasses: bool
    mask: Literal["none", "white", "blue", "black"]
    beard: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shoes:
    """Shoes and socks."""

    colour: NamedColour
    sole: Colour
    shaft: float
    """Height on the average body: -0.75 a low shoe, -0.5 a boot."""
    socks: Colour
    socks_top: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One identity."""

    body: int
    """Row of the body library."""
    tall: float
    """Factor on all lengths."""
    wide: float
    """Factor on widths."""
    gait: Gait
    skin: Colour
    head: Head
    top: Top
    jacket: Top | None
    """Over the top; whether it is open can differ from camera to camera."""
    bottom: Bottom
    shoes: Shoes
    bag: BagKind
    bag_colour: NamedColour
    bag_side: Side
    bag_size: float
    carried: Carried
    carried_colour: NamedColour
    fold_seed: int

    @property
    def tops(self) -> tuple[Top, ...]:
        """What is worn above the waist, from the inside out."""
        return (self.top,) if self.jacket is None else (self.top, self.jacket)
