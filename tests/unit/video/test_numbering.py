"""Wrong frames zero, wrong times zero: the number painted into a frame is the frame's number."""

import json
from dataclasses import asdict
from pathlib import Path

import av
import numpy as np
import pytest

from reid_app.video.config import VideoConfig
from reid_app.video.info import VideoInfo
from reid_app.video.reader import inspect_video, open_video
from tests.unit.video.painting import HEIGHT, WIDTH, cut_start, read_number, set_rotation, write_video

NUM_FRAMES = 60
REGULAR_MS = [index * 40 for index in range(NUM_FRAMES)]
VARIABLE_MS = [index * 40 + (index * index * 7) % 31 + (900 if index > 30 else 0) for index in range(NUM_FRAMES)]
LATE_MS = [time + 5_000 for time in VARIABLE_MS]
B_FRAMES = {"bf": "3", "g": "20"}
DECODERS = ["pyav", "decord"]


def _config(decoder: str) -> VideoConfig:
    return VideoConfig.model_validate({"decoder": decoder, "memory_bytes": 1 << 30})


def _numbers_and_times(
    path: Path, *, decoder: str, stride: int = 1, first_frame: int = 0
) -> list[tuple[int, int, float]]:
    with open_video(path, config=_config(decoder), stride=stride, first_frame=first_frame) as stream:
        rows = [(frame.index, read_number(frame.image), frame.pts_s) for frame in stream]
        assert stream.missing_frames == 0
    return rows


def _assert_exact(path: Path, times_ms: list[int], *, decoder: str) -> VideoInfo:
    with open_video(path, config=_config(decoder)) as stream:
        rows = [(frame.index, read_number(frame.image), frame.pts_s) for frame in stream]
        assert stream.missing_frames == 0
    assert [row[0] for row in rows] == list(range(len(times_ms)))
    assert [row[1] for row in rows] == list(range(len(times_ms)))
    np.testing.assert_allclose([row[2] for row in rows], np.array(times_ms) / 1000, atol=1e-6)
    return stream.info


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("times_ms", [REGULAR_MS, LATE_MS], ids=["constant", "variable-late"])
@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("plain.mp4", "libx264", {"bf": "0"}),
        ("reordered.mp4", "libx264", B_FRAMES),
        ("open_gop.mp4", "libx264", {"bf": "3", "g": "10", "x264-params": "open-gop=1"}),
        ("reordered.mov", "libx264", B_FRAMES),
        ("reordered.mkv", "libx264", B_FRAMES),
        ("hidden.webm", "libvpx", {"auto-alt-ref": "1", "lag-in-frames": "16", "b": "400k"}),
        ("hidden9.webm", "libvpx-vp9", {"auto-alt-ref": "1", "lag-in-frames": "16", "cpu-used": "8"}),
    ],
)
def test_every_frame_has_its_number_and_time(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], times_ms: list[int], decoder: str
) -> None:
    path = write_video(tmp_path / name, times_ms, codec=codec, options=options)
    info = _assert_exact(path, times_ms, decoder=decoder)
    assert info.decoder == decoder
    assert info.problems == ()
    assert (info.width, info.height, info.num_frames) == (WIDTH, HEIGHT, NUM_FRAMES)
    assert info.start_s == pytest.approx(times_ms[0] / 1000)
    assert info.duration_s == pytest.approx((times_ms[-1] - times_ms[0]) / 1000 + 0.04, abs=0.05)
    assert info.fps == pytest.approx((NUM_FRAMES - 1) * 1000 / (times_ms[-1] - times_ms[0]))


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("transport.ts", "libx264", B_FRAMES),
        ("programme.mpg", "mpeg2video", {"bf": "2", "g": "12", "b": "2M"}),
        ("transport2.ts", "mpeg2video", {"bf": "2", "g": "12", "b": "2M"}),
    ],
)
def test_mpeg_streams_keep_the_offset_that_their_muxer_added(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], decoder: str
) -> None:
    path = write_video(tmp_path / name, REGULAR_MS, codec=codec, options=options)
    rows = _numbers_and_times(path, decoder=decoder)
    assert [row[:2] for row in rows] == [(index, index) for index in range(NUM_FRAMES)]
    times_s = np.array([row[2] for row in rows])
    np.testing.assert_allclose(np.diff(times_s), 0.04, atol=2 / 90_000)
    with av.open(str(path)) as container:
        expected = [frame.time for frame in container.decode(video=0)]
    np.testing.assert_allclose(times_s, expected, atol=1e-9)
    assert times_s[0] > 0.01


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("mpeg4", {"g": "12"}),
        ("mpeg4", {"bf": "2", "g": "12"}),
        ("libx264", {"bf": "0"}),
        ("libx264", B_FRAMES),
        ("mjpeg", {}),
    ],
    ids=["mpeg4", "mpeg4-b", "h264", "h264-b", "mjpeg"],
)
def test_avi_which_has_no_presentation_times(tmp_path: Path, codec: str, options: dict[str, str], decoder: str) -> None:
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write_video(tmp_path / "a.avi", REGULAR_MS, codec=codec, options=options, pixel_format=pixel_format)
    _assert_exact(path, REGULAR_MS, decoder=decoder)


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("clockwise_deg", [90, 180, 270])
@pytest.mark.parametrize("width", [160, 127])
def test_rotation_flag_turns_frames_upright(tmp_path: Path, clockwise_deg: int, width: int, decoder: str) -> None:
    path = write_video(
        tmp_path / "phone.mp4",
        REGULAR_MS[:5],
        width=width,
        height=101 if width % 2 else 100,
        pixel_format="yuv444p" if width % 2 else "yuv420p",
        quarter_turns=clockwise_deg // 90,
    )
    set_rotation(path, clockwise_deg=clockwise_deg)
    info = _assert_exact(path, REGULAR_MS[:5], decoder=decoder)
    assert (info.width, info.height, info.rotation_deg) == (width, 101 if width % 2 else 100, clockwise_deg)


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(("width", "height"), [(97, 73), (131, 75), (130, 73)])
def test_odd_sizes(tmp_path: Path, width: int, height: int, decoder: str) -> None:
    path = write_video(
        tmp_path / "odd.webm", REGULAR_MS[:6], codec="libvpx-vp9", width=width, height=height, options={"cpu-used": "8"}
    )
    info = _assert_exact(path, REGULAR_MS[:6], decoder=decoder)
    assert (info.width, info.height) == (width, height)


@pytest.mark.parametrize("decoder", DECODERS)
def test_frames_before_the_edit_list_are_not_shown(tmp_path: Path, decoder: str) -> None:
    path = write_video(tmp_path / "cut.mp4", REGULAR_MS, options=B_FRAMES)
    with av.open(str(path)) as container:
        ticks_per_frame = round(0.04 / float(container.streams.video[0].time_base or 1))
    cut_start(path, num_ticks=7 * ticks_per_frame)
    rows = _numbers_and_times(path, decoder=decoder)
    assert [row[0] for row in rows] == list(range(NUM_FRAMES - 7))
    assert [row[1] for row in rows] == list(range(7, NUM_FRAMES))
    np.testing.assert_allclose([row[2] for row in rows], np.arange(NUM_FRAMES - 7) * 0.04, atol=1e-6)


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(("stride", "first_frame"), [(1, 1), (4, 10), (7, 35), (1, 60)])
@pytest.mark.parametrize(
    ("name", "options"),
    [("b.mp4", {"bf": "3", "g": "10", "x264-params": "open-gop=1"}), ("b.ts", B_FRAMES), ("b.avi", B_FRAMES)],
)
def test_stride_and_first_frame(
    tmp_path: Path, name: str, options: dict[str, str], stride: int, first_frame: int, decoder: str
) -> None:
    path = write_video(tmp_path / name, REGULAR_MS, options=options)
    expected = [index for index in range(first_frame, NUM_FRAMES) if index % stride == 0]
    rows = _numbers_and_times(path, decoder=decoder, stride=stride, first_frame=first_frame)
    assert [row[:2] for row in rows] == [(index, index) for index in expected]


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_seeking_gives_the_same_pixels_as_reading_from_the_start(tmp_path: Path, container: str) -> None:
    times_ms = [index * 40 for index in range(300)]
    path = write_video(tmp_path / f"long.{container}", times_ms, options={"bf": "3", "g": "15", "crf": "35"})
    with open_video(path, config=_config("pyav")) as stream:
        expected = {frame.index: frame.image for frame in stream}
    for first_frame in (1, 29, 30, 31, 152, 283):
        with open_video(path, config=_config("pyav"), first_frame=first_frame, stride=2) as stream:
            frames = list(stream)
        assert frames[0].index == first_frame + first_frame % 2
        assert len(frames) == (301 - frames[0].index) // 2
        assert all(np.array_equal(frame.image, expected[frame.index]) for frame in frames)


def test_both_decoders_give_the_same_pixels(test_data_dir: Path) -> None:
    path = test_data_dir / "videos" / "one-by-one-person-detection.mp4"
    with (
        open_video(path, config=_config("pyav"), stride=97) as ours,
        open_video(path, config=_config("decord"), stride=97) as theirs,
    ):
        assert (ours.info.decoder, theirs.info.decoder) == ("pyav", "decord")
        pairs = list(zip(ours, theirs, strict=True))
    assert len(pairs) == 15
    for mine, other in pairs:
        assert (mine.index, mine.pts_s) == (other.index, other.pts_s)
        assert np.abs(mine.image.astype(int) - other.image).max() <= 2


def test_inspecting_says_what_opening_says(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", LATE_MS)
    info = inspect_video(path, config=_config("auto"))
    with open_video(path, config=_config("auto")) as stream:
        assert stream.info == info
    assert json.loads(json.dumps(asdict(info)))["num_frames"] == NUM_FRAMES


def test_a_wrong_request_is_a_programmers_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stride must be at least 1"):
        open_video(tmp_path / "none.mp4", config=_config("pyav"), stride=0)
    with pytest.raises(ValueError, match="first_frame at least 0"):
        open_video(tmp_path / "none.mp4", config=_config("pyav"), first_frame=-1)
