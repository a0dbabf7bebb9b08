"""People found by a YOLOX network."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import ModelInvalidError
from reid_app.tracking.config import DetectionConfig
from reid_app.tracking.detectors.yolox_boxes import Letterbox, corners, decode, suppress
from reid_app.tracking.detectors.yolox_session import YoloxSession
from reid_app.tracklets.types import Detection, Image

_VERSION = 1
"""To be raised whenever the same weights and settings come to mean other detections."""

_OBJECTNESS, _PERSON = 4, 5


class YoloxDetector:
    """Detector for any standard YOLOX export; implements `reid_app.tracklets.parts.Detector`.

    Confidence is objectness times the probability of class person. Paper: https://arxiv.org/abs/2107.08430.

    Args:
        path: The ONNX file; its checksum has been verified by whoever resolved its name.
        sha256: Of the file, for the fingerprint.
        config: Thresholds.
        threads: Of one run of the network. `detect` may be called from several threads at once; then one is best.

    Raises:
        ModelInvalidError: The file is no YOLOX detector of people.
    """

    def __init__(self, path: Path, *, sha256: str, config: DetectionConfig, threads: int) -> None:
        self._name = path.name
        self._sha256 = sha256
        self._config = config
        self._session = YoloxSession(path, threads=threads)

    @property
    def fingerprint(self) -> str:
        """Weights and thresholds; not the threads, which change nothing but the speed."""
        settings = self._config.model_dump(include={"min_confidence", "nms_iou", "min_height_px"})
        return json.dumps({"kind": "yolox", "version": _VERSION, "sha256": self._sha256, **settings}, sort_keys=True)

    @property
    def is_stateful(self) -> bool:
        """Every frame is looked at on its own."""
        return False

    def reset(self) -> None:
        """Nothing to forget."""

    def detect(self, image: Image) -> list[Detection]:
        """People in an RGB uint8 ``(H, W, 3)`` picture, most confident first.

        Raises:
            ModelInvalidError: The network gave NaN, infinity or another shape than at the start.
        """
        size = self._session.size
        letterbox = Letterbox(
            frame_height=image.shape[0],
            frame_width=image.shape[1],
            input_height=size.height,
            input_width=size.width,
        )
        output = self._session.run(letterbox.to_input(image))
        confidences = output[:, _OBJECTNESS].astype(np.float64) * output[:, _PERSON]
        rows = np.flatnonzero(confidences >= self._config.min_confidence)
        if self._session.is_decoded:
            boxes = corners(output[rows, :4])
        else:
            grid = self._session.grid
            boxes = decode(output[rows, :4], cells_N2=grid.cells_A2[rows], strides_N=grid.strides_A[rows])
        if not np.isfinite(boxes).all():
            raise ModelInvalidError(
                f"{self._name} gives boxes of infinite size: the file is damaged, or its export went wrong"
            )
        boxes = letterbox.to_frame(boxes)
        usable = self._usable(boxes, height=image.shape[0], width=image.shape[1])
        boxes, confidences = boxes[usable], np.clip(confidences[rows][usable], 0.0, 1.0)
        return [
            Detection(box_xyxy=tuple(boxes[row].tolist()), confidence=float(confidences[row]))
            for row in suppress(boxes, confidences, max_iou=self._config.nms_iou)
        ]

    def _usable(self, boxes: NDArray[np.float64], *, height: int, width: int) -> NDArray[np.bool_]:
        """Boxes that are high enough and at least partly inside the frame, bool ``(N,)``."""
        inside = (boxes[:, 2] > 0.0) & (boxes[:, 3] > 0.0) & (boxes[:, 0] < width) & (boxes[:, 1] < height)
        sized = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] - boxes[:, 1] >= self._config.min_height_px)
        return np.asarray(inside & sized, np.bool_)
