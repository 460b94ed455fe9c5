"""Starts a process of the sandbox so that it dies with the daemon: ``launch.py PARENT_PID PROGRAM ARGUMENT...``.

It becomes the program by ``execv``. On Linux the kernel then kills it with the daemon, even after ``kill -9``. It is a
program of its own, and not a ``preexec_fn``, since forked Python code is not safe in a process with threads.
"""

import os
import sys

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9


def main(parent: int, command: list[str]) -> None:
    """Ask to be killed with ``parent``, then become ``command``."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - not needed elsewhere

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:  # It died before the kernel was asked.
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - the caller's own program


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
