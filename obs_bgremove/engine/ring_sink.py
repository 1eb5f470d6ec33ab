"""Where finished frames go when OBS asked for them: the ring in shared memory, filled in place.

Used by the worker thread only. Always BGRA: frames of three bytes a pixel (libobs's BGR3) cost OBS's graphics thread a
conversion pass each (measured in OBS 29 with software GL, 62 s at 720p30 on two busy cores: render time 50 ms and 622
frames skipped with three bytes, 40 ms and 324 with four), and whenever the format changes OBS shows nothing for a frame
or two.
"""

from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.shared.frame_ring import FALLBACK, Ring


class RingSink:
    """`allocate` gives the next slot as a canvas; `publish` makes what was written there the newest frame."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._slot: int | None = None
        self._canvases: dict[int, Canvas] = {}  # one for each slot, of the size last written there

    def allocate(self, width: int, height: int) -> Canvas:
        """What to fill, valid until `publish`."""
        return self._begin(width, height, None)

    def allocate_fallback(self, width: int, height: int) -> Canvas:
        """The same for a spare slot, for the background alone. Only while `fallback_is_free`."""
        return self._begin(width, height, FALLBACK)

    def fallback_is_free(self) -> bool:
        """Whether OBS leaves a spare slot to be written."""
        return self._ring.spare_is_free()

    def _begin(self, width: int, height: int, slot: int | None) -> Canvas:
        self._slot, memory = self._ring.begin(width, height, slot)
        canvas = self._canvases.get(self._slot)
        if canvas is None or canvas.pixels.shape[:2] != (height, width):
            canvas = self._canvases[self._slot] = Canvas(width, height, memory)
        return canvas

    def publish(self, timestamp_ns: int) -> int:
        """Hands over what was allocated last; returns its running number."""
        assert self._slot is not None
        return self._ring.publish(self._slot, timestamp_ns)
