import tracemalloc
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from reid_app.tracking.builder import Drop, TrackletBuilder, is_jump
from reid_app.tracking.config import BuilderConfig
from reid_app.tracklets.parts import TrackedDetection
from reid_app.tracklets.types import Frame, Tracklet
from tests.unit.tracking.scripted import frame, tracked


def builder(first_ordinal: int = 0, **settings: float) -> TrackletBuilder:
    config = BuilderConfig.model_validate({"min_duration_s": 1.0, **settings})
    return TrackletBuilder(config, camera_id="cam1", tracklet_id=lambda n: f"t{n}", first_ordinal=first_ordinal)


def build(script: Mapping[int, Sequence[TrackedDetection]], *, until: int, **settings: float) -> list[Tracklet]:
    one = builder(**settings)
    tracklets = [tracklet for index in range(until) for tracklet in one.add(frame(index), script.get(index, ()))]
    return tracklets + one.close()


def test_a_walker_becomes_one_tracklet() -> None:
    (tracklet,) = build({i: [tracked(7, 60 + 5 * i)] for i in range(20)}, until=30)
    assert (tracklet.tracklet_id, tracklet.camera_id) == ("t0", "cam1")
    np.testing.assert_array_equal(tracklet.frame_indices, np.arange(20))
    np.testing.assert_allclose(tracklet.pts_s, np.arange(20) / 5)
    np.testing.assert_allclose(tracklet.boxes_xyxy[3], (59, 60, 91, 140))
    assert [crop.frame_index for crop in tracklet.crops] == list(range(20))


def test_two_walkers_who_cross_stay_two() -> None:
    script = {i: [tracked(1, 60 + 7 * i), tracked(2, 260 - 7 * i, 110)] for i in range(30)}
    first, second = build(script, until=30)
    assert (np.diff(first.boxes_xyxy[:, 0]) > 0).all()
    assert (np.diff(second.boxes_xyxy[:, 0]) < 0).all()
    shares = {crop.frame_index: crop.quality.unoccluded for crop in first.crops}
    assert min(shares, key=lambda index: shares[index]) in (14, 15)
    assert min(shares.values()) < 0.5
    assert shares[0] == 1.0


def test_gaps() -> None:
    script = {i: [tracked(1, 100)] for i in range(60) if not (10 <= i < 15 or 30 <= i < 45)}
    first, second = build(script, until=60, max_gap_s=2.0)
    assert (first.frame_indices[0], first.frame_indices[-1]) == (0, 29)
    assert (second.frame_indices[0], second.frame_indices[-1]) == (45, 59)


def test_a_track_closes_as_soon_as_the_gap_is_too_long() -> None:
    one = builder(max_gap_s=1.0)
    for index in range(10):
        assert one.add(frame(index, fps=4.0), [tracked(1, 100)]) == []
    closed_at = [index for index in range(10, 20) if one.add(frame(index, fps=4.0), [])]
    assert closed_at == [14]
    assert one.is_idle


def test_long_tracks_are_cut_without_loss() -> None:
    tracklets = build({i: [tracked(1, 100)] for i in range(130)}, until=130, max_duration_s=10.0)
    assert [len(tracklet.frame_indices) for tracklet in tracklets] == [51, 51, 28]
    np.testing.assert_array_equal(np.concatenate([t.frame_indices for t in tracklets]), np.arange(130))
    assert all(tracklet.end_s - tracklet.start_s <= 10.0 for tracklet in tracklets)


def test_a_swap_cuts() -> None:
    script = {i: [tracked(1, 60 if i < 20 else 260), tracked(2, 260 if i < 20 else 60)] for i in range(40)}
    tracklets = build(script, until=40)
    assert len(tracklets) == 4
    assert all(np.ptp(tracklet.boxes_xyxy[:, 0]) == 0 for tracklet in tracklets)


def test_jumps() -> None:
    box = (100.0, 100.0, 140.0, 200.0)
    assert not is_jump(box, (110.0, 105.0, 150.0, 205.0), elapsed_s=0.2)
    assert not is_jump(box, (145.0, 100.0, 185.0, 200.0), elapsed_s=0.2)
    assert is_jump(box, (160.0, 100.0, 200.0, 200.0), elapsed_s=0.2)
    assert not is_jump(box, (160.0, 100.0, 200.0, 200.0), elapsed_s=1.0)
    assert is_jump(box, (112.0, 130.0, 128.0, 170.0), elapsed_s=0.2)
    assert is_jump((112.0, 130.0, 128.0, 170.0), box, elapsed_s=0.2)


def test_what_is_dropped_is_counted_by_reason() -> None:
    one = builder(min_duration_s=2.0, min_observations=4, min_height_px=50.0)
    script: dict[int, list[TrackedDetection]] = {index: [] for index in range(40)}
    for index in range(8):
        script[index].append(tracked(1, 40))
    for index in (0, 9, 18):
        script[index].append(tracked(2, 120))
    for index in range(30):
        script[index].append(tracked(3, 200, height=40))
    script[5].append(tracked(4, 600))
    for index in range(20):
        script[index].append(tracked(5, 280))
    found = [tracklet for index in range(40) for tracklet in one.add(frame(index), script[index])] + one.close()
    assert [tracklet.tracklet_id for tracklet in found] == ["t0"]
    assert one.dropped == {Drop.TOO_SHORT: 1, Drop.TOO_FEW: 1, Drop.TOO_SMALL: 1, Drop.OUTSIDE: 1}
    assert "tracklet shorter than the minimum duration" in one.dropped


def test_order_and_ordinals_do_not_depend_on_the_order_of_detections() -> None:
    def run(turn: int) -> list[tuple[str, int]]:
        one = builder(first_ordinal=5)
        found = []
        for index in range(40):
            people = (
                [tracked(9, 60)] * (index < 20)
                + [tracked(3, 160)] * (2 <= index < 20)
                + [tracked(4, 260)] * (2 <= index < 20)
            )
            found += one.add(frame(index), people[::turn])
        assert one.next_ordinal == 8
        return [(tracklet.tracklet_id, int(tracklet.boxes_xyxy[0, 0])) for tracklet in found]

    assert run(1) == run(-1) == [("t5", 44), ("t6", 144), ("t7", 244)]


def test_remnants_at_the_border_leave_the_crops_but_not_the_track() -> None:
    script = {i: [tracked(1, 160, 120, height=160)] for i in range(12)}
    script |= {12: [tracked(1, 160, 195, height=90)]}
    script |= {13: [tracked(1, 160, 200, height=80)]}
    (tracklet,) = build(script, until=14)
    assert tracklet.frame_indices[-1] == 13
    assert tracklet.crops[-1].frame_index == 11


def test_somebody_always_at_the_border_keeps_crops() -> None:
    (tracklet,) = build({i: [tracked(1, 5, 120)] for i in range(12)}, until=12)
    assert len(tracklet.crops) == 12
    assert all(crop.quality.visible < 1.0 for crop in tracklet.crops)
    assert tracklet.crops[0].image.shape == (80, 21, 3)


def test_a_remnant_is_better_than_nothing() -> None:
    script = {i: [tracked(1, 160, 120, height=160), tracked(2, 160, 120, height=160)] for i in range(12)}
    script |= {12: [tracked(1, 160, 195, height=90)]}
    (first, _) = build(script, until=13, crops_per_tracklet=1)
    assert [crop.frame_index for crop in first.crops] == [12]


def test_ten_thousand_observations_in_bounded_memory() -> None:
    image = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    one = builder(max_duration_s=600.0, crops_per_tracklet=16)
    tracemalloc.start()
    found: list[Tracklet] = []
    for index in range(10_000):
        found += one.add(Frame(index=index, pts_s=index / 20, image=image), [tracked(1, 100)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found += one.close()
    (tracklet,) = found
    assert len(tracklet.frame_indices) == 10_000
    assert 8 <= len(tracklet.crops) <= 16
    gaps = np.diff([0, *[crop.frame_index for crop in tracklet.crops], 9_999])
    assert gaps.max() < 3 * 10_000 / 8
    assert peak < 8 * 2**20


def test_idle_only_without_open_tracks() -> None:
    one = builder()
    assert one.is_idle
    one.add(frame(0), [tracked(1, 100)])
    assert not one.is_idle
    assert one.close() == []
    assert one.is_idle
    assert one.dropped == {Drop.TOO_FEW: 1}


def test_a_run_in_two_parts_gives_the_same_tracklets() -> None:
    script = {i: [tracked(i // 50, 60 + 2 * (i % 50))] for i in range(200) if i % 50 < 25}
    whole = build(script, until=200)
    first, second = builder(), builder(first_ordinal=2)
    parts = [t for i in range(100) for t in first.add(frame(i), script.get(i, ()))]
    assert first.is_idle
    assert first.next_ordinal == 2
    parts += [t for i in range(100, 200) for t in second.add(frame(i), script.get(i, ()))] + second.close()
    assert [repr(tracklet) for tracklet in parts] == [repr(tracklet) for tracklet in whole]


def test_a_programmers_mistakes() -> None:
    one = builder()
    one.add(frame(5), [])
    with pytest.raises(ValueError, match="frames must come in order, got frame 5 after 5"):
        one.add(frame(5), [])
    with pytest.raises(ValueError, match=r"frame 6 names a track twice: \[1, 1\]"):
        one.add(frame(6), [tracked(1, 100), tracked(1, 200)])
