"""Going on from any point that extraction names gives exactly what an uninterrupted run gives."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from reid_app.pipelines.extract import Extracted, ResumePoint, extract_tracklets
from reid_app.tracking.builder import TrackletBuilder
from reid_app.tracking.config import BuilderConfig
from reid_app.tracklets.parts import TrackedDetection
from reid_app.tracklets.types import Detection, Frame

FPS = 5.0
CONFIG = BuilderConfig(min_duration_s=1.0, min_observations=3, max_gap_s=1.0, max_duration_s=8.0)
VISITS = [(3, 20), (15, 40), (60, 64), (70, 120), (150, 190), (192, 240)]
"""First and last frame of each person; some overlap, one is too short, one is cut by length."""


class ScriptedSource:
    """People who come and go by the script; counts the frames it has seen since the segment began."""

    fingerprint = "scripted"

    def __init__(self, *, is_stateful: bool) -> None:
        self.is_stateful = is_stateful
        self._offset = 0
        self._frames_seen = 0

    def look(self, frame: Frame) -> list[Detection]:
        self._frames_seen += 1
        # A stateful detector's boxes depend on all frames since its reset, so a wrong warm-up changes the tracklets.
        shift = self._frames_seen * 0.01 if self.is_stateful else 0.0
        return [
            Detection(box_xyxy=(20 + 40 * person + shift, 20, 50 + 40 * person + shift, 100), confidence=0.9)
            for person in people(frame)
        ]

    def follow(self, frame: Frame, detections: Sequence[Detection]) -> list[TrackedDetection]:
        return [
            TrackedDetection(self._offset + person, detection)
            for person, detection in zip(people(frame), detections, strict=True)
        ]

    def reset_background(self) -> None:
        self._frames_seen = 0

    def reset_tracks(self) -> None:
        self._offset += 100


def people(frame: Frame) -> list[int]:
    return [person for person, (first, last) in enumerate(VISITS) if first <= frame.index <= last]


def frames(first: int, *, stride: int = 1) -> Iterator[Frame]:
    generator = np.random.default_rng(0)
    picture = generator.integers(0, 255, (120, 300, 3), np.uint8)
    for index in range(260):
        if index >= first and index % stride == 0:
            yield Frame(index=index, pts_s=7.0 + index / FPS, image=picture)


def run(start: ResumePoint, *, is_stateful: bool, segment_s: float, stride: int = 1) -> list[Extracted]:
    source = ScriptedSource(is_stateful=is_stateful)
    first = start.segment_first_frame if is_stateful else start.next_frame
    builder = TrackletBuilder(CONFIG, camera_id="c", tracklet_id=str, first_ordinal=start.next_ordinal)
    return list(
        extract_tracklets(
            frames(first, stride=stride), source=source, builder=builder, segment_s=segment_s, start=start, threads=2
        )
    )


def described(steps: list[Extracted]) -> list[tuple[str, list[int], list[list[float]], int]]:
    return [
        (t.tracklet_id, t.frame_indices.tolist(), t.boxes_xyxy.tolist(), len(t.crops))
        for step in steps
        for t in step.tracklets
    ]


@pytest.mark.parametrize("is_stateful", [False, True])
@pytest.mark.parametrize("segment_s", [11.0, 600.0])
@pytest.mark.parametrize("stride", [1, 3])
def test_going_on_equals_never_stopping(*, is_stateful: bool, segment_s: float, stride: int) -> None:
    whole = run(ResumePoint(), is_stateful=is_stateful, segment_s=segment_s, stride=stride)
    assert len(described(whole)) >= 5
    resumable = [position for position, step in enumerate(whole) if step.resume is not None]
    assert len(resumable) > 20 / stride
    for position in [*resumable[::7], resumable[-1]]:
        before, resume = whole[: position + 1], whole[position].resume
        assert resume is not None
        after = run(resume, is_stateful=is_stateful, segment_s=segment_s, stride=stride)
        assert described(before) + described(after) == described(whole)


def test_every_segment_ends_with_all_tracks_closed() -> None:
    whole = run(ResumePoint(), is_stateful=False, segment_s=11.0)
    starts = {step.resume.segment_first_frame for step in whole if step.resume}
    assert starts == {0, 55, 110, 165, 220}
    for _, indices, _, _ in described(whole):
        assert not any(indices[0] < start <= indices[-1] for start in starts)


def test_no_point_to_go_on_from_while_somebody_is_there() -> None:
    for step in run(ResumePoint(), is_stateful=False, segment_s=600.0)[:-1]:
        if step.resume is not None:
            assert not any(first <= step.frame_index <= last for first, last in VISITS)


def test_ordinals_count_on() -> None:
    ids = [name for name, *_ in described(run(ResumePoint(), is_stateful=False, segment_s=600.0))]
    assert ids == [str(n) for n in range(len(ids))]
