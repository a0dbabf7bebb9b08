"""The decoding process: confined, and gone at once whoever dies."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from reid_app.errors import LimitError, VideoError
from reid_app.video.config import VideoConfig
from reid_app.video.reader import inspect_video, open_video
from tests.unit.video.painting import write_video

CONFIG = VideoConfig(memory_bytes=1 << 30)
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "walk.mp4", [index * 40 for index in range(200)])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_until_gone(pid: int) -> None:
    for _ in range(1000):
        status = Path(f"/proc/{pid}/status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return
        time.sleep(0.01)
    pytest.fail(f"process {pid} is still there")


def _status(pid: int, field: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1])


@pytest.mark.parametrize("num_read", [0, 1, 50])
def test_killed_child_is_a_clear_error(video: Path, num_read: int) -> None:
    with open_video(video, config=CONFIG) as stream:
        for _ in range(num_read):
            next(stream)
        os.kill(stream.decoder_pid, signal.SIGKILL)
        with pytest.raises(VideoError, match=r"walk\.mp4: the process that decodes it was killed"):
            list(stream)
        assert not _is_alive(stream.decoder_pid)
        assert list(stream) == []


def test_crashed_child_is_a_clear_error(video: Path) -> None:
    with open_video(video, config=CONFIG) as stream:
        os.kill(stream.decoder_pid, signal.SIGSEGV)
        with pytest.raises(VideoError, match=r"walk\.mp4: .* crashed \(SIGSEGV\)"):
            list(stream)


def test_hanging_child_is_ended(video: Path) -> None:
    with open_video(video, config=CONFIG.model_copy(update={"stall_s": 4.0})) as stream:
        os.kill(stream.decoder_pid, signal.SIGSTOP)
        with pytest.raises(VideoError, match=r"walk\.mp4: .* no progress for 4 s, the limit stall_s"):
            list(stream)
        assert not _is_alive(stream.decoder_pid)


def test_too_much_processor_time_is_a_limit(video: Path) -> None:
    with open_video(video, config=CONFIG) as stream:
        os.kill(stream.decoder_pid, signal.SIGXCPU)
        with pytest.raises(LimitError, match=r"walk\.mp4: .*cpu_s_per_frame"):
            list(stream)


def test_slow_reader_is_no_stall(video: Path) -> None:
    with open_video(video, config=CONFIG.model_copy(update={"stall_s": 4.0})) as stream:
        next(stream)
        time.sleep(4.5)
        assert len(list(stream)) == 199


def test_leaving_the_block_ends_the_child_without_a_zombie(video: Path) -> None:
    with open_video(video, config=CONFIG) as stream:
        for _ in stream:
            break
        assert _is_alive(stream.decoder_pid)
    assert not _is_alive(stream.decoder_pid)


def test_an_error_in_the_block_ends_the_child(video: Path) -> None:
    def consume() -> None:
        with open_video(video, config=CONFIG) as stream:
            pids.append(stream.decoder_pid)
            next(stream)
            raise KeyboardInterrupt

    pids: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        consume()
    assert not _is_alive(pids[0])


def test_a_forgotten_stream_ends_its_child(video: Path) -> None:
    stream = open_video(video, config=CONFIG)
    next(stream)
    pid = stream.decoder_pid
    del stream
    gc.collect()
    assert not _is_alive(pid)


def test_frames_outlive_the_ring(video: Path) -> None:
    with open_video(video, config=CONFIG) as stream:
        frames = list(stream)
    with open_video(video, config=CONFIG) as stream:
        assert all((again.image == frame.image).all() for again, frame in zip(stream, frames, strict=True))
    assert frames[0].image.flags.owndata
    assert frames[0].image.flags.writeable


def _start_reader(video: Path, *, then: str) -> "subprocess.Popen[str]":
    script = f"""
        import time
        from pathlib import Path
        from reid_app.video.config import VideoConfig
        from reid_app.video.reader import open_video
        with open_video(Path({str(video)!r}), config=VideoConfig(memory_bytes=1 << 30)) as stream:
            next(stream)
            print(stream.decoder_pid, flush=True)
            {then}
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_child_dies_with_its_parent(video: Path, sign: signal.Signals) -> None:
    parent = _start_reader(video, then="time.sleep(60)")
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert _is_alive(pid)
    os.kill(pid, signal.SIGSTOP)  # so that it cannot see for itself that its parent is gone
    parent.send_signal(sign)
    parent.communicate(timeout=20)
    assert parent.returncode != 0
    _wait_until_gone(pid)


def test_nothing_stays_behind(video: Path) -> None:
    def leftovers() -> set[str]:
        return {str(path) for folder in ("/dev/shm", "/tmp") for path in Path(folder).glob("*reid-video*")}

    before, descriptors = leftovers(), len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with open_video(video, config=CONFIG) as stream:
            next(stream)
        with open_video(video, config=CONFIG) as stream:
            os.kill(stream.decoder_pid, signal.SIGKILL)
        inspect_video(video, config=CONFIG)
    del stream
    gc.collect()
    assert leftovers() == before
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_child_is_confined(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REID_DATABASE_PASSWORD", "secret")
    with open(os.devnull) as stray, open_video(video, config=CONFIG) as stream:
        os.set_inheritable(stray.fileno(), True)
        next(stream)
        folder = Path(f"/proc/{stream.decoder_pid}")
        limits = {line[:26].strip(): line[26:].split()[0] for line in (folder / "limits").read_text().splitlines()}
        assert limits["Max address space"] == str(1 << 30)
        assert limits["Max open files"] == "32"
        assert limits["Max file size"] == "0"
        assert limits["Max core file size"] == "0"
        assert limits["Max cpu time"] == "320"
        assert os.getsid(stream.decoder_pid) == stream.decoder_pid
        assert b"secret" not in (folder / "environ").read_bytes()
        assert _status(stream.decoder_pid, "NoNewPrivs") == 1
        open_files = {os.readlink(link) for link in (folder / "fd").iterdir()}
    for name in open_files:
        assert name in ("/dev/null", str(video)) or name.startswith(("socket:", "/memfd:reid-video")), open_files


def test_stray_descriptors_are_not_inherited(video: Path, tmp_path: Path) -> None:
    with (tmp_path / "stray.txt").open("w") as stray:
        os.set_inheritable(stray.fileno(), True)
        with open_video(video, config=CONFIG) as stream:
            next(stream)
            links = [os.readlink(link) for link in Path(f"/proc/{stream.decoder_pid}/fd").iterdir()]
    assert str(tmp_path / "stray.txt") not in links


def test_number_of_threads_is_fixed(video: Path) -> None:
    counts = []
    for threads in (1, 4):
        with open_video(video, config=CONFIG.model_copy(update={"threads": threads})) as stream:
            next(stream)
            counts.append(_status(stream.decoder_pid, "Threads"))
    assert counts[1] - counts[0] in (3, 4)


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    peaks_kib = []
    for num_frames in (100, 3000):
        times_ms = [index * 40 for index in range(num_frames)]
        path = write_video(tmp_path / f"{num_frames}.mp4", times_ms, options={"preset": "ultrafast"})
        with open_video(path, config=CONFIG) as stream:
            for frame in stream:
                if frame.index == num_frames - 1:
                    peaks_kib.append(_status(stream.decoder_pid, "VmHWM"))
    assert peaks_kib[1] - peaks_kib[0] < 8 * 1024


def _hide(name: str, *, folder: Path) -> str:
    (folder / f"{name}.py").write_text(f"raise ImportError('{name} is hidden by a test')\n")
    return str(folder)


def test_without_decord_pyav_decodes_and_says_so(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", _hide("decord", folder=tmp_path))
    with open_video(video, config=CONFIG) as stream:
        assert len(list(stream)) == 200
        assert stream.problems == ()
    with open_video(video, config=CONFIG.model_copy(update={"decoder": "decord"})) as stream:
        assert len(list(stream)) == 200
        assert stream.info.decoder == "pyav"
        assert stream.problems == ("PyAV decodes, because decord is not installed",)


def test_without_pyav_decord_decodes_and_says_what_is_lost(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", _hide("av", folder=tmp_path))
    with open_video(video, config=CONFIG, stride=7, first_frame=9) as stream:
        rows = [(frame.index, round(frame.pts_s, 4)) for frame in stream]
        assert stream.info.decoder == "decord"
        assert "PyAV is not installed: times count from the first frame" in stream.problems[0]
    assert rows == [(index, round(index * 0.04, 4)) for index in range(14, 200, 7)]
    with pytest.raises(VideoError, match=r"walk\.mp4: PyAV is not installed"):
        inspect_video(video, config=CONFIG.model_copy(update={"decoder": "pyav"}))


def test_without_any_decoder_it_says_what_to_install(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hide("av", folder=tmp_path)
    monkeypatch.setenv("PYTHONPATH", _hide("decord", folder=tmp_path))
    with pytest.raises(VideoError, match="no decoder is installed: install the package av"):
        inspect_video(video, config=CONFIG)
