"""What one person wears in one camera, and the actor who wears it."""

from dataclasses import dataclass

from numpy.random import Generator

from reid_app.data.synthetic.bodies import BodyLibrary
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.figure import build_figure
from reid_app.data.synthetic.person import Person, Side
from reid_app.data.synthetic.rendering import Actor
from reid_app.data.synthetic.wardrobe import open_wardrobe


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """What can differ from camera to camera."""

    opening: float
    """Metres that an open jacket shows to each side; 0 is closed."""
    bag_side: Side


def draw_outfit(rng: Generator, *, person: Person) -> Outfit:
    """The small changes that happen: the jacket open or closed, the bag on the other side."""
    is_open = person.jacket is not None and rng.random() < 0.5
    other: Side = "R" if person.bag_side == "L" else "L"
    return Outfit(
        opening=float(rng.uniform(0.02, 0.09)) if is_open else 0.0,
        bag_side=other if rng.random() < 0.2 else person.bag_side,
    )


def build_actor(person: Person, *, outfit: Outfit, library: BodyLibrary, config: SyntheticConfig) -> Actor:
    """The person in an outfit, ready to be placed before a camera."""
    return Actor(
        figure=build_figure(person, library=library, bag_side=outfit.bag_side),
        wardrobe=open_wardrobe(person, opening=outfit.opening, bag_side=outfit.bag_side, patterns=config.patterns),
        gait=person.gait,
    )
