"""Replaces itself by a command that the kernel kills when the parent dies: `python leash.py PARENT_PID COMMAND...`.

A program of its own, since code between fork and exec of a process with threads can deadlock. Imports only what starts
fast.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Set the parent-death signal, which survives exec, and become the command."""
    parent_pid, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        sys.exit("the parent died before its child was ready")
    os.execvp(command[0], command)  # noqa: S606 the command comes from our own code


if __name__ == "__main__":
    main()
