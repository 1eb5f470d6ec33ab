"""Where finished frames go when OBS asked for them: the ring in shared memory, filled in place.

Used by the worker thread only. BGRA is written straight into a slot. Opaque frames are made with three bytes a pixel,
which is quicker for every step before, and widened into the slot (0.1 ms at 720p): three-byte frames cost OBS's
graphics thread a conversion pass each. Measured in OBS 29 with software GL, 62 s at 720p30 on two busy cores: render
time 50 ms and 622 frames skipped with BGR3, 40 ms and 324 with BGRX.
"""

from typing import Optional

import cv2
import numpy as np

from obs_bgremove.engine.sources import Image
from obs_bgremove.framebuffer import BGRA, BGRX, FALLBACK, Ring


class RingSink:
    """`allocate` gives the next slot as an array; `publish` makes what was written there the newest frame."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._slot: Optional[int] = None
        self._pixels: Image = np.empty((0, 0, 4), np.uint8)  # the slot
        self._opaque: Image = np.empty((0, 0, 3), np.uint8)  # what is made before it goes there
        self._widen = False

    def allocate(self, width: int, height: int, channels: int) -> Image:
        """An array (height, width, channels) uint8 to fill, valid until `publish`. channels: 3 opaque, 4 with alpha."""
        return self._begin(width, height, channels, None)

    def allocate_fallback(self, width: int, height: int, channels: int) -> Image:
        """The same for the spare slot, for the background alone."""
        return self._begin(width, height, channels, FALLBACK)

    def _begin(self, width: int, height: int, channels: int, slot: Optional[int]) -> Image:
        self._slot, pixels = self._ring.begin(width, height, BGRA if channels == 4 else BGRX, slot)
        self._pixels = np.frombuffer(pixels, np.uint8).reshape(height, width, 4)
        self._widen = channels == 3
        if not self._widen:
            return self._pixels
        if self._opaque.shape[:2] != (height, width):
            self._opaque = np.empty((height, width, 3), np.uint8)
        return self._opaque

    def publish(self, timestamp_ns: int) -> int:
        """Hands over what was allocated last; returns its running number."""
        assert self._slot is not None
        if self._widen:
            cv2.cvtColor(self._opaque, cv2.COLOR_BGR2BGRA, dst=self._pixels)
        return self._ring.publish(self._slot, timestamp_ns)
