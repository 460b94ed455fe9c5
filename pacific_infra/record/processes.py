"""Which process is meant, also after its number has been given to another one, and on another computer."""

import getpass
import hashlib
import os
import socket
from functools import cache
from pathlib import Path

import psutil

MACHINE = "pacificMachine"
"""Our field of a lock, which Pulumi does not know: whose process numbers it has, as ``this_machine`` says it."""
_TOLERANCE = 0.05
"""Seconds: both times are made of clock ticks."""
_NO_CONTAINER = "pid:[4026531836]"
"""The kernel's first process numbers (PROC_PID_INIT_INO of Linux): no container has them."""


@cache
def this_machine() -> str:
    """By which processes that have this one's numbers are told from others: the computer's identifier, that of its
    present start, and whose numbers they are. Containers have numbers of their own; two computers may have one name.
    """
    return f"{_computer()} {_line(Path('/proc/sys/kernel/random/boot_id'))} {_numbers()}"


def _computer() -> str:
    """Made from the computer's identifier, which others must not learn: machine-id(5)."""
    identifier = _line(Path("/etc/machine-id"))
    return identifier if identifier == "-" else hashlib.sha256(f"pacific-infra {identifier}".encode()).hexdigest()[:32]


def _line(file: Path) -> str:
    try:
        return file.read_text().strip() or "-"
    except OSError:
        return "-"


def _numbers() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return "-"


def user_name() -> str:
    """The user of this process; the number where the user has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def is_here(host: str, machine: str | None) -> bool:
    """Whether the process numbers of what was written there are those of this process.

    ``machine``: as ``this_machine`` said it; None in what plain Pulumi or an earlier version has written.
    """
    return host == socket.gethostname() and machine in (None, this_machine())


def is_of_earlier_start(host: str, machine: str | None) -> bool:
    """Whether it was written before this computer was started last: no process of then runs."""
    if host != socket.gethostname() or machine is None:
        return False
    try:
        computer, start, numbers = machine.split(" ")
    except ValueError:
        return False
    this_computer, this_start, _ = this_machine().split(" ")
    return computer == this_computer != "-" and start != this_start and numbers == _numbers() == _NO_CONTAINER


def started_at(pid: int) -> float | None:
    """When the process with this pid was started, in seconds since this computer was; None where there is none.

    Not in the time of day: a clock that is set would make another process of it. One that has ended and that nobody
    has asked how is none: in a container there may be nobody who does.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.create_time() - psutil.boot_time()
    except psutil.NoSuchProcess:
        return None


def still_runs(pid: int, started: float) -> bool:
    """Whether the process with this pid is the one that ``started_at`` had said this of."""
    now = started_at(pid)
    return now is not None and abs(now - started) < _TOLERANCE


def is_over(host: str, machine: str | None, pid: int, started: float) -> bool:
    """Whether the process is known to have ended; of one of another computer or container nothing is known."""
    if is_here(host, machine):
        return not still_runs(pid, started)
    return is_of_earlier_start(host, machine)
