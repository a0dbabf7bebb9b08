"""The two places that the cameras look at: a sunny street and a hall in artificial light.

Pictures are RGB in [0, 255], float32 ``(360, 640, 3)``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 360
_OVERSAMPLING = 2
_HORIZON = (320, 70)

Colour = tuple[int, int, int]
Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A fixed camera's view, empty."""

    picture: Picture
    light: tuple[float, float, float]
    """Colour of the light on people: a factor for red, green and blue."""
    light_x: float
    """Where it comes from: -1 left, 1 right."""
    shadow: float
    """Share of the light that a shadow takes away, in [0, 1]."""
    shadow_slant: float
    """Sideways reach of a shadow in heights of its figure."""
    noise: float
    """Standard deviation of the sensor's noise, in grey levels."""


class _Painter:
    def __init__(self, colour: Colour) -> None:
        self.picture = np.full((HEIGHT * _OVERSAMPLING, WIDTH * _OVERSAMPLING, 3), colour, np.uint8)

    def box(self, x1: float, y1: float, x2: float, y2: float, colour: Colour) -> None:
        corners = [(round(x * _OVERSAMPLING), round(y * _OVERSAMPLING)) for x, y in ((x1, y1), (x2, y2))]
        cv2.rectangle(self.picture, corners[0], (corners[1][0] - 1, corners[1][1] - 1), colour, -1)

    def area(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        cv2.fillPoly(self.picture, [np.round(np.array(points) * _OVERSAMPLING).astype(np.int32)], colour, cv2.LINE_AA)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: Colour, width: float = 1.0) -> None:
        start, end = [(round(x * _OVERSAMPLING), round(y * _OVERSAMPLING)) for x, y in ((x1, y1), (x2, y2))]
        cv2.line(self.picture, start, end, colour, max(1, round(width * _OVERSAMPLING)), cv2.LINE_AA)

    def ground_grid(self, top: float, colour: Colour, *, spacing: float, first_rows: Sequence[float]) -> None:
        """Joints of slabs, narrowing towards the horizon."""
        for step in range(-16, 17):
            x = _HORIZON[0] + step * spacing
            share = (top - _HORIZON[1]) / (HEIGHT - _HORIZON[1])
            self.line(_HORIZON[0] + (x - _HORIZON[0]) * share, top, x, HEIGHT, colour, 0.8)
        for row in first_rows:
            self.line(0, row, WIDTH, row, colour, 0.8)

    def finished(self) -> Picture:
        return np.asarray(cv2.resize(self.picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.float32)


def _mottled(generator: np.random.Generator, sigma: float) -> Picture:
    """Smooth noise with a standard deviation of 1, one channel."""
    noise = cv2.GaussianBlur(generator.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), sigma)
    return np.asarray((noise - noise.mean()) / noise.std(), np.float32)[..., None]


def _shade(change: Callable[[Picture, Picture], NDArray[np.floating]]) -> Picture:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return change(x / WIDTH, y / HEIGHT)[..., None].astype(np.float32)


def street(generator: np.random.Generator) -> Scene:
    """A plastered house with a shop window, on a pavement in low sun from the left."""
    p = _Painter((214, 196, 164))
    p.box(0, 0, WIDTH, 26, (188, 168, 138))
    p.box(0, 26, WIDTH, 31, (150, 133, 110))
    p.box(0, 176, WIDTH, 212, (148, 141, 133))
    for x in range(-20, WIDTH, 64):
        p.line(x, 176, x, 212, (128, 121, 114))
    for left in (26, 452):
        p.box(left - 7, 40, left + 159, 186, (236, 228, 212))
        p.box(left, 47, left + 152, 180, (72, 88, 98))
        p.area([(left + 18, 47), (left + 62, 47), (left + 12, 180), (left, 180), (left, 100)], (104, 122, 132))
        p.area([(left + 104, 47), (left + 122, 47), (left + 66, 180), (left + 48, 180)], (88, 105, 115))
        p.box(left + 74, 47, left + 78, 180, (236, 228, 212))
        p.box(left - 12, 184, left + 164, 190, (198, 186, 166))
    p.area([(14, 34), (196, 34), (208, 62), (2, 62)], (196, 92, 70))
    for x in range(14, 196, 26):
        p.area([(x, 34), (x + 13, 34), (x + 13 + (x - 92) * 0.065, 62), (x + (x - 105) * 0.065, 62)], (238, 226, 206))
    p.box(256, 36, 366, 212, (226, 216, 198))
    p.box(266, 46, 356, 212, (92, 112, 84))
    for x, y in ((274, 54), (315, 54), (274, 128), (315, 128)):
        p.box(x, y, x + 33, y + 62, (80, 99, 73))
        p.line(x, y + 62, x + 33, y + 62, (116, 137, 106))
    p.box(345, 128, 350, 140, (212, 186, 116))
    p.box(0, 212, WIDTH, HEIGHT, (178, 172, 162))
    p.box(0, 212, WIDTH, 218, (146, 139, 130))
    p.ground_grid(212, (160, 153, 143), spacing=92, first_rows=(228, 250, 279, 317))
    p.box(0, 344, WIDTH, 350, (204, 198, 188))
    p.box(0, 350, WIDTH, HEIGHT, (112, 110, 110))
    for x in (398, 424):
        p.area([(x - 12, 214), (x + 12, 214), (x + 9, 240), (x - 9, 240)], (122, 82, 62))
    picture = p.finished()
    for x in (398, 424):
        for _ in range(130):
            dx, dy = np.clip(generator.standard_normal(2), -1.9, 1.9) * (8.0, 14.0)
            green = (int(generator.integers(50, 84)), int(generator.integers(88, 126)), int(generator.integers(42, 66)))
            cv2.circle(picture, (round(x + dx), round(192 + dy)), int(generator.integers(2, 5)), green, -1, cv2.LINE_AA)
    sun = _shade(lambda x, y: 1.07 - 0.17 * x - 0.10 * (y > 0.6) * (1 - (y - 0.6)))
    eaves = _shade(lambda x, y: 0.9 + 0.1 * np.tanh((y * HEIGHT - 42 - 14 * x) / 5.0))
    picture *= sun * eaves * (1 + 0.016 * _mottled(generator, 1.0) + 0.020 * _mottled(generator, 18.0))
    picture *= np.array((1.04, 1.0, 0.92), np.float32)
    return Scene(picture=picture, light=(1.08, 1.03, 0.94), light_x=-1.0, shadow=0.42, shadow_slant=0.55, noise=1.1)


def hall(generator: np.random.Generator) -> Scene:
    """An entrance hall with a glass front, a bench and a lift, in cool light from above."""
    p = _Painter((176, 184, 188))
    p.box(0, 0, WIDTH, 22, (206, 212, 214))
    for x in (60, 250, 440):
        p.area([(x, 3), (x + 110, 3), (x + 104, 13), (x + 6, 13)], (248, 252, 252))
    p.box(0, 40, 236, 214, (134, 158, 166))
    for x in range(0, 236, 59):
        p.area([(x + 30, 44), (x + 56, 44), (x + 26, 210), (x, 210)], (148, 172, 180))
        p.box(x, 40, x + 4, 214, (92, 104, 112))
    for y in (40, 122, 210):
        p.box(0, y, 236, y + 4, (92, 104, 112))
    p.box(236, 22, 252, 214, (152, 160, 166))
    p.box(252, 22, 470, 64, (58, 92, 112))
    p.box(270, 38, 350, 48, (214, 224, 228))
    p.box(358, 38, 392, 48, (120, 156, 172))
    p.box(478, 74, 592, 214, (122, 128, 132))
    p.box(486, 82, 584, 214, (164, 171, 174))
    p.box(534, 82, 536, 214, (112, 118, 122))
    p.area([(500, 82), (522, 82), (506, 214), (490, 214)], (182, 189, 192))
    p.box(602, 130, 612, 150, (66, 74, 80))
    p.box(605, 135, 609, 139, (236, 152, 76))
    p.box(282, 78, 338, 152, (70, 78, 86))
    p.box(286, 82, 334, 148, (196, 202, 196))
    p.area([(286, 148), (306, 112), (318, 128), (326, 116), (334, 148)], (118, 146, 132))
    p.box(0, 214, WIDTH, HEIGHT, (150, 157, 160))
    p.box(0, 208, WIDTH, 216, (112, 118, 124))
    p.ground_grid(216, (136, 143, 147), spacing=74, first_rows=(226, 240, 258, 281, 310, 348))
    p.box(356, 196, 452, 204, (150, 118, 84))
    for x in (364, 440):
        p.box(x, 204, x + 5, 226, (84, 88, 92))
    picture = p.finished()
    mirrored = cv2.GaussianBlur(picture[214 - 146 : 214][::-1], (0, 0), 5.0)
    picture[214:] = 0.84 * picture[214:] + 0.16 * mirrored
    ceiling = _shade(lambda x, y: 0.98 - 0.16 * (x - 0.5) ** 2 - 0.20 * (y - 0.45) ** 2)
    glow = _shade(lambda x, y: 0.07 * np.exp(-(((x - 0.48) / 0.3) ** 2) - ((y - 0.86) / 0.09) ** 2))
    picture *= (ceiling + glow) * (1 + 0.010 * _mottled(generator, 1.0) + 0.014 * _mottled(generator, 26.0))
    picture *= np.array((0.94, 1.0, 1.03), np.float32)
    return Scene(picture=picture, light=(0.93, 0.98, 1.0), light_x=0.25, shadow=0.26, shadow_slant=-0.12, noise=1.4)
