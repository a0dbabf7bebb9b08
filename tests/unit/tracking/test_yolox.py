import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from reid_app.errors import ModelInvalidError
from reid_app.tracking.config import DetectionConfig
from reid_app.tracking.detectors.yolox import YoloxDetector
from reid_app.tracklets.parts import Detector
from reid_app.tracklets.types import Detection
from tests.unit.tracking.yolox_file import DOUBLE, NUM_CELLS, raw_output, yolox_file

GREY = np.full((128, 128, 3), 100, np.uint8)


def detector(tmp_path: Path, content: bytes, **settings: float) -> YoloxDetector:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(content)
    return YoloxDetector(path, sha256="0" * 64, config=DetectionConfig(min_height_px=4, **settings), threads=1)


def with_person(row: int, *, box: tuple[float, ...], objectness: float, person: float) -> np.ndarray:
    output = raw_output()
    output[0, row, :6] = [*box, objectness, person]
    return output


def test_a_box_comes_back_in_pixels_of_the_frame(tmp_path: Path) -> None:
    # Row 64 + 5 is column 1, row 1 of the grid of stride 16: its centre is (1.5, 1.5) cells = 24 pixels of 64, which
    # are 48 pixels of a frame of 128. Its sizes are one cell and e cells.
    output = with_person(64 + 5, box=(0.5, 0.5, 0.0, 1.0), objectness=0.8, person=0.5)
    (found,) = detector(tmp_path, yolox_file(output)).detect(GREY)
    half = 32 * np.e / 2
    assert found.box_xyxy == pytest.approx((32, 48 - half, 64, 48 + half), abs=1e-3)
    assert found.confidence == pytest.approx(0.4)


def test_decoded_and_undecoded_outputs_mean_the_same(tmp_path: Path) -> None:
    raw = with_person(64 + 5, box=(0.5, 0.5, 0.0, 1.0), objectness=0.8, person=0.5)
    decoded = raw.copy()
    row = 0
    for stride in (8, 16, 32):
        for y in range(64 // stride):
            for x in range(64 // stride):
                decoded[0, row, :2] = (raw[0, row, :2] + (x, y)) * stride
                decoded[0, row, 2:4] = np.exp(raw[0, row, 2:4]) * stride
                row += 1
    (first,) = detector(tmp_path, yolox_file(raw)).detect(GREY)
    (second,) = detector(tmp_path, yolox_file(decoded)).detect(GREY)
    assert second.box_xyxy == pytest.approx(first.box_xyxy, abs=1e-3)


def test_an_output_that_is_neither_is_refused(tmp_path: Path) -> None:
    output = raw_output()
    output[..., :2] = 1000.0
    with pytest.raises(ModelInvalidError, match=r"cannot tell whether the output \(84, 85\) of tiny.onnx is decoded"):
        detector(tmp_path, yolox_file(output))


def test_weak_low_and_outside_boxes_are_left_out_and_the_rest_is_sorted(tmp_path: Path) -> None:
    output = raw_output()
    output[0, 0, :6] = [0.5, 0.5, 0.0, 0.5, 0.5, 0.5]
    output[0, 7, :6] = [0.5, 0.5, 0.0, 0.5, 0.9, 0.9]
    output[0, 20, :6] = [0.5, 0.5, 0.0, 0.5, 0.4, 0.4]
    output[0, 30, :6] = [0.5, 0.5, 0.0, -2.0, 0.9, 0.9]
    output[0, 40, :6] = [60.0, 0.5, 0.0, 0.5, 0.9, 0.9]
    output[0, 50, 4:7] = [0.9, 0.0, 0.9]
    found = detector(tmp_path, yolox_file(output), min_confidence=0.2).detect(GREY)
    assert [round(detection.confidence, 2) for detection in found] == [0.81, 0.25]


def test_one_class_is_enough(tmp_path: Path) -> None:
    output = raw_output(num_classes=1)
    output[0, 0, :6] = [0.5, 0.5, 0.0, 1.0, 0.9, 0.9]
    assert len(detector(tmp_path, yolox_file(output)).detect(GREY)) == 1


def test_nan_is_refused_at_the_start_and_later(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalidError, match=r"tiny.onnx gives NaN"):
        detector(tmp_path, yolox_file(raw_output() * np.float32(np.nan)))
    later = detector(tmp_path, yolox_file(raw_output(), spoilt_by_black=True))
    assert later.detect(GREY) == []
    with pytest.raises(ModelInvalidError, match=r"tiny.onnx gives NaN"):
        later.detect(np.zeros((128, 128, 3), np.uint8))


def test_boxes_of_infinite_size_are_refused(tmp_path: Path) -> None:
    endless = with_person(0, box=(0.5, 0.5, 5000.0, 0.0), objectness=0.9, person=0.9)
    with pytest.raises(ModelInvalidError, match="infinite size"):
        detector(tmp_path, yolox_file(endless)).detect(GREY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"this is no model", r"tiny.onnx cannot be opened as an ONNX model .*: take a YOLOX export"),
        (b"", r"tiny.onnx cannot be opened"),
        (yolox_file(raw_output(), input_shape=(3, 64, 64)), r"'images' of tiny.onnx is tensor\(float\) \[3, 64, 64\]"),
        (yolox_file(raw_output(), input_shape=(2, 3, 64, 64)), r"\[2, 3, 64, 64\].*batch 1"),
        (yolox_file(raw_output(), input_shape=(1, 3, "h", "w")), r"\[1, 3, 'h', 'w'\].*fixed"),
        (yolox_file(raw_output(), input_shape=(1, 1, 64, 64)), r"\[1, 1, 64, 64\]"),
        (yolox_file(raw_output(), input_shape=(1, 3, 60, 64)), r"\[1, 3, 60, 64\].*multiples of 32"),
        (yolox_file(raw_output(), kind=DOUBLE), r"tensor\(double\)"),
        (yolox_file(raw_output(num_classes=20)), r"\(1, 84, 25\).*\(1, 84, 85\)"),
        (yolox_file(raw_output(num_cells=NUM_CELLS - 4)), r"\(1, 80, 85\).*\(1, 84, 85\)"),
    ],
)
def test_what_is_no_yolox_is_refused_by_name_and_value(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ModelInvalidError, match=message):
        detector(tmp_path, content)


def test_a_missing_file_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalidError, match=r"none.onnx cannot be opened"):
        YoloxDetector(tmp_path / "none.onnx", sha256="", config=DetectionConfig(), threads=1)


def test_fingerprint_follows_weights_and_thresholds_but_not_threads(tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(yolox_file(raw_output()))

    def fingerprint(sha256: str = "a", **settings: float) -> str:
        one: Detector = YoloxDetector(path, sha256=sha256, config=DetectionConfig.model_validate(settings), threads=1)
        assert not one.is_stateful
        return one.fingerprint

    assert fingerprint() == fingerprint(threads=1)
    assert len({fingerprint(), fingerprint("b"), fingerprint(min_confidence=0.3), fingerprint(nms_iou=0.5)}) == 4
    assert fingerprint() != fingerprint(min_height_px=33)


def test_the_real_network_finds_the_woman_whatever_the_threads(models_dir: Path, test_data_dir: Path) -> None:
    path = models_dir / "yolox_nano.onnx"
    capture = cv2.VideoCapture(str(test_data_dir / "videos" / "one-by-one-person-detection.mp4"))
    for _ in range(101):
        done, picture = capture.read()
    capture.release()
    assert done
    image = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    found: list[list[Detection]] = []
    for threads in (1, 2):
        one = YoloxDetector(path, sha256=sha256, config=DetectionConfig(), threads=threads)
        found.append(one.detect(image))
        assert one.detect(np.ascontiguousarray(image[:, ::-1])) != found[-1]
        assert one.detect(image) == found[-1]
    assert found[0] == found[1]
    (woman,) = (detection for detection in found[0] if detection.confidence > 0.5)
    assert woman.box_xyxy == pytest.approx((381, 15, 516, 409), abs=6)
