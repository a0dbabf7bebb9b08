"""Albedo of the pixels of a person: which thing each shows, and that thing's cloth."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reid_app.data.synthetic import parts
from reid_app.data.synthetic.anatomy import Mask, Spots
from reid_app.data.synthetic.colours import Colour
from reid_app.data.synthetic.fabric import TILE, folds, tile_of
from reid_app.data.synthetic.mesh import Floats
from reid_app.data.synthetic.noise import smooth_noise
from reid_app.data.synthetic.person import Person, Side, Top
from reid_app.data.synthetic.randomness import generator_of

_WHITE: Colour = (0.88, 0.88, 0.87)


def linear(colour: Colour) -> Floats:
    """Linear light of an sRGB colour."""
    return (np.array(colour, dtype=np.float32)) ** np.float32(2.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wardrobe:
    """Tiles and colours of one person's things, in linear light, ready to be looked up."""

    person: Person
    top_tiles: tuple[Floats, ...]
    """Of the top, and of the jacket over it."""
    bottom_tile: Floats
    dirt_tile: Floats
    fold_tile: Floats
    opening: float
    """Metres that an open jacket shows of the top, to each side of the middle; 0 is closed."""
    bag_side: Side


def open_wardrobe(person: Person, *, opening: float, bag_side: Side, patterns: bool) -> Wardrobe:
    """Make the tiles of a person's clothes."""
    rng = generator_of(person.fold_seed, "folds")
    dirt = 1 + (0.05 if patterns else 0.0) * smooth_noise(rng, side=TILE, size=6)
    return Wardrobe(
        person=person,
        top_tiles=tuple(tile_of(top.cloth) for top in person.tops),
        bottom_tile=tile_of(person.bottom.cloth),
        dirt_tile=np.clip(dirt, 0.6, 1.3)[..., None].astype(np.float32),
        fold_tile=folds(rng),
        opening=opening,
        bag_side=bag_side,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """N pixels that show a person."""

    part_N: Floats
    spots: Spots
    around_N: Floats
    """Texels round the body or limb."""
    up_N: Floats
    """Texels up the body or limb."""


def pixels_of(surface_N3: Floats, *, material_N: Floats) -> Pixels:
    """Read a G-buffer's pixels."""
    part_N = np.floor(material_N)
    arm_N = np.where(part_N == parts.BODY, np.clip((material_N - part_N - 0.25) * 2, 0, 1), 0).astype(np.float32)
    spots = Spots(x=surface_N3[:, 0], y=surface_N3[:, 1], z=surface_N3[:, 2], arm=arm_N)
    is_leg = (spots.z < -0.06) & ~spots.is_arm & (part_N == parts.BODY)
    axis_N = np.where(is_leg, np.sign(spots.x) * 0.13, 0.0)
    radius_N = np.where(is_leg, 9.0, 15.0)
    around_N = np.arctan2(spots.x - axis_N, -spots.y - np.where(is_leg, 0.02, 0.0)) * radius_N
    around_N = np.where(spots.is_arm, spots.y * 100, around_N)
    up_N = np.where(spots.is_arm, 47.0 - 41.5 * spots.down_arm, spots.z * 100)
    return Pixels(part_N=part_N, spots=spots, around_N=around_N.astype(np.float32), up_N=up_N.astype(np.float32))


def looked_up(tile: Floats, *, around_N: Floats, up_N: Floats) -> Floats:
    """Values of a tile that repeats."""
    return tile[np.floor(up_N).astype(np.int32) % TILE, np.floor(around_N).astype(np.int32) % TILE]


def dressed(pixels: Pixels, *, wardrobe: Wardrobe) -> Floats:
    """Albedo (N, 3) of a person's pixels, linear light."""
    person, spots = wardrobe.person, pixels.spots
    is_body = pixels.part_N == parts.BODY
    albedo_N3 = np.broadcast_to(linear(person.skin), (len(spots.x), 3)).copy()
    _paint_face(albedo_N3, spots=spots, is_body=is_body, person=person)
    _paint_bottom(albedo_N3, pixels=pixels, is_body=is_body, wardrobe=wardrobe)
    _paint_shoes(albedo_N3, spots=spots, is_body=is_body, person=person)
    _paint_tops(albedo_N3, pixels=pixels, is_body=is_body, wardrobe=wardrobe)
    if person.bag in ("backpack", "shoulder"):
        straps = is_body & _straps(spots, bag=person.bag, side=wardrobe.bag_side)
        albedo_N3[straps] = linear(person.bag_colour.rgb) * 0.8
    _paint_things(albedo_N3, pixels=pixels, person=person)
    return albedo_N3


def is_cloth(pixels: Pixels, *, person: Person) -> Mask:
    """Pixels that show cloth, which folds."""
    spots, part_N = pixels.spots, pixels.part_N
    worn = spots.covered_by_bottom(hem=person.bottom.hem if person.bottom.kind != "skirt" else 1.0) & (spots.z > -0.74)
    for top in person.tops:
        worn |= spots.covered_by_top(sleeve=top.sleeve, hem=top.hem, neck=top.neck)
    hanging = (part_N >= parts.HOOD) & (part_N <= parts.COAT_SKIRT)
    return np.asarray((worn & (part_N == parts.BODY)) | hanging)


def _paint_face(albedo_N3: Floats, *, spots: Spots, is_body: Mask, person: Person) -> None:
    head = person.head
    on_head = is_body & spots.is_head
    hair = linear(head.hair_colour.rgb)
    if head.hair != "bald":
        albedo_N3[on_head & spots.is_scalp] = hair
    is_front = on_head & (spots.y < -0.075)
    is_eyes = is_front & (np.abs(spots.z - 0.70) < 0.013) & (np.abs(np.abs(spots.x) - 0.03) < 0.018)
    albedo_N3[is_eyes] *= 0.25 if head.glasses else 0.45
    if head.beard:
        albedo_N3[on_head & (spots.y < -0.03) & (spots.z < 0.65)] = hair * 0.6 + linear(person.skin) * 0.25
    else:
        albedo_N3[is_front & (np.abs(spots.z - 0.637) < 0.009) & (np.abs(spots.x) < 0.025)] *= (0.75, 0.45, 0.45)
    if head.mask != "none":
        colours = {"white": (0.85, 0.86, 0.87), "blue": (0.55, 0.72, 0.86), "black": (0.07, 0.07, 0.08)}
        covered = on_head & (spots.y < -0.05) & (spots.z < 0.675) & (spots.z > 0.60)
        albedo_N3[covered] = linear(colours[head.mask])


def _paint_bottom(albedo_N3: Floats, *, pixels: Pixels, is_body: Mask, wardrobe: Wardrobe) -> None:
    spots, bottom = pixels.spots, wardrobe.person.bottom
    worn = is_body & spots.covered_by_bottom(hem=bottom.hem if bottom.kind != "skirt" else -0.15)
    worn |= pixels.part_N == parts.SKIRT
    albedo = _cloth(wardrobe.bottom_tile, pixels=pixels, mask=worn, wardrobe=wardrobe)
    if "denim" in bottom.cloth.colour.name:
        worn_off = np.exp(-(((spots.z[worn] + 0.2) / 0.16) ** 2)) * (spots.y[worn] < 0.02)
        albedo *= 1 + 0.5 * worn_off[:, None]
    side_seam = np.abs(np.abs(pixels.around_N[worn]) - 14.1) < 0.7
    albedo[side_seam & (pixels.part_N[worn] == parts.BODY)] *= 0.75
    if bottom.side_stripe:
        albedo[(np.abs(np.abs(pixels.around_N[worn]) - 14.1) < 2.0) & (spots.z[worn] < -0.06)] = linear(_WHITE)
    albedo_N3[worn] = albedo
    if bottom.belt:
        albedo_N3[is_body & ~spots.is_arm & (np.abs(spots.z - 0.1) < 0.018)] = (0.012, 0.01, 0.009)


def _paint_shoes(albedo_N3: Floats, *, spots: Spots, is_body: Mask, person: Person) -> None:
    shoes = person.shoes
    if person.bottom.hem > shoes.socks_top:
        albedo_N3[is_body & (spots.z < shoes.socks_top) & ~spots.is_arm] = linear(shoes.socks)
    over_trousers = shoes.shaft > -0.6 and person.bottom.hem < shoes.shaft and person.bottom.loose < 0.01
    shaft = min(shoes.shaft, person.bottom.hem) if not over_trousers and person.bottom.hem < -0.6 else shoes.shaft
    albedo_N3[is_body & (spots.z < shaft) & ~spots.is_arm] = linear(shoes.colour.rgb)
    albedo_N3[is_body & (spots.z < -0.735) & ~spots.is_arm] = linear(shoes.colour.rgb)
    albedo_N3[is_body & (spots.z < -0.797) & ~spots.is_arm] = linear(shoes.sole)


def _paint_tops(albedo_N3: Floats, *, pixels: Pixels, is_body: Mask, wardrobe: Wardrobe) -> None:
    spots, tops = pixels.spots, wardrobe.person.tops
    hanging = (parts.TOP_SKIRT, parts.COAT_SKIRT)
    for top, tile, skirt in zip(tops, wardrobe.top_tiles, hanging, strict=False):
        is_open = skirt == parts.COAT_SKIRT
        worn = is_body & spots.covered_by_top(sleeve=top.sleeve, hem=top.hem, neck=top.neck)
        worn |= (pixels.part_N == skirt) | ((pixels.part_N == parts.HOOD) & (top is tops[-1]))
        if is_open and wardrobe.opening > 0:
            wider = wardrobe.opening * (1 + 0.9 * np.clip(0.35 - spots.z, 0, 1))
            worn &= ~((np.abs(spots.x) < wider) & (spots.y < 0) & ~spots.is_arm & (pixels.part_N != parts.HOOD))
        albedo = _cloth(tile, pixels=pixels, mask=worn, wardrobe=wardrobe)
        if top.two_coloured:
            albedo[spots.is_arm[worn]] = linear(top.cloth.second.rgb)
        _sew(albedo, spots=spots, worn=worn, top=top, is_open=is_open and wardrobe.opening > 0)
        albedo_N3[worn] = albedo
        if top.logo != "none":
            _print_logo(albedo_N3, spots=spots, worn=worn, top=top)
    if len(tops) > 1 and wardrobe.opening > 0:
        _fill_open_coat(albedo_N3, pixels=pixels, wardrobe=wardrobe)


def _fill_open_coat(albedo_N3: Floats, *, pixels: Pixels, wardrobe: Wardrobe) -> None:
    """What an open coat shows of what hangs behind it: the legs, in shade."""
    gap = (pixels.part_N == parts.COAT_SKIRT) & (pixels.spots.y < 0)
    gap &= np.abs(pixels.spots.x) < wardrobe.opening * (1 + 0.9 * np.clip(0.35 - pixels.spots.z, 0, 1))
    cloth = _cloth(wardrobe.bottom_tile, pixels=pixels, mask=gap, wardrobe=wardrobe)
    albedo_N3[gap] = cloth * 0.7


def _sew(albedo: Floats, *, spots: Spots, worn: Mask, top: Top, is_open: bool) -> None:
    """Darker lines where a garment ends and where its collar begins, and down the front where it closes."""
    z, arm = spots.z[worn], spots.is_arm[worn]
    edge = ~arm & ((np.abs(z - top.hem) < 0.012) | ((z > top.neck - 0.035) & (np.abs(spots.x[worn]) < 0.09)))
    edge |= arm & (np.abs(spots.down_arm[worn] - top.sleeve) < 0.035)
    if top.zip and not is_open:
        edge |= ~arm & (np.abs(spots.x[worn]) < 0.008) & (spots.y[worn] < -0.02)
    albedo[edge] *= 0.72


def _print_logo(albedo_N3: Floats, *, spots: Spots, worn: Mask, top: Top) -> None:
    rng = generator_of(top.cloth.seed, "logo")
    on_side = (spots.y > 0.02) if top.logo == "back" else (spots.y < -0.04)
    width, height = (0.03, 0.025) if top.logo == "chest" else rng.uniform(0.05, 0.11, 2)
    across, up = (0.07, 0.38) if top.logo == "chest" else (0.0, rng.uniform(0.26, 0.36))
    u, v = (spots.x - across) / width, (spots.z - up) / height
    kind: Literal["bars", "disc", "picture"] = ("bars", "disc", "picture")[int(rng.integers(3))]
    inside = np.hypot(u, v) < 1 if kind == "disc" else (np.abs(u) < 1) & (np.abs(v) < 1)
    if kind == "bars":
        inside &= (v * rng.uniform(1, 2.5) % 1) < 0.6
    if kind == "picture":
        motif = smooth_noise(rng, side=TILE, size=5) > 0.1
        inside &= motif[(v * 20).astype(np.int32) % TILE, (u * 20).astype(np.int32) % TILE]
    albedo_N3[inside & worn & on_side & ~spots.is_arm] = linear(top.logo_colour)


def _straps(spots: Spots, *, bag: str, side: Side) -> Mask:
    on_torso = ~spots.is_arm & (spots.z < 0.53)
    if bag == "backpack":
        return on_torso & (np.abs(np.abs(spots.x) - 0.105) < 0.02) & (spots.z > 0.2) & (spots.y < 0.03)
    sign = 1.0 if side == "L" else -1.0
    across = (spots.z - 0.05) - (spots.x * sign - 0.16) * -1.7
    return on_torso & (spots.z > 0.02) & (np.abs(across) < 0.035)


def _paint_things(albedo_N3: Floats, *, pixels: Pixels, person: Person) -> None:
    part_N, spots = pixels.part_N, pixels.spots
    albedo_N3[part_N == parts.HAIR] = linear(person.head.hair_colour.rgb)
    albedo_N3[part_N == parts.HAT] = linear(person.head.headgear_colour.rgb)
    bag = part_N == parts.BAG
    albedo_N3[bag] = linear(_WHITE if person.bag == "plastic" else person.bag_colour.rgb)
    if person.bag == "backpack":
        albedo_N3[bag & (np.abs(spots.z + 0.06) < 0.012)] *= 0.5
        albedo_N3[bag & (spots.z < -0.08) & (np.abs(spots.x) < 0.1)] *= 0.8
    thing = part_N == parts.THING
    albedo_N3[part_N == parts.BICYCLE] = linear(person.carried_colour.rgb)
    if person.carried == "parcel":
        albedo_N3[thing] = linear((0.68, 0.53, 0.37))
    elif thing.any():
        gore = np.floor(np.arctan2(spots.x, spots.y) / np.pi * 4) % 2
        albedo_N3[thing] = linear(person.carried_colour.rgb) * (0.85 + 0.15 * gore[thing, None])


def _cloth(tile: Floats, *, pixels: Pixels, mask: Mask, wardrobe: Wardrobe) -> Floats:
    around_N, up_N = pixels.around_N[mask], pixels.up_N[mask]
    colour = looked_up(tile, around_N=around_N, up_N=up_N)
    return colour * looked_up(wardrobe.dirt_tile, around_N=around_N * 0.7, up_N=up_N * 0.7)
