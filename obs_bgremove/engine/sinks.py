"""Where finished frames go when OBS asked for them: the ring in shared memory, filled in place.

Used by the worker thread only. The pixels are written straight into a slot, so nothing is copied on the way.
"""

from typing import Optional

import numpy as np

from obs_bgremove.engine.sources import Image
from obs_bgremove.framebuffer import BGR3, BGRA, FALLBACK, Ring


class RingSink:
    """`allocate` gives the next slot as an array; `publish` makes what was written there the newest frame."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._slot: Optional[int] = None

    def allocate(self, width: int, height: int, channels: int) -> Image:
        """An array (height, width, channels) uint8 in shared memory, valid until `publish`."""
        return self._begin(width, height, channels, None)

    def allocate_fallback(self, width: int, height: int, channels: int) -> Image:
        """The same in the spare slot, for the background alone."""
        return self._begin(width, height, channels, FALLBACK)

    def _begin(self, width: int, height: int, channels: int, slot: Optional[int]) -> Image:
        format = BGRA if channels == 4 else BGR3
        self._slot, pixels = self._ring.begin(width, height, format, slot)
        return np.frombuffer(pixels, np.uint8).reshape(height, width, channels)

    def publish(self, timestamp_ns: int) -> int:
        """Hands over what was allocated last; returns its running number."""
        assert self._slot is not None
        return self._ring.publish(self._slot, timestamp_ns)
