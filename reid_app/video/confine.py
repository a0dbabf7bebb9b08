"""What the decoding process may do, set by itself before it looks at the file."""

import ctypes
import os
import resource
import signal

from reid_app.video.config import VideoConfig

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def die_with_parent(parent_pid: int) -> None:
    """Let the kernel kill this process as soon as the thread that started it is gone."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def limit_resources(config: VideoConfig) -> None:
    """Limit memory, open files and processor time, and forbid writing files and core dumps."""
    _lower(resource.RLIMIT_AS, config.memory_bytes)
    _lower(resource.RLIMIT_NOFILE, config.max_open_files)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    limit_cpu(config.cpu_s)


def limit_cpu(total_s: float) -> None:
    """Let the kernel end this process when it has used this much processor time in all."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = max(1, round(total_s))
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _lower(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (limit, limit))
