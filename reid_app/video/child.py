"""The process that opens and decodes one video, confined: ``python -m reid_app.video.child``.

It gets an open file, never a path, and can write nothing but the shared memory and one socket.
"""

import importlib
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reid_app.errors import LimitError, ReidError, VideoError
from reid_app.video.channel import Channel, ChannelClosedError
from reid_app.video.config import VideoConfig
from reid_app.video.confine import die_with_parent, limit_cpu, limit_resources
from reid_app.video.containers import NUM_BYTES, identify_container
from reid_app.video.decord_source import DecordOnlySource, DecordSource
from reid_app.video.messages import (
    Ended,
    Failed,
    FrameReady,
    Opened,
    OpenRequest,
    Progress,
    RingReady,
    limit_problems,
)
from reid_app.video.pyav_source import PyavSource
from reid_app.video.ring import Ring
from reid_app.video.source import Source

_PROGRESS_EVERY_S = 1.0


def main(arguments: list[str]) -> None:
    """Serve one request on the descriptors that the parent passed: socket, video, memory; then the parent's id."""
    connection, video, memory, parent_pid = (int(argument) for argument in arguments)
    die_with_parent(parent_pid)
    channel = Channel(socket.socket(fileno=connection))
    try:
        request = OpenRequest.model_validate_json(channel.receive(timeout_s=None))
        limit_resources(request.config)
        channel.send(_answer(request, channel, video=video, memory=memory))
    except ChannelClosedError:
        os._exit(1)


def _answer(request: OpenRequest, channel: Channel, *, video: int, memory: int) -> Ended | Failed:
    try:
        source = _open(video, request.config, progress=_throttled(channel))
        limit_cpu(request.config.cpu_s + request.config.cpu_s_per_frame * source.info.num_frames)
        info = replace(source.info, problems=limit_problems(source.problems))
        channel.send(Opened(info=info))
        num_missing = _send_frames(request, source, channel, memory=memory) if request.with_frames else 0
        return Ended(problems=limit_problems(source.problems), missing_frames=num_missing)
    except ReidError as error:
        return Failed(is_limit=isinstance(error, LimitError), reason=str(error)[:1000])
    except MemoryError:
        reason = f"decoding it needs more than {request.config.memory_bytes} bytes of memory, the limit memory_bytes"
        return Failed(is_limit=True, reason=reason)
    except ChannelClosedError:
        raise
    except Exception as error:
        return Failed(is_limit=False, reason=f"decoding it failed: {type(error).__name__}: {error}"[:1000])


def _open(video: int, config: VideoConfig, *, progress: Callable[[], None]) -> Source:
    container = identify_container(os.pread(video, NUM_BYTES, 0))
    path = f"/proc/self/fd/{video}"
    if not _can_import("av"):
        return _open_without_pyav(path, container, config, progress=progress)
    checked = PyavSource(path, container=container, config=config, progress=progress)
    if config.decoder != "decord":
        return checked
    if not _can_import("decord"):
        checked.problems.append("PyAV decodes, because decord is not installed")
        return checked
    try:
        return DecordSource(checked, path=path, config=config, progress=progress)
    except VideoError as error:
        checked.problems.append(f"PyAV decodes, because {error}")
        return checked


def _open_without_pyav(path: str, container: str, config: VideoConfig, *, progress: Callable[[], None]) -> Source:
    if config.decoder == "pyav":
        raise VideoError("PyAV is not installed: install the package av, or set the decoder to auto")
    if not _can_import("decord"):
        raise VideoError("no decoder is installed: install the package av")
    return DecordOnlySource(path, container=container, config=config, progress=progress)


def _send_frames(request: OpenRequest, source: Source, channel: Channel, *, memory: int) -> int:
    """Send the frames asked for and return how many of them could not be decoded."""
    ready = RingReady.model_validate_json(channel.receive(timeout_s=None))
    ring = Ring(memory, height=source.info.height, width=source.info.width, is_writer=True)
    num_sent = 0
    for frame in source.frames(first_frame=request.first_frame, stride=request.stride):
        if num_sent >= ready.num_slots:
            channel.receive(timeout_s=None)
        np.copyto(ring.next_slot(), frame.image)
        channel.send(FrameReady(index=frame.index, pts_s=frame.pts_s))
        num_sent += 1
    num_wanted = _num_wanted(request, source)
    if num_sent < num_wanted:
        source.problems.append(f"{num_wanted - num_sent} of {num_wanted} wanted frames are missing")
    return max(0, num_wanted - num_sent)


def _num_wanted(request: OpenRequest, source: Source) -> int:
    start = -(-request.first_frame // request.stride) * request.stride
    return len(range(start, source.num_expected, request.stride))


def _can_import(name: str) -> bool:
    """Whether a decoder is there and works; a broken one counts as missing."""
    try:
        importlib.import_module(name)
    except (ImportError, OSError, RuntimeError):
        return False
    return True


def _throttled(channel: Channel) -> Callable[[], None]:
    """A function that says at most once a second that work goes on."""
    last_s = time.monotonic()

    def progress() -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s >= _PROGRESS_EVERY_S:
            last_s = now_s
            channel.send(Progress())

    return progress


if __name__ == "__main__":
    main(sys.argv[1:])
