"""Finished frames in shared memory: a ring of slots that the engine writes and OBS reads without copying.

The OBS side creates a `Ring` and hands its `token` and file descriptor to the engine, which opens the same memory.
The memory has no name in the file system (memfd, an unlinked file, or on Windows a counted mapping), so nothing is
left behind however either side ends. Capacity is that of the largest frame; pages are used only once written.

One writer thread, one reader thread, no locks. The writer takes slots in turn, passing over the one being read and
the newest; the reader marks a slot as being read, then looks again whether it is still the newest, so a slot that the
writer may already have chosen is never handed out. One further slot, `fallback`, holds the background alone: the OBS
side shows it when the engine has died, so that a frozen picture does not stay.

Layout, little-endian u64 words: 0 magic, 1 newest slot + 1 (0: none), 2 slot being read + 1 (0: none); from word 8,
eight words a slot: sequence, width, height, format, linesize, timestamp_ns. Pixels start at page-aligned offsets.
"""

import contextlib
import ctypes
import dataclasses
import mmap
import os
import sys
import tempfile
import uuid
from typing import Optional

MAX_WIDTH, MAX_HEIGHT = 3840, 2160
SLOTS = 4
FALLBACK = SLOTS
_MAGIC = 0x31424741_52494E47
_HEADER_BYTES = 4096
_SLOT_BYTES = (MAX_WIDTH * MAX_HEIGHT * 4 + 4095) // 4096 * 4096
_TOTAL_BYTES = _HEADER_BYTES + (SLOTS + 1) * _SLOT_BYTES
_NEWEST, _READING, _FIRST_SLOT_WORD, _SLOT_WORDS = 1, 2, 8, 8

# libobs's enum video_format, so that the OBS side passes the number on.
BGRA, BGRX, BGR3 = 7, 8, 11
BYTES_PER_PIXEL = {BGRA: 4, BGRX: 4, BGR3: 3}


@dataclasses.dataclass(frozen=True)
class FrameInfo:
    """A published frame: its slot, running number, size in px, pixel format, bytes a row, capture time (monotonic)."""

    slot: int
    sequence: int
    width: int
    height: int
    format: int
    linesize: int
    timestamp_ns: int


class Ring:
    """The shared memory, on either side. `close()` is idempotent; the last side to close frees the memory."""

    def __init__(self, memory: mmap.mmap, descriptor: Optional[int], token: str) -> None:
        self.descriptor = descriptor
        self.token = token
        self._memory = memory
        self._words = memoryview(memory)[:_HEADER_BYTES].cast("Q")
        self._sequence = 0
        self._next_slot = 0

    @classmethod
    def create(cls) -> "Ring":
        """New memory, for the OBS side. `descriptor` (POSIX) must be passed on to the child process."""
        if sys.platform == "win32":
            token = f"tag:ai-background-{uuid.uuid4().hex}"
            ring = cls(mmap.mmap(-1, _TOTAL_BYTES, tagname=token[4:]), None, token)
        else:
            if hasattr(os, "memfd_create"):
                descriptor = os.memfd_create("ai-background")
            else:
                with tempfile.TemporaryFile() as file:
                    descriptor = os.dup(file.fileno())
            os.ftruncate(descriptor, _TOTAL_BYTES)
            ring = cls(mmap.mmap(descriptor, _TOTAL_BYTES), descriptor, f"fd:{descriptor}")
        ring._words[0] = _MAGIC
        return ring

    @classmethod
    def open(cls, token: str) -> "Ring":
        """The memory that the other side created. Raises ValueError or OSError when the token is not one of ours."""
        kind, _, name = token.partition(":")
        if kind == "tag" and sys.platform == "win32":
            ring = cls(mmap.mmap(-1, _TOTAL_BYTES, tagname=name), None, token)
        elif kind == "fd":
            ring = cls(mmap.mmap(int(name), _TOTAL_BYTES), int(name), token)
        else:
            raise ValueError(f"ring token: got {token!r}, expected fd:N or tag:NAME")
        if ring._words[0] != _MAGIC:
            ring.close()
            raise ValueError("ring: the shared memory is not one of ours")
        return ring

    def close(self) -> None:
        """Gives the memory back. Views handed out before must be gone, or the pages stay until they are."""
        if self._memory.closed:
            return
        self._words.release()
        with contextlib.suppress(BufferError):  # a view is still alive somewhere: the mapping ends with it
            self._memory.close()
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    # Writer's side (engine worker thread only).

    def begin(self, width: int, height: int, format: int, slot: Optional[int] = None) -> tuple[int, memoryview]:
        """A slot that nobody reads, and its (height * width * bytes per pixel) bytes to fill. Then `publish` it.

        `slot=FALLBACK` fills the spare slot instead of one of the ring's. Raises ValueError beyond the capacity.
        """
        size = width * height * BYTES_PER_PIXEL[format]
        if not (width > 0 and height > 0 and size <= _SLOT_BYTES):
            raise ValueError(f"frame of {width}x{height}, expected at most {MAX_WIDTH}x{MAX_HEIGHT}")
        if slot is None:
            taken = (self._words[_NEWEST] - 1, self._words[_READING] - 1)
            while self._next_slot in taken:
                self._next_slot = (self._next_slot + 1) % SLOTS
            slot = self._next_slot
        base = _FIRST_SLOT_WORD + slot * _SLOT_WORDS
        self._words[base] = 0  # half-written: a reader that sees this does not take it
        self._words[base + 1] = width
        self._words[base + 2] = height
        self._words[base + 3] = format
        self._words[base + 4] = width * BYTES_PER_PIXEL[format]
        start = _HEADER_BYTES + slot * _SLOT_BYTES
        return slot, memoryview(self._memory)[start : start + size]

    def publish(self, slot: int, timestamp_ns: int) -> int:
        """Makes the slot the newest frame (the spare slot: valid). Returns the frame's running number, from 1."""
        base = _FIRST_SLOT_WORD + slot * _SLOT_WORDS
        self._sequence += 1
        self._words[base + 5] = timestamp_ns
        self._words[base] = self._sequence
        if slot != FALLBACK:
            self._words[_NEWEST] = slot + 1
            self._next_slot = (slot + 1) % SLOTS
        return self._sequence

    # Reader's side (OBS pump thread only).

    def acquire(self, after: int = 0) -> Optional[FrameInfo]:
        """The newest frame if its number differs from `after`, held until `release`; None when there is none."""
        for _ in range(SLOTS):
            newest = self._words[_NEWEST]
            if not 0 < newest <= SLOTS:
                return None
            self._words[_READING] = newest
            if self._words[_NEWEST] == newest:
                info = self._info(newest - 1)
                if info is not None and info.sequence != after:
                    return info
                break
        self.release()
        return None

    def fallback(self) -> Optional[FrameInfo]:
        """The background alone, if the engine has left one. Read it only while no engine runs."""
        return self._info(FALLBACK)

    def release(self) -> None:
        """The frame from `acquire` is no longer read."""
        self._words[_READING] = 0

    def forget(self) -> None:
        """Drops published frames (not the spare slot), before a new engine takes over the ring."""
        self._words[_NEWEST] = 0
        self._words[_READING] = 0

    def address(self, info: FrameInfo) -> int:
        """Where the frame's pixels stand in this process, for libobs. Valid until `close`."""
        anchor = ctypes.c_char.from_buffer(self._memory)
        return ctypes.addressof(anchor) + _HEADER_BYTES + info.slot * _SLOT_BYTES

    def pixels(self, info: FrameInfo) -> memoryview:
        """The frame's bytes, read-only, `linesize` a row."""
        start = _HEADER_BYTES + info.slot * _SLOT_BYTES
        return memoryview(self._memory)[start : start + info.linesize * info.height].toreadonly()

    def _info(self, slot: int) -> Optional[FrameInfo]:
        """The slot's header, or None while it is half-written or does not describe a frame that fits (other side)."""
        base = _FIRST_SLOT_WORD + slot * _SLOT_WORDS
        sequence, width, height, format, linesize, timestamp_ns = self._words[base : base + 6].tolist()
        if sequence == 0 or format not in BYTES_PER_PIXEL or linesize != width * BYTES_PER_PIXEL[format]:
            return None
        if not (width > 0 and height > 0 and linesize * height <= _SLOT_BYTES):
            return None
        return FrameInfo(slot, sequence, width, height, format, linesize, timestamp_ns)
