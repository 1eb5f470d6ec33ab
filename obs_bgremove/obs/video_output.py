"""What one source shows: hands finished frames of the ring to OBS, and takes an old picture away.

`deliver` runs on the pump thread, `expire` on the supervisor's; a lock keeps them and `close` apart. libobs copies the
pixels before it returns, so a slot is held for about a millisecond and nothing is copied here.
"""

import ctypes
import threading
import time
from typing import Any, Optional

from obs_bgremove.obs import libobs
from obs_bgremove.obs.memory import give_back_memory
from obs_bgremove.shared.frame_ring import FrameInfo, Ring

TRIM_AFTER_S = 5.0  # after a change of size or engine: by then libobs has freed the frames it kept
STALE_S = 2.0  # how long a picture may stand still before the background alone is shown


class VideoOutput:
    """The ring of one source and its weak reference, which stays the caller's."""

    def __init__(self, lib: Any, weak: int, ring: Ring) -> None:
        self.ring = ring
        self.frames = 0  # of the present engine
        self.engine_started = time.monotonic()
        self._lib, self._weak = lib, weak
        self._lock = threading.Lock()
        self._closed = False
        self._last_sequence = 0
        self._live = True  # a live picture is on show, or nothing has been shown yet
        self._shown_at = time.monotonic()
        self._layout: tuple[int, ...] = ()
        self._trim_at: Optional[float] = None

    def deliver(self) -> bool:
        """Shows the newest frame of the ring, if there is one not shown yet. True for the first of an engine."""
        with self._lock:
            if self._closed:
                return False
            info = self.ring.acquire(after=self._last_sequence)
            if info is None:
                return False
            try:
                self._output(info)
            finally:
                self.ring.release()
            self._last_sequence = info.sequence
            self._shown_at = time.monotonic()
            self._live = True
            self.frames += 1
            layout = (info.width, info.height, info.format)
            if layout != self._layout or self.frames == 1:
                self._layout, self._trim_at = layout, time.monotonic() + TRIM_AFTER_S
            return self.frames == 1

    def expire(self, showing_since: Optional[float], stale_s: float) -> None:
        """Replaces a picture that has stood still for too long by the background alone, or by nothing; tidies memory.

        Not while the source is hidden (`showing_since` None): nobody sees it, and the next frame comes at once.
        """
        if self._trim_at is not None and time.monotonic() >= self._trim_at:
            self._trim_at = None
            give_back_memory()
        if showing_since is None or not self._live:
            return
        with self._lock:
            if self._closed or time.monotonic() - max(self._shown_at, showing_since) < stale_s:
                return
            self._live = False
            try:
                self._output(self.ring.acquire_fallback())
            finally:
                self.ring.release_fallback()

    def new_engine(self) -> None:
        """Before another process writes: its frames count from 1 again."""
        with self._lock:
            if not self._closed:
                self.ring.forget()
                self._last_sequence = self.frames = 0
                self.engine_started = time.monotonic()

    def close(self) -> bool:
        """Gives the ring back, once nobody reads it. Idempotent. False: libobs is still reading, and ring and weak
        reference must stay, as a leak is better than a crash."""
        self._closed = True
        if not self._lock.acquire(timeout=2.0):
            return False
        self.ring.close()
        self._lock.release()
        return True

    def _output(self, info: Optional[FrameInfo]) -> None:
        source = self._lib.obs_weak_source_get_source(self._weak)
        if not source:
            return  # removed meanwhile
        try:
            if info is None:
                self._lib.obs_source_output_video(source, None)
                return
            frame = libobs.obs_source_frame(
                width=info.width,
                height=info.height,
                format=info.format,
                timestamp=self._lib.os_gettime_ns(),
                full_range=True,  # RGB always is
            )
            frame.data[0] = self.ring.address(info)
            frame.linesize[0] = info.linesize
            self._lib.obs_source_output_video(source, ctypes.byref(frame))
        finally:
            self._lib.obs_source_release(source)
