"""Freed memory, back to the system. Called by plugin.py and video_output.py, on threads of ours."""

import ctypes
import sys


def give_back_memory() -> None:
    """Lets the C library return freed memory to the system (glibc; elsewhere nothing). Not on OBS's threads.

    libobs copies a frame on the thread that hands it over. glibc gives threads heaps of their own, up to eight
    per core, and keeps freed memory in them: after some engines and frame sizes OBS held 40 MB of freed frames.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(ctypes.c_size_t(0))
