"""What the pipeline needs from its exchangeable parts; the implementations lie in `tracking` and `model`."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from reid_app.tracklets.types import Detection, Frame, Image, Tracklet


class Detector(Protocol):
    """Finds people in one frame."""

    @property
    def fingerprint(self) -> str:
        """Everything that shapes the detections: kind, weights, thresholds. Equal text means equal detections."""
        ...

    @property
    def is_stateful(self) -> bool:
        """Whether a detection depends on the frames before it (a background model) and not on its frame alone."""
        ...

    def detect(self, image: Image) -> list[Detection]:
        """People in an RGB uint8 ``(H, W, 3)`` picture, most confident first.

        Called from several threads at once unless it is stateful.
        """
        ...

    def reset(self) -> None:
        """Forget every frame seen."""
        ...


class TrackedDetection(NamedTuple):
    """A detection and the track that it continues."""

    track_id: int
    detection: Detection


class TrackSource(Protocol):
    """Says who is where in each frame: a detector with an associator, or a file of tracks made elsewhere."""

    @property
    def fingerprint(self) -> str:
        """Everything that shapes the tracks. Equal text means equal tracks."""
        ...

    @property
    def is_stateful(self) -> bool:
        """Whether it has to see the frames from the start of a segment to go on in its middle."""
        ...

    def look(self, frame: Frame) -> list[Detection]:
        """Who is in a frame. Called ahead of `follow`; from several threads at once unless it is stateful."""
        ...

    def follow(self, frame: Frame, detections: Sequence[Detection]) -> list[TrackedDetection]:
        """Tracked people of the next frame. A track id never comes back once its track has ended."""
        ...

    def reset_background(self) -> None:
        """Forget every frame that was looked at, as at the start of a segment; tracks stay."""
        ...

    def reset_tracks(self) -> None:
        """Forget all tracks; what was looked at stays."""
        ...


class Encoder(Protocol):
    """Turns tracklets into embeddings."""

    @property
    def model_id(self) -> str:
        """Fingerprint of weights, preprocess and pooling: vectors meet only where it is equal."""
        ...

    @property
    def name(self) -> str:
        """For people, such as ``osnet_x0_25_msmt17``."""
        ...

    @property
    def dimension(self) -> int:
        """D of the embedding."""
        ...

    @property
    def pooling(self) -> str:
        """Temporal pooling, such as ``mean``."""
        ...

    def encode(self, tracklets: Sequence[Tracklet]) -> NDArray[np.float32]:
        """L2-normalised embeddings ``(B, D)``, one row a tracklet, all finite.

        A tracklet's row does not depend on the tracklets beside it.

        Raises:
            ModelInvalidError: The network gave NaN or infinity.
        """
        ...
