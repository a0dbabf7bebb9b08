import colorsys

import numpy as np
import pytest
from numpy.typing import NDArray

from reid_app.model.colour import ColourEncoder, colour_features
from reid_app.model.config import EncoderConfig
from reid_app.tracklets.types import Image
from tests.unit.model.people import noise, plain, tracklet


def bin_of(red: int, green: int, blue: int) -> int:
    """Column inside a stripe, by Python's own colour conversion."""
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    return int(hue * 8) % 8 * 16 + min(int(saturation * 4), 3) * 4 + min(int(value * 4), 3)


# Hue, saturation and value well inside their bins, so that rounding cannot move them.
COLOURS = [(230, 80, 30), (40, 150, 60), (30, 60, 200), (240, 235, 230), (90, 20, 80), (10, 10, 10)]


def test_stripes_run_from_head_to_foot() -> None:
    """Each of six stripes has one colour, so each has exactly one full bin."""
    image = np.concatenate([plain(colour, size=(16, 48)) for colour in COLOURS])
    (made,) = colour_features([image]).reshape(1, 6, 128)
    expected = np.zeros((6, 128))
    for stripe, colour in enumerate(COLOURS):
        expected[stripe, bin_of(*colour)] = 1.0
    np.testing.assert_array_equal(made, expected)


def test_features_are_square_roots_of_shares() -> None:
    image = np.concatenate([plain(COLOURS[0], size=(96, 12)), plain(COLOURS[1], size=(96, 36))], axis=1)
    (made,) = colour_features([image]).reshape(1, 6, 128)
    np.testing.assert_allclose(made[:, bin_of(*COLOURS[0])], np.sqrt(0.25), rtol=1e-6)
    np.testing.assert_allclose(made[:, bin_of(*COLOURS[1])], np.sqrt(0.75), rtol=1e-6)
    np.testing.assert_allclose((made**2).sum(axis=1), 1.0, rtol=1e-6)


def test_the_whole_picture_is_counted_as_a_naive_count_does() -> None:
    image = noise(1, size=(96, 48))
    (made,) = colour_features([image]).reshape(1, 6, 128)
    counts = np.zeros((6, 128))
    for y, row in enumerate(image.tolist()):
        for red, green, blue in row:
            counts[y // 16, bin_of(red, green, blue)] += 1
    # Rounding of hue to a byte moves a few of the 768 pixels of a stripe to the next bin.
    assert abs(made**2 * 768 - counts).sum() / 2 < 0.02 * counts.sum()


@pytest.mark.parametrize(
    "image",
    [
        plain((0, 0, 0)),
        plain((255, 255, 255)),
        plain((128, 128, 128)),
        plain((200, 10, 10), size=(1, 1)),
        noise(2, size=(1, 700)),
        noise(3, size=(4000, 3000)),
    ],
    ids=["black", "white", "grey", "one pixel", "one row", "huge"],
)
def test_any_crop_has_an_embedding(image: Image) -> None:
    (made,) = ColourEncoder(EncoderConfig()).encode([tracklet("a", [image])])
    assert made.shape == (768,)
    assert np.isfinite(made).all()
    assert np.linalg.norm(made) == pytest.approx(1.0, abs=1e-6)


def test_it_says_what_it_is() -> None:
    encoder = ColourEncoder(EncoderConfig())
    assert (encoder.name, encoder.dimension) == ("colour", 768)
    assert encoder.encode([]).shape == (0, 768)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_a_row_is_the_same_alone_and_in_company(batch_size: int) -> None:
    company = [tracklet(str(n), [noise(10 * n + k) for k in range(n + 1)]) for n in range(5)]
    together = ColourEncoder(EncoderConfig(batch_size=batch_size)).encode(company)
    alone = [ColourEncoder(EncoderConfig()).encode([one])[0] for one in company]
    assert np.array_equal(together, np.stack(alone))


def test_clothes_tell_people_apart() -> None:
    def walker(top: tuple[int, int, int], legs: tuple[int, int, int], seed: int) -> Image:
        image = np.concatenate([plain(top, size=(60, 40)), plain(legs, size=(60, 40))]).astype(np.int64)
        return np.clip(image + np.random.default_rng(seed).integers(-8, 9, image.shape), 0, 255).astype(np.uint8)

    dressed = [((230, 80, 30), (30, 60, 200)), ((30, 60, 200), (230, 80, 30)), ((40, 150, 60), (90, 20, 80))]

    def encode(offset: int) -> NDArray[np.float32]:
        tracklets = [
            tracklet(str(n), [walker(top, legs, offset + n) for _ in range(3)]) for n, (top, legs) in enumerate(dressed)
        ]
        return ColourEncoder(EncoderConfig()).encode(tracklets)

    similarity = encode(0) @ encode(100).T
    assert similarity.argmax(axis=1).tolist() == [0, 1, 2]
    assert similarity.diagonal().min() > 0.9
