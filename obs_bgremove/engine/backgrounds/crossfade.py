"""The change from one background to the next: the one before melts into the one after it. On the worker's thread.

It costs while it lasts: each frame is a blend of two, and all of it is copied. Fail closed: a blend that held some of
the blurred room, frozen because the next change began in the middle of one, is not shown where the room may not be.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.backgrounds.layers import NEUTRAL_BGR, BlurredRoom, Layer, Room, Still, flat
from obs_bgremove.engine.parallel import in_bands


class Crossfade:
    """The layer that fades, if any; it is closed when it is gone."""

    def __init__(self) -> None:
        self._leaving: Layer | None = None
        self._began_ns: int | None = None  # None: nothing of the change was seen yet
        self._blend: Image = np.empty((0, 0, 4), np.uint8)

    @property
    def running(self) -> bool:
        """Whether a background is fading."""
        return self._leaving is not None

    def begin(self, before: Layer) -> None:
        """The layer in use begins to fade at the next look; in the middle of a change, what was seen last does."""
        if self._leaving is None:
            self._leaving = before
            return
        before.close()
        if self._began_ns is None:
            return
        height, width = self._blend.shape[:2]
        instead = flat(NEUTRAL_BGR, width, height) if _shows_room(self._leaving, before) else None
        seen = Still(self._blend.copy(), instead)
        self.end()
        self._leaving = seen

    def end(self) -> None:
        """Only the new one is seen from now on."""
        if self._leaving is not None:
            self._leaving.close()
        self._leaving, self._began_ns = None, None

    def at(self, now_ns: int, lasts_ms: int, image: Image, room: Room) -> Image:
        """What is seen of the change into `image` (height, width, 4) uint8, opaque, at this moment: a new array object
        for each new picture."""
        if self._leaving is None:
            return image
        if self._began_ns is None:
            self._began_ns = now_ns
        passed_ms = (now_ns - self._began_ns) / 1e6
        if passed_ms >= lasts_ms:
            self.end()
            return image
        before = self._leaving.at(now_ns, room)
        if self._blend.shape != image.shape:
            self._blend = np.empty_like(image)
        return _mix(before, image, passed_ms / lasts_ms, self._blend).view()


def _mix(before: Image, after: Image, share: float, out: Image) -> Image:
    """out = before + (after - before) share, on both cores."""
    in_bands(
        out.shape[0],
        lambda y0, y1: cv2.addWeighted(before[y0:y1], 1 - share, after[y0:y1], share, 0, dst=out[y0:y1]),
    )
    return out


def _shows_room(*layers: Layer) -> bool:
    return any(isinstance(layer, BlurredRoom) or (isinstance(layer, Still) and layer.shows_room) for layer in layers)
