"""Who is made: people in families, with the clothes, hair and bags that streets show."""

from dataclasses import replace
from typing import TypeVar

from numpy.random import Generator

from reid_app.data.synthetic.body_making import NUM_BODIES
from reid_app.data.synthetic.colours import NamedColour, draw_colour, draw_skin, near
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.fabric import draw_cloth
from reid_app.data.synthetic.motion import draw_gait
from reid_app.data.synthetic.person import BagKind, Bottom, BottomKind, Carried, HairStyle, Head, Person, Shoes, Top
from reid_app.data.synthetic.randomness import generator_of

_Kind = TypeVar("_Kind")
_UNIFORMS = 0.2
"""Share of families that wear the same clothes and differ in body, hair, bag and shoes only."""


def draw_person(*, seed: int, identity: int, config: SyntheticConfig) -> Person:
    """Identity of a data set; depends on nothing but seed, number and config.

    The identities of a family share a first draft, and each draws a part of itself anew.
    """
    family = (identity - 1) // config.family_size
    family_rng = generator_of(seed, "family", family)
    draft, in_uniform = _drawn(family_rng), bool(family_rng.random() < _UNIFORMS)
    rng = generator_of(seed, "identity", identity)
    own = _drawn(rng)
    person = _member(draft, own=own, likeness=1.0 if in_uniform else 0.0, rng=rng)
    return _able_to_carry(_without(person, config=config))


def _member(draft: Person, *, own: Person, likeness: float, rng: Generator) -> Person:
    """A relative: kinds and colours of the family mostly, its own body, face and way of walking always.

    Args:
        draft: The family's.
        own: What the person would be alone.
        likeness: 1 wears the family's clothes in any case, 0 as it comes.
        rng: Decides what comes.
    """

    def kept(share: float) -> bool:
        return bool(rng.random() < max(share, likeness))

    top_colour = draft.top.cloth.colour if kept(0.8) else own.top.cloth.colour
    bottom_colour = draft.bottom.cloth.colour if kept(0.8) else own.bottom.cloth.colour
    top = draft.top if kept(0.35) else own.top
    bottom = draft.bottom if kept(0.45) else own.bottom
    return replace(
        own,
        top=replace(top, cloth=replace(top.cloth, colour=_nearly(rng, top_colour))),
        bottom=replace(bottom, cloth=replace(bottom.cloth, colour=_nearly(rng, bottom_colour))),
        jacket=draft.jacket if kept(0.4) else own.jacket,
        shoes=draft.shoes if rng.random() < 0.4 else own.shoes,
        skin=draft.skin if rng.random() < 0.6 else own.skin,
        bag_colour=draft.bag_colour if rng.random() < 0.5 else own.bag_colour,
    )


def _nearly(rng: Generator, colour: NamedColour) -> NamedColour:
    return replace(colour, rgb=near(rng, colour.rgb, spread=0.02))


def _drawn(rng: Generator) -> Person:
    body = int(rng.integers(NUM_BODIES))
    is_female = body % 2 == 1
    bag: BagKind = _choice(rng, ("none", "backpack", "shoulder", "handbag", "plastic"), (48, 20, 15, 9, 8))
    carried: Carried = _choice(
        rng, ("none", "parcel", "umbrella", "phone", "pushed bicycle", "ridden bicycle"), (82, 3, 1.5, 6, 3.5, 4)
    )
    return Person(
        body=body,
        tall=rng.uniform(0.96, 1.04),
        wide=rng.uniform(0.94, 1.08),
        gait=draw_gait(rng),
        skin=draw_skin(rng),
        head=_head(rng, is_female=is_female),
        top=_top(rng),
        jacket=_jacket(rng) if rng.random() < 0.35 else None,
        bottom=_bottom(rng, is_female=is_female),
        shoes=_shoes(rng),
        bag=bag,
        bag_colour=draw_colour(rng, of="bag"),
        bag_side="L" if rng.random() < 0.5 else "R",
        bag_size=rng.uniform(0.72, 1.12),
        carried=carried,
        carried_colour=draw_colour(rng, of="bag"),
        fold_seed=int(rng.integers(2**31)),
    )


def _without(person: Person, *, config: SyntheticConfig) -> Person:
    """The same person without the parts that are left out."""
    if not config.patterns:
        person = _plain(person)
    if not config.loose_clothes:
        person = _tight(person)
    if not config.hair_and_bags:
        head = replace(person.head, hair="short", headgear="none", glasses=False, mask="none", beard=False)
        person = replace(person, bag="none", carried="none", head=head)
    return person


def _plain(person: Person) -> Person:
    def plain(top: Top) -> Top:
        return replace(top, cloth=replace(top.cloth, pattern="plain"), logo="none", two_coloured=False)

    return replace(
        person,
        top=plain(person.top),
        jacket=plain(person.jacket) if person.jacket else None,
        bottom=replace(person.bottom, cloth=replace(person.bottom.cloth, pattern="plain"), side_stripe=False),
    )


def _tight(person: Person) -> Person:
    def tight(top: Top) -> Top:
        return replace(top, loose=0.0, hood=False, hem=max(top.hem, -0.08))

    bottom = replace(person.bottom, loose=0.0)
    if bottom.kind == "skirt":
        bottom = replace(bottom, kind="shorts", hem=max(bottom.hem, -0.4))
    jacket = tight(person.jacket) if person.jacket else None
    return replace(person, top=tight(person.top), jacket=jacket, bottom=bottom)


def _able_to_carry(person: Person) -> Person:
    """Nobody holds two things in one hand, or rides a bicycle in a long skirt."""
    if person.bag in ("handbag", "plastic") and person.carried != "none":
        return replace(person, carried="none")
    if person.carried == "ridden bicycle" and (
        person.bottom.kind == "skirt" or min(top.hem for top in person.tops) < -0.08
    ):
        return replace(person, carried="pushed bicycle")
    return person


def _head(rng: Generator, *, is_female: bool) -> Head:
    styles: tuple[HairStyle, ...] = ("bald", "cropped", "short", "bob", "long", "ponytail", "bun")
    weights = (0.5, 2, 12, 22, 34, 22, 8) if is_female else (6, 30, 56, 5, 1.5, 1, 0.5)
    return Head(
        hair=_choice(rng, styles, weights),
        hair_colour=draw_colour(rng, of="hair"),
        headgear=_choice(rng, ("none", "cap", "beanie", "hood"), (84, 9, 3, 4)),
        headgear_colour=draw_colour(rng, of="top"),
        glasses=bool(rng.random() < 0.25),
        mask=_choice(rng, ("none", "white", "blue", "black"), (90, 4, 3, 3)),
        beard=bool(not is_female and rng.random() < 0.2),
    )


def _top(rng: Generator) -> Top:
    is_short = rng.random() < 0.5
    sleeve = _choice(rng, (0.02, 0.32, 0.42, 0.55), (8, 45, 35, 12)) if is_short else rng.uniform(0.92, 1.03)
    return Top(
        cloth=draw_cloth(rng, of="top"),
        sleeve=sleeve + rng.normal(0, 0.03),
        hem=rng.uniform(-0.11, 0.05),
        loose=rng.gamma(2.0, 0.0045) + 0.003,
        neck=_choice(rng, (0.50, 0.515, 0.53, 0.56), (10, 35, 42, 13)),
        logo=_choice(rng, ("none", "chest", "front", "back"), (62, 12, 20, 6)),
        logo_colour=near(rng, draw_colour(rng, of="top").rgb, spread=0.02),
        two_coloured=bool(rng.random() < 0.07),
        zip=bool(rng.random() < 0.25),
        hood=bool(not is_short and rng.random() < 0.25),
    )


def _jacket(rng: Generator) -> Top:
    is_coat = rng.random() < 0.3
    return Top(
        cloth=replace(draw_cloth(rng, of="top")),
        sleeve=rng.uniform(0.94, 1.04),
        hem=rng.uniform(-0.45, -0.2) if is_coat else rng.uniform(-0.12, 0.0),
        loose=rng.uniform(0.010, 0.026),
        neck=rng.uniform(0.53, 0.585),
        logo="none",
        logo_colour=(0.5, 0.5, 0.5),
        two_coloured=bool(rng.random() < 0.06),
        zip=True,
        hood=bool(rng.random() < 0.35),
    )


def _bottom(rng: Generator, *, is_female: bool) -> Bottom:
    kinds: tuple[BottomKind, ...] = ("trousers", "shorts", "skirt")
    kind = _choice(rng, kinds, (70, 14, 16) if is_female else (82, 18, 0))
    hem = {"trousers": (-0.79, -0.70), "shorts": (-0.40, -0.2), "skirt": (-0.66, -0.2)}[kind]
    return Bottom(
        kind=kind,
        cloth=draw_cloth(rng, of="bottom"),
        hem=rng.uniform(*hem),
        loose=rng.gamma(2.0, 0.007) + 0.005,
        flare=rng.uniform(1.0, 1.6),
        belt=bool(rng.random() < 0.25),
        side_stripe=bool(rng.random() < 0.06),
    )


def _shoes(rng: Generator) -> Shoes:
    colour = draw_colour(rng, of="shoes")
    sole = near(rng, (0.9, 0.9, 0.88), spread=0.03) if rng.random() < 0.45 else near(rng, colour.rgb, spread=0.05)
    return Shoes(
        colour=colour,
        sole=sole,
        shaft=_choice(rng, (-0.765, -0.74, -0.70, -0.5), (35, 40, 15, 10)),
        socks=(0.9, 0.9, 0.88) if rng.random() < 0.5 else (0.08, 0.08, 0.09),
        socks_top=_choice(rng, (-0.76, -0.68, -0.5), (50, 35, 15)),
    )


def _choice(rng: Generator, kinds: tuple[_Kind, ...], weights: tuple[float, ...]) -> _Kind:
    total = sum(weights)
    return kinds[int(rng.choice(len(kinds), p=[weight / total for weight in weights]))]
