import numpy as np
import pytest

from reid_app.data.synthetic.casting import draw_person
from reid_app.data.synthetic.config import SyntheticConfig, without_parts
from reid_app.data.synthetic.fabric import TILE, draw_cloth, tile_of
from reid_app.data.synthetic.randomness import generator_of
from reid_app.errors import SettingsError


def test_relatives_share_colours_and_strangers_do_not():
    config = SyntheticConfig(family_size=4)
    names = [draw_person(seed=1, identity=i, config=config).top.cloth.colour.name for i in range(1, 801)]
    same_family = np.mean([names[i] == names[i + 1] for i in range(0, 800, 4)])
    strangers = np.mean([names[i] == names[(i + 4) % 800] for i in range(0, 800, 4)])

    assert same_family > strangers + 0.25


def test_colours_are_mostly_dark_white_and_grey():
    names = [draw_person(seed=1, identity=i, config=SyntheticConfig()).bottom.cloth.colour.name for i in range(1, 801)]

    quiet = np.mean([name in {"black", "grey", "dark denim", "denim"} for name in names])
    assert 0.65 < quiet < 0.9


def test_parts_that_are_left_out_are_not_there():
    config = without_parts(
        ["patterns", "loose_clothes", "hair_and_bags"],
        num_cameras=2,
        cameras_per_identity=2,
        frames_per_tracklet=1,
        places_per_tracklet=1,
    )
    people = [draw_person(seed=1, identity=identity, config=config) for identity in range(1, 60)]

    assert {person.top.cloth.pattern for person in people} == {"plain"}
    assert {person.bag for person in people} == {"none"}
    assert {person.head.hair for person in people} == {"short"}
    assert {person.top.loose for person in people} == {0.0}
    assert "skirt" not in {person.bottom.kind for person in people}


def test_an_unknown_part_is_named():
    with pytest.raises(SettingsError, match=r"'wings'.*patterns"):
        without_parts(["wings"], num_cameras=2, cameras_per_identity=2, frames_per_tracklet=1, places_per_tracklet=1)


def test_cloths_are_tiles_of_light():
    for number in range(40):
        cloth = draw_cloth(generator_of(number, "cloth"), of="top")
        tile = tile_of(cloth)
        assert tile.shape == (TILE, TILE, 3)
        assert 0 < tile.min() <= tile.max() <= 1
        if cloth.pattern == "plain":
            np.testing.assert_allclose(tile.mean(axis=(0, 1)) ** (1 / 2.2), cloth.colour.rgb, atol=0.03)


def test_some_families_wear_uniforms():
    config = SyntheticConfig(family_size=3)
    same = 0
    for first in range(1, 301, 3):
        people = [draw_person(seed=1, identity=first + member, config=config) for member in range(3)]
        same += len({(person.top.sleeve, person.top.cloth.seed, person.bottom.hem) for person in people}) == 1
        assert len({(person.body, person.gait.step) for person in people}) == 3

    assert 10 < same < 45


@pytest.mark.parametrize("part", ["patterns", "loose_clothes", "hair_and_bags"])
def test_what_is_left_out_changes_nothing_else(part):
    def colours(config):
        people = [draw_person(seed=1, identity=identity, config=config) for identity in range(1, 40)]
        return [
            (p.body, p.gait, p.skin, p.top.cloth.colour, p.bottom.cloth.colour, p.shoes, p.top.sleeve, p.top.zip)
            for p in people
        ]

    assert colours(SyntheticConfig(**{part: False})) == colours(SyntheticConfig())
