"""What a camera makes of light: colours, blur, noise, few pixels, compression."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.mesh import Floats

_NO_HAZE = (0.0, 0.0, 0.0)
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One camera's way with colours and details."""

    exposure: float
    """Factor on linear light."""
    balance: tuple[float, float, float]
    """Factors on red, green and blue."""
    saturation: float
    contrast: float
    gamma: float
    haze: tuple[float, float, float]
    """What stands in place of black: stray light, or a bad setting."""
    lens_blur: float
    """Deviation in pixels of a crop 128 high."""
    motion_blur: float
    """Seconds that the shutter is open."""
    sharpening: float
    noise: float
    """Deviation, of 1."""
    rows: float
    """Rows that the camera has for a person, at most; crops are stretched from them."""
    jpeg_quality: int


def draw_response(rng: Generator, *, config: SyntheticConfig) -> Response:
    """The response of a camera. Cameras differ much in brightness and warmth, little in hue; some are set badly.

    Cameras of real collections turn out a little bluer, and a little less green, than the light of a neutral sky.
    """
    off = float(rng.choice([1.0, 2.0], p=[0.75, 0.25]))
    warm, tint = off * rng.normal(-0.04, 0.09), off * rng.normal(0, 0.045)
    coloured = Response(
        exposure=float(np.exp(np.clip(rng.normal(0.03, 0.32), -0.7, 0.4))),
        balance=(float(np.exp(warm)), float(np.exp(-abs(tint))), float(np.exp(-warm + abs(tint) * 0.6))),
        saturation=rng.uniform(0.6, 1.25),
        contrast=rng.uniform(0.95, 1.35),
        gamma=rng.uniform(0.85, 1.2),
        haze=_draw_haze(rng),
        lens_blur=rng.gamma(2.0, 0.12),
        motion_blur=rng.uniform(0.0, 0.03),
        sharpening=float(max(0.0, rng.normal(0.6, 0.6))),
        noise=rng.gamma(2.0, 0.006),
        rows=rng.uniform(70, 200),
        jpeg_quality=int(rng.integers(45, 92)),
    )
    return _left_out(coloured, config=config)


def _draw_haze(rng: Generator) -> tuple[float, float, float]:
    """Hardly any in most cameras, a veil of grey to violet in the others."""
    depth = float(rng.choice([max(0.0, rng.normal(0.015, 0.02)), min(rng.gamma(2.0, 0.06), 0.3)], p=[0.65, 0.35]))
    red, blue = np.exp(rng.normal(0.08, 0.12, 2))
    return (float(depth * red), depth, float(depth * blue))


def _left_out(response: Response, *, config: SyntheticConfig) -> Response:
    if not config.camera_colour:
        response = replace(
            response, exposure=1.0, balance=(1.0, 1.0, 1.0), saturation=1.0, contrast=1.0, gamma=1.0, haze=_NO_HAZE
        )
    if not config.camera_damage:
        response = replace(
            response, lens_blur=0.0, motion_blur=0.0, sharpening=0.0, noise=0.0, rows=1e6, jpeg_quality=95
        )
    return response


def developed(light_HW3: Floats, *, response: Response) -> Floats:
    """What the camera shows of linear light: sRGB in [0, 1]."""
    exposed = light_HW3 * (np.array(response.balance, dtype=np.float32) * np.float32(response.exposure))
    shown = _filmic(exposed)
    grey = (shown @ _LUMA)[..., None]
    coloured = grey + (shown - grey) * np.float32(response.saturation)
    curved = np.clip(coloured, 0, 1) ** np.float32(response.gamma)
    curved = 0.45 + (curved - 0.45) * np.float32(response.contrast)
    haze = np.array(response.haze, dtype=np.float32)
    return np.asarray(np.clip(haze + curved * (1 - haze), 0, 1), dtype=np.float32)


def _filmic(light_HW3: Floats) -> Floats:
    """A curve like that of sRGB, with a shoulder that keeps bright cloth from becoming paper."""
    shouldered = np.where(light_HW3 < 0.6, light_HW3, 0.6 + 0.4 * np.tanh((light_HW3 - 0.6) / 0.4))
    return np.asarray(np.maximum(shouldered, 0) ** np.float32(1 / 2.2), dtype=np.float32)


def captured(
    shown_HW3: Floats,
    *,
    response: Response,
    height: int,
    width: int,
    rows: float,
    motion: tuple[float, float],
    rng: Generator,
) -> NDArray[np.uint8]:
    """The crop (height, width, 3) that the camera delivers.

    Args:
        shown_HW3: sRGB in [0, 1], finer than the crop.
        response: The camera's.
        height: Of the crop.
        width: Of the crop.
        rows: Pixels that the camera has for the height of this crop.
        motion: Pixels of the crop, across and down, that the person moves while the shutter is open.
        rng: Draws the noise.
    """
    crop = cv2.resize(shown_HW3, (width, height), interpolation=cv2.INTER_AREA)
    if response.lens_blur > 0.3:
        crop = cv2.GaussianBlur(crop, (0, 0), response.lens_blur * height / 128)
    crop = _moved(crop, motion=motion)
    real_rows = int(np.clip(min(rows, response.rows), 40, height))
    size = (max(20, round(width * real_rows / height)), real_rows)
    if real_rows < height:
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    if response.sharpening > 0.05:
        crop = crop + response.sharpening * (crop - cv2.GaussianBlur(crop, (0, 0), 1.0))
    if response.noise > 0:
        crop = crop + rng.normal(0, response.noise, (*crop.shape[:2], 1)).astype(np.float32)
        crop = crop + rng.normal(0, response.noise * 0.5, crop.shape).astype(np.float32)
    picture: NDArray[np.uint8] = np.clip(crop * 255 + 0.5, 0, 255).astype(np.uint8)
    if response.jpeg_quality < 95:
        picture = compressed(picture, quality=response.jpeg_quality)
    if real_rows < height:
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return picture


def _moved(crop: Floats, *, motion: tuple[float, float]) -> Floats:
    across, down = motion
    length = float(np.hypot(across, down))
    if length < 1.0:
        return crop
    reach = int(min(np.ceil(length), 9))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float32)
    middle = (reach, reach)
    cv2.line(kernel, middle, (round(reach + across / 2), round(reach + down / 2)), 1.0)
    cv2.line(kernel, middle, (round(reach - across / 2), round(reach - down / 2)), 1.0)
    return np.asarray(cv2.filter2D(crop, -1, kernel / kernel.sum()), dtype=np.float32)


def compressed(picture: NDArray[np.uint8], *, quality: int) -> NDArray[np.uint8]:
    """The picture (RGB) after JPEG."""
    encoded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)[..., ::-1])
