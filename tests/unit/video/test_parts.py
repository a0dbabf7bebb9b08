"""The small parts: container by magic bytes, checksums, lines, the ring, messages."""

import hashlib
import math
import mmap
import os
import socket
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reid_app.errors import VideoError
from reid_app.video.channel import Channel, ChannelClosedError, ChannelTimeoutError
from reid_app.video.config import VideoConfig
from reid_app.video.containers import identify_container
from reid_app.video.hashing import content_sha256
from reid_app.video.messages import MAX_PROBLEMS, FrameReady, Progress, limit_problems, parse_from_child
from reid_app.video.ring import NUM_SLOTS, Ring, create_memory, size_memory


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"\x00\x00\x00\x20ftypisom", "mp4"),
        (b"\x00\x00\x00\x08wide\x00\x00", "mp4"),
        (b"\x1a\x45\xdf\xa3\x01", "matroska"),
        (b"RIFF1234AVI LIST", "avi"),
        (b"\x00\x00\x01\xba\x44", "mpeg"),
        ((b"G" + bytes(187)) * 6, "mpegts"),
        ((bytes(4) + b"G" + bytes(187)) * 6, "mpegts"),
    ],
)
def test_containers_by_their_first_bytes(head: bytes, container: str) -> None:
    assert identify_container(head[:1024]) == container


@given(st.binary(max_size=64))
def test_other_bytes_are_refused_with_a_reason(head: bytes) -> None:
    if head.startswith((b"\x1a\x45\xdf\xa3", b"\x00\x00\x01\xba")):
        head = b"other" + head
    with pytest.raises(VideoError, match=r"empty|not a video that is accepted"):
        identify_container(head.replace(b"ftyp", b"else"))


def test_checksum_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    content = os.urandom((1 << 20) + 17)
    path.write_bytes(content)
    seen: list[int] = []
    assert content_sha256(path, progress=seen.append) == hashlib.sha256(content).hexdigest()
    assert seen == [1 << 20, len(content)]
    path.write_bytes(b"")
    assert content_sha256(path) == hashlib.sha256().hexdigest()
    with pytest.raises(VideoError, match=r"cannot read .*none\.bin: No such file"):
        content_sha256(tmp_path / "none.bin")
    with pytest.raises(VideoError, match="cannot read"):
        content_sha256(tmp_path)


def test_lines_arrive_whole_and_in_order() -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    theirs.sendall(b'{"kind":"pro')
    with pytest.raises(ChannelTimeoutError):
        channel.receive(timeout_s=0.01)
    theirs.sendall(b'gress"}\n\nlast\n')
    assert [channel.receive(timeout_s=1) for _ in range(3)] == [b'{"kind":"progress"}', b"", b"last"]
    theirs.close()
    with pytest.raises(ChannelClosedError):
        channel.receive(timeout_s=1)
    with pytest.raises(ChannelClosedError):
        channel.send(Progress())
    channel.close()


def test_endless_line_is_refused() -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    channel = Channel(ours)
    for _ in range(16):
        theirs.send(b"x" * 4096)
        with pytest.raises(ChannelTimeoutError):
            channel.receive(timeout_s=0)
    theirs.send(b"x")
    with pytest.raises(ValueError, match="longer than 65536"):
        channel.receive(timeout_s=0)
    ours.close()
    theirs.close()


def test_ring_goes_round_and_cannot_shrink() -> None:
    descriptor = create_memory()
    size_memory(descriptor, height=3, width=5)
    writer = Ring(descriptor, height=3, width=5, is_writer=True)
    reader = Ring(descriptor, height=3, width=5, is_writer=False)
    for value in range(2 * NUM_SLOTS + 1):
        writer.next_slot()[:] = value
        np.testing.assert_array_equal(reader.next_slot(), np.full((3, 5, 3), value))
    assert not reader.next_slot().flags.writeable
    with pytest.raises(PermissionError):
        os.ftruncate(descriptor, 0)
    with pytest.raises(ValueError, match="length"):
        mmap.mmap(descriptor, NUM_SLOTS * 45 + 1)
    os.close(descriptor)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"kind":"frame","index":-1,"pts_s":0}',
        b'{"kind":"frame","index":0,"pts_s":NaN}',
        b'{"kind":"frame","index":0,"pts_s":0,"more":1}',
        b'{"kind":"else"}',
    ],
)
def test_nonsense_from_the_child_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # pydantic's message is long and its own
        parse_from_child(line)


@given(st.integers(0, 10**9), st.floats(-1e9, 1e9))
def test_times_cross_the_channel_exactly(index: int, pts_s: float) -> None:
    sent = FrameReady(index=index, pts_s=pts_s)
    received = parse_from_child(sent.model_dump_json().encode())
    assert isinstance(received, FrameReady)
    assert received == sent
    assert math.copysign(1, received.pts_s) == math.copysign(1, pts_s) or pts_s == 0


def test_problems_are_bounded() -> None:
    problems = limit_problems([f"{number} " + "x" * 1000 for number in range(MAX_PROBLEMS + 5)])
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1] == "and 5 more problems of this kind"
    assert max(map(len, problems)) == 500


def test_configuration_is_strict() -> None:
    with pytest.raises(ValidationError, match="extra"):
        VideoConfig.model_validate({"decodr": "pyav"})
    for field in ("threads", "max_pixels", "max_frames", "stall_s", "memory_bytes"):
        with pytest.raises(ValidationError, match=field):
            VideoConfig.model_validate({field: 0})
