"""What differs between the systems that tests run on, with the reasons that pytest shows for a test left out."""

import os
import signal
import sys
from pathlib import Path

import pytest

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, which only Linux has")
needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="plays a program by a shell script")
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="making a link takes a privilege on Windows")


def skip_if_linux_cannot_be_played() -> None:
    """For fixtures, before they say that this is Linux."""
    if sys.platform == "win32":
        pytest.skip("plays a Linux, whose paths Windows writes otherwise")


def open_descriptors() -> int:
    """How many this process has; 0 where the system does not tell."""
    return len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0


def kill(pid: int) -> str:
    """Ends a process at once; how people are told of that."""
    os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    return "exit code 15" if sys.platform == "win32" else "signal 9"


def is_alive(pid: int) -> bool:
    """Whether the process runs. A dead one that nobody has waited for yet does not, where the system tells."""
    if sys.platform == "win32":
        import ctypes  # os.kill(pid, 0) is Ctrl-C there

        synchronize, wait_timeout, kernel32 = 0x100000, 0x102, ctypes.windll.kernel32
        handle = kernel32.OpenProcess(synchronize, False, pid)
        try:
            return bool(handle) and kernel32.WaitForSingleObject(handle, 0) == wait_timeout
        finally:
            kernel32.CloseHandle(handle)
    try:
        os.kill(pid, 0)
        return sys.platform != "linux" or Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
