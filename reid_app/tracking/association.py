"""Detections of successive frames become tracks: ByteTrack, from the `trackers` package."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from reid_app.tracking.config import AssociationConfig
from reid_app.tracklets.parts import Detector, TrackedDetection
from reid_app.tracklets.types import Detection, Frame

_VERSION = 1
"""To be raised whenever the same detections and settings come to mean other tracks."""

_TRACKER_FPS = 30.0
"""The tracker's patience is counted in frames of this rate, whatever the video's own."""

_SHORTEST_STEP_S = 1e-3
"""Files may give two frames the same time; the tracker needs time to pass."""

_INDEX = "index"


class ByteTrackAssociator:
    """Continues tracks with the detections of the next frame.

    Confident detections are matched first, weak ones keep up tracks that are left without. A track has its id from its
    first detection on. An associator without a live track is as good as new: it carries nothing but the next track id.

    Paper: https://arxiv.org/abs/2110.06864.

    Args:
        config: Thresholds.
        frame_rate: Frames that it will be given for each second of video, after the stride.

    Raises:
        ValueError: The frame rate is not positive and finite.
    """

    def __init__(self, config: AssociationConfig, *, frame_rate: float) -> None:
        if not 0.0 < frame_rate < float("inf"):
            raise ValueError(f"frame_rate must be positive and finite, got {frame_rate}")
        from trackers import ByteTrackTracker

        self._tracker = ByteTrackTracker(
            lost_track_buffer=max(1, int(config.max_gap_s * _TRACKER_FPS)),
            frame_rate=frame_rate,
            track_activation_threshold=config.activation_confidence,
            minimum_consecutive_frames=1,
            minimum_iou_threshold=config.min_iou,
            high_conf_det_threshold=config.high_confidence,
        )
        self._next_track_id = 0
        self._clock_s: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no track is live."""
        return not self._tracker.tracks

    def update(self, detections: Sequence[Detection], *, pts_s: float) -> list[TrackedDetection]:
        """Tracks of the next frame, in the order of its detections; what starts or continues no track is left out.

        Args:
            detections: Of this frame.
            pts_s: Time of this frame in seconds.
        """
        self._clock_s = pts_s if self._clock_s is None else max(pts_s, self._clock_s + _SHORTEST_STEP_S)
        result = self._tracker.update(_to_supervision(detections), timestamp=self._clock_s)
        order = result.data.get(_INDEX, ())
        track_ids = {int(index): int(track_id) for index, track_id in zip(order, result.tracker_id, strict=True)}
        self._name_new_tracks(detections, track_ids)
        if self.is_idle:
            self.reset()
        return [
            TrackedDetection(track_ids[index], detection)
            for index, detection in enumerate(detections)
            if track_ids.get(index, -1) >= 0
        ]

    def reset(self) -> None:
        """Forget all tracks; their ids never come back."""
        self._tracker.reset()
        self._clock_s = None

    def _name_new_tracks(self, detections: Sequence[Detection], track_ids: dict[int, int]) -> None:
        """Give every new track its id at once; the tracker would wait for a second detection and lose the first."""
        waiting = [index for index, track_id in sorted(track_ids.items()) if track_id < 0]
        for track in self._tracker.tracks:
            if track.tracker_id >= 0:
                continue
            track.tracker_id = self._next_track_id
            self._next_track_id += 1
            start = track.get_state_bbox()
            own = min(waiting, key=lambda index: float(np.abs(start - detections[index].box_xyxy).max()))
            waiting.remove(own)
            track_ids[own] = track.tracker_id


class DetectAndAssociate:
    """Detector and associator together; implements `reid_app.tracklets.parts.TrackSource`.

    Args:
        detector: Sees every frame.
        config: Thresholds of the association.
        frame_rate: Frames that it will be given for each second of video, after the stride.

    Raises:
        ValueError: The frame rate is not positive and finite.
    """

    def __init__(self, detector: Detector, config: AssociationConfig, *, frame_rate: float) -> None:
        self._detector = detector
        self._config = config
        self._associator = ByteTrackAssociator(config, frame_rate=frame_rate)

    @property
    def fingerprint(self) -> str:
        """Detector and thresholds; the frame rate follows from the file and its stride."""
        parts = {"kind": "bytetrack", "version": _VERSION, "detector": json.loads(self._detector.fingerprint)}
        return json.dumps(parts | self._config.model_dump(), sort_keys=True)

    @property
    def is_stateful(self) -> bool:
        """As its detector; tracks alone do not reach across a frame where none is live."""
        return self._detector.is_stateful

    @property
    def is_idle(self) -> bool:
        """Whether no track is live: `reset_tracks` would change nothing."""
        return self._associator.is_idle

    def look(self, frame: Frame) -> list[Detection]:
        """Who is in a frame, most confident first."""
        return self._detector.detect(frame.image)

    def follow(self, frame: Frame, detections: Sequence[Detection]) -> list[TrackedDetection]:
        """Tracked people of the next frame, in the order of its detections."""
        return self._associator.update(detections, pts_s=frame.pts_s)

    def reset_background(self) -> None:
        """Forget every frame that was looked at; tracks stay."""
        self._detector.reset()

    def reset_tracks(self) -> None:
        """Forget all tracks, whose ids never come back; the detector keeps its background."""
        self._associator.reset()


def _to_supervision(detections: Sequence[Detection]) -> Any:
    import supervision

    if not detections:
        return supervision.Detections.empty()
    return supervision.Detections(
        xyxy=np.asarray([detection.box_xyxy for detection in detections], np.float64),
        confidence=np.asarray([detection.confidence for detection in detections], np.float64),
        data={_INDEX: np.arange(len(detections))},
    )
