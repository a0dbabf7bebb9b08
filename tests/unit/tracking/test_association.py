from collections.abc import Sequence

import numpy as np
import pytest

from reid_app.tracking.association import ByteTrackAssociator, DetectAndAssociate
from reid_app.tracking.config import AssociationConfig
from reid_app.tracklets.parts import TrackedDetection, TrackSource
from reid_app.tracklets.types import Detection, Frame
from tests.unit.tracking.scripted import FPS, ScriptedDetector, centre, frame, person

Script = Sequence[Sequence[Detection]]


def source(script: Script, **settings: float) -> DetectAndAssociate:
    return DetectAndAssociate(ScriptedDetector(script), AssociationConfig.model_validate(settings), frame_rate=FPS)


def update(one: DetectAndAssociate, at: Frame) -> list[TrackedDetection]:
    return one.follow(at, one.look(at))


def follow(script: Script, **settings: float) -> list[list[TrackedDetection]]:
    one = source(script, **settings)
    return [update(one, frame(index)) for index in range(len(script))]


def test_a_walker_has_one_id_from_the_first_frame_on() -> None:
    frames = follow([[person(40 + 8 * step)] for step in range(20)])
    assert [[track.track_id for track in tracks] for tracks in frames] == [[0]] * 20


def test_each_detection_keeps_its_own_track_whatever_the_order() -> None:
    generator = np.random.default_rng(2)
    script, truth = [], []
    for step in range(30):
        people = [person(40 + 3 * step), person(160 + 2 * step, confidence=0.3 if step > 5 else 0.9), person(280)]
        order = generator.permutation(3)
        script.append([people[place] for place in order])
        truth.append(order)
    frames = follow(script)
    ids = {place: {t[list(o).index(place)].track_id for t, o in zip(frames, truth, strict=True)} for place in range(3)}
    assert all(len(seen) == 1 for seen in ids.values())
    assert len(set.union(*ids.values())) == 3
    for tracks, detections in zip(frames, script, strict=True):
        assert [track.detection for track in tracks] == detections


def test_a_crossing_keeps_the_ids() -> None:
    script = [[person(40 + 8 * step, 90), person(280 - 8 * step, 130)] for step in range(28)]
    frames = follow(script)
    for track_id, slope in ((0, 1), (1, -1)):
        path = [centre(t.detection.box_xyxy) for tracks in frames for t in tracks if t.track_id == track_id]
        assert len(path) == 28
        assert (np.diff(path) * slope > 0).all()


def test_a_short_gap_is_bridged_and_a_long_one_is_not() -> None:
    for missing, num_tracks in ((4, 1), (12, 2)):
        script = [[person(100)]] * 5 + [[]] * missing + [[person(100)]] * 5
        ids = {track.track_id for tracks in follow(script, max_gap_s=1.5) for track in tracks}
        assert len(ids) == num_tracks


def test_weak_detections_continue_tracks_but_start_none() -> None:
    weak = person(100, confidence=0.2)
    assert follow([[weak]] * 5) == [[]] * 5
    frames = follow([[person(100)]] + [[weak]] * 5)
    assert [[track.track_id for track in tracks] for tracks in frames] == [[0]] * 6


def crowd(num_frames: int) -> list[list[Detection]]:
    """People who come and go, with the scene empty in between, and with times when some are not seen."""
    generator = np.random.default_rng(7)
    script: list[list[Detection]] = []
    while len(script) < num_frames:
        starts = generator.uniform(30, 290, generator.integers(1, 4))
        speeds = generator.uniform(-4, 4, len(starts))
        for step in range(int(generator.integers(8, 20))):
            seen = generator.uniform(size=len(starts)) < 0.8
            people = [
                person(x + v * step, 120, confidence=float(generator.uniform(0.15, 0.95)))
                for x, v, is_seen in zip(starts, speeds, seen, strict=True)
                if is_seen
            ]
            script.append(people)
        script.extend([[]] * int(generator.integers(5, 15)))
    return script[:num_frames]


def test_resetting_where_nothing_is_live_changes_nothing() -> None:
    script = crowd(400)
    untouched, interrupted = source(script), source(script)
    num_resets = 0
    for index in range(len(script)):
        # Every fourth frame has the time of the one before, as damaged files have.
        one = frame(index - (index % 4 == 3), fps=FPS)
        assert update(untouched, one) == update(interrupted, one)
        assert untouched.is_idle == interrupted.is_idle
        if untouched.is_idle:
            interrupted.reset_tracks()
            num_resets += 1
    assert num_resets > 20


def test_a_fresh_source_goes_on_from_where_nothing_is_live() -> None:
    script = crowd(400)
    whole = source(script)
    frames, idle = [], []
    for index in range(len(script)):
        frames.append(update(whole, frame(index)))
        if whole.is_idle:
            idle.append(index)
    start = idle[len(idle) // 2] + 1
    fresh = source(script[start:])
    offset = 1 + max(track.track_id for tracks in frames[:start] for track in tracks)
    for index in range(start, len(script)):
        again = [TrackedDetection(track.track_id + offset, track.detection) for track in update(fresh, frame(index))]
        assert again == frames[index]


def test_ids_never_come_back() -> None:
    one = source([[person(100)]] * 6)
    first = update(one, frame(0))
    one.reset_tracks()
    second = update(one, frame(1))
    one.reset_tracks()
    third = update(one, frame(2))
    assert [tracks[0].track_id for tracks in (first, second, third)] == [0, 1, 2]


def test_the_background_is_the_detectors_and_tracks_are_not() -> None:
    detector = ScriptedDetector([])
    one: TrackSource = DetectAndAssociate(detector, AssociationConfig(), frame_rate=FPS)
    one.reset_tracks()
    assert detector.num_resets == 0
    one.reset_background()
    assert detector.num_resets == 1


def test_a_jump_of_time_ends_tracks() -> None:
    associator = ByteTrackAssociator(AssociationConfig(max_gap_s=1.5), frame_rate=FPS)
    (before,) = associator.update([person(100)], pts_s=0.0)
    (after,) = associator.update([person(100)], pts_s=60.0)
    assert before.track_id != after.track_id


def test_a_later_file_may_start_earlier() -> None:
    associator = ByteTrackAssociator(AssociationConfig(max_gap_s=1.5), frame_rate=FPS)
    assert associator.update([], pts_s=1000.0) == []
    (before,) = associator.update([person(100)], pts_s=0.0)
    (after,) = associator.update([person(100)], pts_s=60.0)
    assert before.track_id != after.track_id


def test_fingerprint_names_detector_and_thresholds() -> None:
    assert source([]).fingerprint == source([]).fingerprint
    assert "scripted" in source([]).fingerprint
    assert source([]).fingerprint != source([], max_gap_s=1.0).fingerprint
    assert not source([]).is_stateful


@pytest.mark.parametrize("frame_rate", [0.0, -5.0, float("nan"), float("inf")])
def test_impossible_frame_rates(frame_rate: float) -> None:
    with pytest.raises(ValueError, match="frame_rate must be positive and finite"):
        ByteTrackAssociator(AssociationConfig(), frame_rate=frame_rate)
