"""Damaged, disguised and missing files: a clear error, or what is there and a word on what is not."""

import os
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from reid_app.errors import InputError, LimitError, VideoError
from reid_app.video.config import VideoConfig
from reid_app.video.reader import inspect_video, open_video
from tests.unit.video.painting import read_number, write_video

_NOBODY = 65534
CONFIG = VideoConfig(memory_bytes=1 << 30, stall_s=30.0)
TIMES_MS = [index * 40 for index in range(60)]
DECODERS = ["pyav", "decord"]


def _read(path: Path, *, decoder: str = "pyav", stride: int = 1) -> tuple[list[int], int, tuple[str, ...]]:
    config = CONFIG.model_copy(update={"decoder": decoder})
    with open_video(path, config=config, stride=stride) as stream:
        indices = [frame.index for frame in stream]
        assert indices == sorted(set(indices))
        return indices, stream.missing_frames, stream.problems


def _assert_refused(path: Path, *, reason: str, kind: type[InputError] = VideoError) -> None:
    for decoder in DECODERS:
        config = CONFIG.model_copy(update={"decoder": decoder})
        with pytest.raises(kind, match=reason) as caught:
            open_video(path, config=config)
        assert path.name in str(caught.value)
        with pytest.raises(kind, match=reason):
            inspect_video(path, config=config)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\x00", "not a video that is accepted"),
        (b"this is no video\n" * 100, "looks like text"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\nfile:///etc/passwd\n", "looks like text"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "looks like text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), "it begins with 89 50 4e 47"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(3000), "mp4"),
        (b"\x1a\x45\xdf\xa3" + bytes(3000), "matroska"),
        (b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(3000), "avi"),
        (b"\x00\x00\x01\xba" + bytes(3000), "mpeg"),
        ((b"G" + bytes(187)) * 50, "mpegts|no video stream|no frame"),
    ],
    ids=["empty", "byte", "text", "m3u8", "ffconcat", "png", "mp4", "mkv", "avi", "mpg", "ts"],
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "disguised.mp4"
    path.write_bytes(content)
    _assert_refused(path, reason=reason)


def test_playlist_behind_a_valid_start_opens_no_other_file(tmp_path: Path) -> None:
    other = write_video(tmp_path / "other.mp4", TIMES_MS)
    path = tmp_path / "playlist.mp4"
    path.write_bytes(b"\x00\x00\x00\x08free" + f"\n#EXTM3U\n#EXTINF:2,\n{other}\n".encode())
    _assert_refused(path, reason="mp4|no frame|no video")


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    _assert_refused(tmp_path / "missing.mp4", reason="cannot open .*No such file")
    _assert_refused(tmp_path, reason="folder or a device")
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    _assert_refused(pipe, reason="folder or a device")
    with pytest.raises(VideoError, match="null"):
        open_video(tmp_path / "a\0b.mp4", config=CONFIG)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    path = write_video(tmp_path / "secret.mp4", TIMES_MS[:2])
    path.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(_NOBODY)
    try:
        _assert_refused(path, reason="Permission denied")
    finally:
        if is_root:
            os.seteuid(0)


def test_strange_file_names_are_just_names(tmp_path: Path) -> None:
    path = write_video(tmp_path / "plain.mp4", TIMES_MS[:3])
    for name in ("-i.mp4", "concat:a|b", "http:..x.mp4", "tab\tnew\nline.mp4", os.fsdecode(b"\xff\xfe.mp4")):
        odd = tmp_path / name
        shutil.copy(path, odd)
        assert _read(odd)[0] == [0, 1, 2]


@pytest.mark.parametrize("decoder", DECODERS)
def test_broken_samples(test_data_dir: Path, decoder: str) -> None:
    indices, missing, problems = _read(test_data_dir / "broken" / "corrupted.mp4", decoder=decoder)
    assert len(indices) == 49
    assert missing == 1
    assert any("refused 1 packets" in problem for problem in problems)
    assert _read(test_data_dir / "broken" / "unordered.mov", decoder=decoder) == ([0, 1, 2, 3], 0, ())
    assert _read(test_data_dir / "broken" / "video_90.mov", decoder=decoder) == ([0, 1, 2], 0, ())


def test_unordered_sample_has_the_times_of_the_file(test_data_dir: Path) -> None:
    with open_video(test_data_dir / "broken" / "unordered.mov", config=CONFIG) as stream:
        assert [frame.pts_s for frame in stream] == [0.0, 512 / 16384, 1024 / 16384, 1536 / 16384]


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.4, 0.8, 0.9999])
def test_truncated_real_video(test_data_dir: Path, tmp_path: Path, share: float) -> None:
    content = (test_data_dir / "videos" / "one-by-one-person-detection.mp4").read_bytes()
    path = tmp_path / "truncated.mp4"
    path.write_bytes(content[: int(len(content) * share)])
    is_index_first = content.find(b"moov") < content.find(b"mdat")
    try:
        indices, missing, problems = _read(path, stride=10)
    except VideoError:
        assert not is_index_first or share < 0.1
    else:
        assert len(indices) + missing == 140
        assert missing > 0 or share > 0.99
        assert any("truncated" in problem or "cut short" in problem for problem in problems)


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(
    ("name", "mux_options", "is_promised"),
    [
        ("index_first.mp4", {"movflags": "faststart"}, True),
        ("fragments.mp4", {"movflags": "frag_keyframe+empty_moov"}, False),
        ("clusters.mkv", {}, False),
        ("packets.ts", {}, False),
    ],
)
def test_truncated_file_gives_what_is_there(
    tmp_path: Path, name: str, mux_options: dict[str, str], is_promised: bool, decoder: str
) -> None:
    whole = write_video(tmp_path / name, TIMES_MS, options={"g": "10", "bf": "2"}, mux_options=mux_options)
    content = whole.read_bytes()
    path = tmp_path / f"cut_{name}"
    path.write_bytes(content[: len(content) * 2 // 3])
    config = CONFIG.model_copy(update={"decoder": decoder})
    with open_video(path, config=config) as stream:
        rows = [(frame.index, read_number(frame.image), round(frame.pts_s * 1000)) for frame in stream]
    assert 10 < len(rows) < 60
    offset_ms = rows[0][2]
    # The last packet may be half there, so its picture may be any.
    for index, number, time_ms in rows[:-3]:
        assert number == index
        assert time_ms - offset_ms == TIMES_MS[index]
    if is_promised:
        assert len(rows) + stream.missing_frames == 60
        assert any("promises 60 frames" in problem for problem in stream.problems)
    else:
        assert len(rows) + stream.missing_frames == stream.info.num_frames


def test_index_at_the_end_cut_off_is_an_error(tmp_path: Path) -> None:
    content = write_video(tmp_path / "whole.mp4", TIMES_MS).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(content[: content.index(b"moov") - 4])
    _assert_refused(path, reason=r"cut\.mp4: cannot be opened as mp4")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
@pytest.mark.parametrize("seed", [0, 3])
def test_flipped_bytes_never_renumber(tmp_path: Path, name: str, seed: int) -> None:
    path = write_video(tmp_path / name, TIMES_MS, codec="mpeg4", options={"g": "6", "bf": "0"})
    content = bytearray(path.read_bytes())
    generator = np.random.default_rng(seed)
    for position in generator.integers(1500, len(content) - 3000, 12):
        content[position] ^= 1 << int(generator.integers(8))
    path.write_bytes(content)
    config = VideoConfig(memory_bytes=1 << 30, threads=1)
    try:
        with open_video(path, config=config) as stream:
            frames = {round(frame.pts_s * 1000): frame for frame in stream}
    except VideoError:
        return
    assert len(frames) + stream.missing_frames == stream.info.num_frames
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.codec_context.thread_count = 1
        compared = 0
        for packet in container.demux(video):
            try:
                decoded = packet.decode()
            except av.FFmpegError:
                continue
            for theirs in decoded:
                ours = frames.get(round((theirs.time or 0.0) * 1000))
                if ours is not None and ours.image.shape == (theirs.height, theirs.width, 3):
                    np.testing.assert_array_equal(ours.image, theirs.to_ndarray(format="rgb24"))
                    compared += 1
    assert compared > 0


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"max_file_bytes": 100}, "the limit max_file_bytes is 100"),
        ({"max_pixels": 128 * 95}, "frames of 128x96 = 12288 pixels, the limit max_pixels is 12160"),
        ({"max_frames": 59}, "more than 59 frames"),
        ({"max_duration_s": 2.0}, "the limit max_duration_s is 2 s"),
    ],
)
def test_limits(tmp_path: Path, limit: dict[str, float], reason: str) -> None:
    path = write_video(tmp_path / "large.mp4", TIMES_MS)
    config = VideoConfig.model_validate({"memory_bytes": 1 << 30, **limit})
    with pytest.raises(LimitError, match=reason) as caught:
        inspect_video(path, config=config)
    assert "large.mp4" in str(caught.value)


def test_limit_on_streams(tmp_path: Path) -> None:
    path = tmp_path / "many.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mpeg4", rate=25) for _ in range(3)]
        for stream in streams:
            stream.width, stream.height = 64, 64
        for stream in streams:
            for packet in [*stream.encode(av.VideoFrame(64, 64)), *stream.encode(None)]:
                container.mux(packet)
    assert inspect_video(path, config=VideoConfig(max_streams=3)).num_frames == 1
    with pytest.raises(LimitError, match="more than 2 streams"):
        inspect_video(path, config=VideoConfig(max_streams=2))


def test_picture_larger_than_its_memory_is_a_limit(tmp_path: Path) -> None:
    path = write_video(tmp_path / "huge.mp4", [0, 40], width=8192, height=8192, options={"preset": "ultrafast"})
    config = VideoConfig(max_pixels=1 << 27, memory_bytes=1 << 29)
    with pytest.raises(InputError, match=r"huge\.mp4"), open_video(path, config=config) as stream:
        list(stream)
