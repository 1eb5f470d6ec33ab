"""From what an open cv2.VideoCapture has next to a frame of the engine. Used on the capture thread."""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.shared.frame_ring import MAX_HEIGHT, MAX_WIDTH


class Decoder:
    """Gives frames (H, W, 3) uint8 BGR, scaled to fit within `size` (width, height), or as they are for None."""

    def __init__(self, size: tuple[int, int] | None) -> None:
        self._size = size
        self._raw: Image | None = None  # what is decoded, where that is not yet the frame
        self._as_is = True

    def frame(self, capture: cv2.VideoCapture, spare: Image | None) -> Image | None:
        """The frame grabbed last, in `spare` if that fits; None when it cannot be decoded."""
        ok, raw = capture.retrieve(spare if self._as_is else self._raw)
        if not ok or raw is None:
            return None
        frame = _fit_within(_as_bgr(raw), self._size, None if self._as_is else spare)
        self._as_is = frame is raw
        self._raw = None if self._as_is else raw
        return np.ascontiguousarray(frame)


def _fit_within(frame: Image, size: tuple[int, int] | None, spare: Image | None) -> Image:
    """The frame, scaled down if need be to fit the size asked for and the largest that is carried."""
    height, width = frame.shape[:2]
    scaled = fitted(width, height, size)
    if scaled == (width, height):
        return frame
    smaller = scaled[0] < width
    return cv2.resize(frame, scaled, dst=spare, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def fitted(width: int, height: int, size: tuple[int, int] | None) -> tuple[int, int]:
    """(width, height) of a frame of this size once it fits within `size`, or for None within the largest carried."""
    limit_width, limit_height = size or (MAX_WIDTH, MAX_HEIGHT)
    scale = min(limit_width / width, limit_height / height, MAX_WIDTH / width, MAX_HEIGHT / height)
    if (size is None and scale >= 1) or (width, height) == size:
        return width, height
    return max(1, round(width * scale)), max(1, round(height * scale))


def _as_bgr(frame: Image) -> Image:
    """Some backends give grey or four channels; all that follows works on BGR."""
    if frame.ndim == 2 or frame.shape[2] == 1:
        return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    return cv2.cvtColor(frame, cv2.COLOR_BGRA2BGR) if frame.shape[2] == 4 else frame
