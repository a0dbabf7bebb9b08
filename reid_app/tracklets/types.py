"""The value types that travel through the pipeline: frame -> detection -> tracklet -> clip.

Shape letters: N observations, T frames of a clip, H height, W width, C channels.
Pictures are RGB uint8 HWC with values in [0, 255]. Boxes are ``x1, y1, x2, y2`` in pixels of the upright frame,
x to the right, y down, x2 and y2 exclusive. Times are presentation times of the file in seconds.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""RGB uint8 ``(H, W, 3)``."""

Box = tuple[float, float, float, float]
"""``x1, y1, x2, y2`` in pixels."""


def _check_image(name: str, image: Image) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise ValueError(f"{name} must be a non-empty uint8 picture (H, W, 3), got {image.dtype} {image.shape}")


def _check_box(name: str, box: Box) -> None:
    if not all(map(math.isfinite, box)) or box[2] <= box[0] or box[3] <= box[1]:
        raise ValueError(f"{name} must be finite x1 < x2, y1 < y2, got {box}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One decoded picture of a video."""

    index: int
    """0-based position in presentation order, counted over all frames of the file."""
    pts_s: float
    """Presentation time in seconds, as the file says; the file's start offset is kept."""
    image: Image
    """Upright picture, RGB uint8 ``(H, W, 3)``."""

    def __post_init__(self) -> None:
        if self.index < 0 or not math.isfinite(self.pts_s):
            raise ValueError(f"frame needs index >= 0 and a finite time, got {self.index} and {self.pts_s}")
        _check_image("image", self.image)

    def __repr__(self) -> str:
        return f"Frame(index={self.index}, pts_s={self.pts_s:.3f}, shape={self.image.shape})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """A person found in one frame."""

    box_xyxy: Box
    """May reach beyond the frame; whoever cuts the picture clips it."""
    confidence: float
    """In [0, 1]."""

    def __post_init__(self) -> None:
        _check_box("box_xyxy", self.box_xyxy)
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence must lie in [0, 1], got {self.confidence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CropQuality:
    """How well one crop shows its person."""

    height_px: float
    """Height of the box in the frame, in pixels."""
    sharpness: float
    """In [0, 1]; 0 is blurred, 1 is crisp."""
    visible: float
    """Share of the box that lies inside the frame, in [0, 1]; touching a border costs too."""
    unoccluded: float
    """Share of the box that no other detected person covers, in [0, 1]."""

    def __post_init__(self) -> None:
        values = {"sharpness": self.sharpness, "visible": self.visible, "unoccluded": self.unoccluded}
        for name, value in values.items():
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1], got {value}")
        if not self.height_px > 0.0:
            raise ValueError(f"height_px must be positive, got {self.height_px}")

    @property
    def overall(self) -> float:
        """One number in [0, 1] to rank and weight crops by; 128 pixels of height count as full size."""
        size = min(1.0, self.height_px / 128.0)
        return size * (0.25 + 0.75 * self.sharpness) * self.visible * self.unoccluded


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crop:
    """One kept picture of a tracklet."""

    image: Image
    """RGB uint8 ``(H, W, 3)``, original resolution up to the stored limit."""
    frame_index: int
    pts_s: float
    box_xyxy: Box
    quality: CropQuality

    def __post_init__(self) -> None:
        _check_image("image", self.image)
        _check_box("box_xyxy", self.box_xyxy)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tracklet:
    """One person followed by one camera over an unbroken run of frames.

    Every observation keeps its frame, time and box; a bounded number of them keep their picture too.
    """

    tracklet_id: str
    """Unique across cameras."""
    camera_id: str
    frame_indices: NDArray[np.int64]
    """Observed frames ``(N,)``, strictly increasing."""
    pts_s: NDArray[np.float64]
    """Presentation times ``(N,)`` in seconds, not decreasing."""
    boxes_xyxy: NDArray[np.float32]
    """Boxes ``(N, 4)`` in pixels of the frame."""
    crops: tuple[Crop, ...]
    """At least one, in time order."""

    def __post_init__(self) -> None:
        n = len(self.frame_indices)
        if n == 0 or self.pts_s.shape != (n,) or self.boxes_xyxy.shape != (n, 4):
            raise ValueError(
                f"a tracklet needs as many times and boxes as frames (at least one), got {self.frame_indices.shape}, "
                f"{self.pts_s.shape} and {self.boxes_xyxy.shape}"
            )
        if np.any(np.diff(self.frame_indices) <= 0) or np.any(np.diff(self.pts_s) < 0):
            raise ValueError(f"frames of tracklet {self.tracklet_id} must increase and times must not decrease")
        if not self.crops:
            raise ValueError(f"tracklet {self.tracklet_id} has no crops")

    @property
    def start_s(self) -> float:
        """Time of the first observation in seconds."""
        return float(self.pts_s[0])

    @property
    def end_s(self) -> float:
        """Time of the last observation in seconds."""
        return float(self.pts_s[-1])

    @property
    def quality(self) -> float:
        """Mean quality of the crops, in [0, 1]."""
        return sum(crop.quality.overall for crop in self.crops) / len(self.crops)

    def __repr__(self) -> str:
        return (
            f"Tracklet({self.tracklet_id}, camera={self.camera_id}, {self.start_s:.2f}-{self.end_s:.2f} s, "
            f"{len(self.frame_indices)} observations, {len(self.crops)} crops)"
        )
