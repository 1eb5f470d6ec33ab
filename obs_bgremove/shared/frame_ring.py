"""Finished frames in shared memory: a ring of slots that the engine writes and OBS reads without copying.

The OBS side creates a `Ring` and hands its `token` and file descriptor to the engine, which opens the same memory (see
ring_memory). Capacity is that of the largest frame.

One writer, one reader, no waiting. The writer takes slots in turn, passing over the newest and the one being read; the
reader marks a slot as being read, then looks again whether it is still the newest. So whichever of them is later sees
the other: a slot that the writer may already have chosen is never handed out. The spare pictures, the background alone,
are exchanged in the same way through two slots of their own: OBS shows the newest one when the engine has died, hangs
or is late, so that a frozen picture does not stay. With two of them a spare one is always whole, even while the engine
makes the next or dies over it.

What the above needs of the machine is that a store (the mark) is seen by the other side before a later load (the second
look) is done, and pixels before the number that announces them. CPython promises neither for a memoryview; `_fence`
asks for it by taking and giving back a lock, which on x86-64 is a locked instruction, a full fence, and on arm64 an
atomic access with acquire and release. Two processes are tested for torn frames on x86-64 only. Were a fence to fail,
slots are still taken in turn: the one the reader holds is chosen a whole frame after it has stopped being the newest.

Layout, little-endian u64 words: 0 magic; 1 newest slot + 1 (0: none), 2 slot being read + 1 (0: none), 3 and 4 the same
for the spare slots; from word 8, eight words a slot: sequence, width, height, format, linesize, timestamp_ns. Pixels
start at page-aligned offsets.
"""

import contextlib
import ctypes
import dataclasses
import os
import threading
from typing import Optional

from obs_bgremove.shared import ring_memory
from obs_bgremove.shared.ring_memory import SharedMemory

MAX_WIDTH, MAX_HEIGHT = 3840, 2160
# Three: the newest, the one being read, the one being written. As many backgrounds need to be copied after a change.
SLOTS, SPARE_SLOTS = 3, 2
FALLBACK = SLOTS  # as the argument of `begin`: one of the spare slots
# Pixels are blue, green, red, alpha (straight). The number is libobs's, so that the OBS side passes it on.
BGRA = 7
BYTES_PER_PIXEL = 4
_MAGIC = 0x32424741_52494E47
_HEADER_BYTES = 4096
_SLOT_BYTES = (MAX_WIDTH * MAX_HEIGHT * BYTES_PER_PIXEL + 4095) // 4096 * 4096
_TOTAL_BYTES = _HEADER_BYTES + (SLOTS + SPARE_SLOTS) * _SLOT_BYTES
_NEWEST, _READING, _NEWEST_SPARE, _READING_SPARE, _FIRST_SLOT_WORD, _SLOT_WORDS = 1, 2, 3, 4, 8, 8


@dataclasses.dataclass(frozen=True)
class FrameInfo:
    """A published frame: its slot, running number, size in px, pixel format, bytes a row, capture time (now_ns)."""

    slot: int
    sequence: int
    width: int
    height: int
    format: int
    linesize: int
    timestamp_ns: int


class Ring:
    """The shared memory, on either side. `close()` is idempotent; the last side to close frees the memory."""

    def __init__(self, shared: SharedMemory) -> None:
        self.descriptor, self.token = shared.descriptor, shared.token
        self._memory = shared.map
        self._words = memoryview(shared.map)[:_HEADER_BYTES].cast("Q")
        self._sequence = 0
        self._next_slot = 0
        self._lock = threading.Lock()

    @classmethod
    def create(cls) -> "Ring":
        """New memory, for the OBS side. `descriptor` (POSIX) must be passed on to the child process."""
        ring = cls(ring_memory.create(_TOTAL_BYTES))
        ring._words[0] = _MAGIC
        return ring

    @classmethod
    def open(cls, token: str) -> "Ring":
        """The memory that the other side created. Raises ValueError or OSError when the token is not one of ours."""
        ring = cls(ring_memory.open_token(token, _TOTAL_BYTES))
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

    def begin(self, width: int, height: int, slot: Optional[int] = None) -> "tuple[int, memoryview]":
        """A slot that nobody reads, and its height * width * BYTES_PER_PIXEL bytes to fill. Then `publish` it.

        `slot=FALLBACK` gives a spare slot instead; ask `spare_is_free` before. Raises ValueError beyond the capacity.
        """
        size = width * height * BYTES_PER_PIXEL
        if not (width > 0 and height > 0 and size <= _SLOT_BYTES):
            raise ValueError(f"frame of {width}x{height}, expected at most {MAX_WIDTH}x{MAX_HEIGHT}")
        if slot is None:
            self._fence()
            taken = (self._words[_NEWEST] - 1, self._words[_READING] - 1)
            while self._next_slot in taken:
                self._next_slot = (self._next_slot + 1) % SLOTS
            slot = self._next_slot
        else:
            slot = self._older_spare()
        base = _FIRST_SLOT_WORD + slot * _SLOT_WORDS
        self._words[base] = 0  # half-written: a reader that sees this does not take it
        self._words[base + 1] = width
        self._words[base + 2] = height
        self._words[base + 3] = BGRA
        self._words[base + 4] = width * BYTES_PER_PIXEL
        start = _HEADER_BYTES + slot * _SLOT_BYTES
        return slot, memoryview(self._memory)[start : start + size]

    def publish(self, slot: int, timestamp_ns: int) -> int:
        """Makes the slot the newest frame (or the newest spare picture). Returns its running number, from 1."""
        base = _FIRST_SLOT_WORD + slot * _SLOT_WORDS
        self._sequence += 1
        self._words[base + 5] = timestamp_ns
        self._words[base] = self._sequence
        self._fence()
        if slot >= SLOTS:
            self._words[_NEWEST_SPARE] = slot + 1
        else:
            self._words[_NEWEST] = slot + 1
            self._next_slot = (slot + 1) % SLOTS
        return self._sequence

    def spare_is_free(self) -> bool:
        """Whether a spare picture may be made now. It may not for the millisecond in which the older one is read."""
        self._fence()
        return self._words[_READING_SPARE] - 1 != self._older_spare()

    def _older_spare(self) -> int:
        return SLOTS + 1 if self._words[_NEWEST_SPARE] - 1 == SLOTS else SLOTS

    # Reader's side (OBS; one thread at a time).

    def acquire(self, after: int = 0) -> Optional[FrameInfo]:
        """The newest frame if its number differs from `after`, held until `release`; None when there is none."""
        info = self._take(_NEWEST, _READING, range(SLOTS))
        if info is None or info.sequence == after:
            self.release()
            return None
        return info

    def release(self) -> None:
        """The frame from `acquire` is no longer read."""
        self._fence()
        self._words[_READING] = 0

    def acquire_fallback(self) -> Optional[FrameInfo]:
        """The background alone, held until `release_fallback`; None when no engine has left one."""
        info = self._take(_NEWEST_SPARE, _READING_SPARE, range(SLOTS, SLOTS + SPARE_SLOTS))
        if info is None:
            self.release_fallback()
        return info

    def release_fallback(self) -> None:
        """The picture from `acquire_fallback` is no longer read."""
        self._fence()
        self._words[_READING_SPARE] = 0

    def forget(self) -> None:
        """Drops published frames (not the spare ones), before a new engine takes over the ring."""
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

    def _take(self, newest_word: int, reading_word: int, slots: range) -> Optional[FrameInfo]:
        """Marks the newest of these slots as being read. None when there is none; the mark is then to be taken away."""
        for _ in slots:
            newest = self._words[newest_word]
            if newest - 1 not in slots:
                return None
            self._words[reading_word] = newest
            self._fence()
            if self._words[newest_word] == newest:
                return self._info(newest - 1)
        return None

    def _info(self, slot: int) -> Optional[FrameInfo]:
        """The slot's header, or None while it is half-written or does not describe a frame that fits (other side)."""
        base = _FIRST_SLOT_WORD + slot * _SLOT_WORDS
        sequence, width, height, format, linesize, timestamp_ns = self._words[base : base + 6].tolist()
        if sequence == 0 or format != BGRA or linesize != width * BYTES_PER_PIXEL:
            return None
        if not (width > 0 and height > 0 and linesize * height <= _SLOT_BYTES):
            return None
        return FrameInfo(slot, sequence, width, height, format, linesize, timestamp_ns)

    def _fence(self) -> None:
        """Orders what this thread has stored and loaded before against what it does after; see the module."""
        with self._lock:
            pass
