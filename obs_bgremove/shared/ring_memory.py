"""Memory that two processes share and that has no name: so nothing is left behind however either of them ends.

Linux: a memfd, sealed against a change of size. OBS reads it without copying, and would die (SIGBUS) if an engine gone
mad could shorten it. macOS: a POSIX shared memory object, its name removed at once; a temporary file would do as well,
but its pages may be written to the disk, at 720p30 up to 110 MB/s. Windows: a mapping of the page file, which lasts as
long as a process holds it. There the whole size counts as used from the start; elsewhere a page does once written.

The side that creates it passes `descriptor` (not on Windows) and `token` on to the other. Standard library only.
"""

import mmap
import os
import sys
import tempfile
import uuid
from typing import NamedTuple, Optional

if sys.platform != "win32":
    import fcntl


class SharedMemory(NamedTuple):
    """The mapping; the file descriptor that keeps it, None on Windows; and what the other side opens it by."""

    map: mmap.mmap
    descriptor: Optional[int]
    token: str


def create(size: int) -> SharedMemory:
    """New memory of so many bytes, all zero. Raises OSError when there is none."""
    if sys.platform == "win32":
        tag = f"ai-background-{uuid.uuid4().hex}"
        return SharedMemory(mmap.mmap(-1, size, tagname=tag), None, f"tag:{tag}")
    descriptor = _descriptor(size)
    return SharedMemory(mmap.mmap(descriptor, size), descriptor, f"fd:{descriptor}")


def open_token(token: str, size: int) -> SharedMemory:
    """The memory that the other side created. Raises ValueError or OSError when the token leads to none."""
    kind, _, name = token.partition(":")
    if kind == "tag" and sys.platform == "win32":
        return SharedMemory(mmap.mmap(-1, size, tagname=name), None, token)
    if kind == "fd" and sys.platform != "win32":
        return SharedMemory(mmap.mmap(int(name), size), int(name), token)
    raise ValueError(f"ring token: got {token!r}, expected fd:N or tag:NAME")


if sys.platform != "win32":

    def _descriptor(size: int) -> int:
        """A new nameless file in memory, of this size."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("ai-background", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.ftruncate(descriptor, size)
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
            return descriptor
        descriptor = _unlinked()
        os.ftruncate(descriptor, size)
        return descriptor

    def _unlinked() -> int:
        """A shared memory object, or where there are none an open file, whose name is gone already."""
        try:
            import _posixshmem
        except ImportError:
            with tempfile.TemporaryFile() as file:
                return os.dup(file.fileno())
        name = f"/aibg-{uuid.uuid4().hex[:16]}"  # macOS allows 31 characters
        descriptor: int = _posixshmem.shm_open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _posixshmem.shm_unlink(name)
        return descriptor
