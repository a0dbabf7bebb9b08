import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_app.tracking.detectors.yolox_boxes import Letterbox, corners, decode, make_grid, suppress


def naive_decode(raw: np.ndarray, *, height: int, width: int) -> list[list[float]]:
    boxes, row = [], 0
    for stride in (8, 16, 32):
        for cell_y in range(height // stride):
            for cell_x in range(width // stride):
                x, y, log_w, log_h = (float(value) for value in raw[row])
                centre_x, centre_y = (x + cell_x) * stride, (y + cell_y) * stride
                w, h = math.exp(log_w) * stride, math.exp(log_h) * stride
                boxes.append([centre_x - w / 2, centre_y - h / 2, centre_x + w / 2, centre_y + h / 2])
                row += 1
    return boxes


@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 160), (416, 416)])
def test_decoding_agrees_with_a_naive_loop(height: int, width: int) -> None:
    grid = make_grid(input_height=height, input_width=width)
    raw = np.random.default_rng(3).normal(size=(len(grid.strides_A), 4)).astype(np.float32)
    expected = naive_decode(raw, height=height, width=width)
    assert len(expected) == len(raw)
    boxes = decode(raw, cells_N2=grid.cells_A2, strides_N=grid.strides_A)
    np.testing.assert_allclose(boxes, expected, rtol=1e-9)


def test_the_standard_input_has_3549_cells() -> None:
    assert len(make_grid(input_height=416, input_width=416).strides_A) == 3549


def test_corners_of_a_decoded_box() -> None:
    np.testing.assert_array_equal(corners(np.float32([[10, 20, 4, 6]])), [[8, 17, 12, 23]])


def naive_suppress(boxes: list[list[float]], confidences: list[float], max_iou: float) -> list[int]:
    kept: list[int] = []
    for row in sorted(range(len(boxes)), key=lambda row: (-confidences[row], row)):
        a = boxes[row]
        for other in kept:
            b = boxes[other]
            w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            shared = max(w, 0.0) * max(h, 0.0)
            union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
            if shared > max_iou * union:
                break
        else:
            kept.append(row)
    return kept


whole_box = st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 20)] * 2).map(
    lambda b: [float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3])]
)


@given(st.lists(st.tuples(whole_box, st.sampled_from([0.2, 0.5, 0.5, 0.9])), max_size=20), st.floats(0.1, 0.9))
@settings(max_examples=60, deadline=None)
def test_suppression_agrees_with_a_naive_loop(rows: list[tuple[list[float], float]], max_iou: float) -> None:
    boxes, confidences = [row[0] for row in rows], [row[1] for row in rows]
    kept = suppress(np.array(boxes).reshape(-1, 4), np.array(confidences, np.float64), max_iou=max_iou)
    assert kept.tolist() == naive_suppress(boxes, confidences, max_iou)


def test_an_overlap_of_just_the_limit_is_allowed() -> None:
    boxes = np.array([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.0]])
    assert suppress(boxes, np.array([0.9, 0.8]), max_iou=0.5).tolist() == [0, 1]
    assert suppress(boxes, np.array([0.9, 0.8]), max_iou=0.49).tolist() == [0]


def test_suppression_agrees_with_opencv() -> None:
    generator = np.random.default_rng(5)
    left_top, size = generator.uniform(0, 300, (200, 2)), generator.uniform(20, 120, (200, 2))
    confidences = generator.uniform(0.1, 1.0, 200)
    theirs = cv2.dnn.NMSBoxes(np.hstack([left_top, size]).tolist(), confidences.tolist(), 0.0, 0.5)
    ours = suppress(np.hstack([left_top, left_top + size]), confidences, max_iou=0.5)
    assert ours.tolist() == np.asarray(theirs).ravel().tolist()


@given(st.integers(8, 2000), st.integers(8, 2000), st.sampled_from([(416, 416), (640, 640), (384, 640)]), st.data())
@settings(max_examples=60, deadline=None)
def test_letterbox_round_trip(height: int, width: int, size: tuple[int, int], data: st.DataObject) -> None:
    letterbox = Letterbox(frame_height=height, frame_width=width, input_height=size[0], input_width=size[1])
    assert letterbox.height <= size[0]
    assert letterbox.width <= size[1]
    assert letterbox.height >= size[0] - 1 or letterbox.width >= size[1] - 1
    x, y = data.draw(st.floats(0, width)), data.draw(st.floats(0, height))
    inside = np.array([[x * letterbox.width / width, y * letterbox.height / height] * 2])
    np.testing.assert_allclose(letterbox.to_frame(inside), [[x, y, x, y]], atol=1e-6)


def test_input_is_bgr_planes_at_the_top_left_with_grey_around() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[:] = (10, 20, 30)
    letterbox = Letterbox(frame_height=100, frame_width=200, input_height=64, input_width=64)
    pixels = letterbox.to_input(image)
    assert (pixels.shape, pixels.dtype) == ((1, 3, 64, 64), np.float32)
    for plane, value in enumerate((30, 20, 10)):
        assert (pixels[0, plane, :32] == value).all()
        assert (pixels[0, plane, 32:] == 114).all()


def test_a_marked_spot_is_found_back_in_the_frame() -> None:
    image = np.zeros((216, 384, 3), np.uint8)
    image[100:140, 200:240] = 255
    letterbox = Letterbox(frame_height=216, frame_width=384, input_height=416, input_width=416)
    bright = letterbox.to_input(image)[0, 0, : letterbox.height] > 128
    rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    box = np.array([[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]], float)
    np.testing.assert_allclose(letterbox.to_frame(box), [[200, 100, 240, 140]], atol=1.0)
