import dataclasses

import numpy as np
import pytest

from reid_app.tracklets.types import CropQuality, Detection, Frame
from tests.fakes import make_crop, make_tracklet


def test_frame_refuses_wrong_pictures() -> None:
    good = np.zeros((4, 6, 3), np.uint8)
    assert repr(Frame(index=3, pts_s=0.1, image=good)) == "Frame(index=3, pts_s=0.100, shape=(4, 6, 3))"
    for bad in (good.astype(np.float32), good[:, :, 0], np.zeros((0, 6, 3), np.uint8)):
        with pytest.raises(ValueError, match="uint8 picture"):
            Frame(index=0, pts_s=0.0, image=bad)
    with pytest.raises(ValueError, match="finite time"):
        Frame(index=0, pts_s=float("nan"), image=good)


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (5, 5, 4, 9), (0, 0, float("inf"), 1), (0, float("nan"), 1, 2)])
def test_detection_refuses_empty_and_infinite_boxes(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="x1 < x2"):
        Detection(box_xyxy=box, confidence=0.5)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_detection_refuses_confidence_out_of_range(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        Detection(box_xyxy=(0, 0, 1, 1), confidence=confidence)


def test_quality_falls_with_each_of_its_parts() -> None:
    best = CropQuality(height_px=200, sharpness=1.0, visible=1.0, unoccluded=1.0)
    assert best.overall == 1.0
    for worse in ({"height_px": 32}, {"sharpness": 0.2}, {"visible": 0.5}, {"unoccluded": 0.3}):
        assert dataclasses.replace(best, **worse).overall < best.overall
    with pytest.raises(ValueError, match="sharpness"):
        dataclasses.replace(best, sharpness=1.5)


def test_tracklet_checks_its_shapes() -> None:
    tracklet = make_tracklet(length=4)
    assert (tracklet.start_s, round(tracklet.end_s, 6)) == (0.0, 0.6)
    with pytest.raises(ValueError, match="as many times"):
        dataclasses.replace(tracklet, pts_s=tracklet.pts_s[:-1])
    with pytest.raises(ValueError, match="increase"):
        dataclasses.replace(tracklet, frame_indices=tracklet.frame_indices[::-1])
    with pytest.raises(ValueError, match="no crops"):
        dataclasses.replace(tracklet, crops=())


def test_tracklet_quality_is_the_mean_of_its_crops() -> None:
    assert make_tracklet().quality == pytest.approx(make_crop().quality.overall)
