"""Whether the network must look at this frame: not while nothing has changed that could change the matte.

The picture is compared, in cells of about 12 pixels at 720p, with the one that the network saw last (not with the frame
before: slow movement adds up). What changes deep inside the person, a mouth that talks or a hand before the chest, does
not move the outline. While nothing else changes the matte of the last look is kept, for two frames at most. Used by
`Matting`, on its thread.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import U8

MOST = 2  # frames in a row without a look
CHANGED = 3  # grey levels of a cell's mean: noise of 4 levels makes 2 in the worst of all cells, half a pixel's move 4
LEAST = 2  # cells that must have changed
DEEP = 5  # cells: side of the square that must be person all over around what is deep inside


class Attention:
    """What the network saw last, and for how many frames it has rested."""

    def __init__(self) -> None:
        self._seen: U8 | None = None
        self._rested = 0

    def rests(self, half: U8, person: np.ndarray, may: bool) -> bool:
        """The network need not look at half (rows, columns, 3). person (any, any) bool: where it last saw people. may:
        nothing else asks for a look."""
        size = (max(1, half.shape[1] // 2), max(1, half.shape[0] // 2))
        now = np.asarray(cv2.resize(half, size, interpolation=cv2.INTER_AREA), np.uint8)
        if may and self._seen is not None and self._rested < MOST and not _changed(now, self._seen, person):
            self._rested += 1
            return True
        self._seen, self._rested = now, 0
        return False


def _changed(now: U8, seen: U8, person: np.ndarray) -> bool:
    blue, green, red = cv2.split(cv2.absdiff(now, seen))
    changed = np.asarray(cv2.max(cv2.max(blue, green), red) > CHANGED)
    if np.count_nonzero(changed) < LEAST:
        return False
    deep = cv2.erode(person.astype(np.uint8), np.ones((DEEP, DEEP), np.uint8), borderValue=0)
    if deep.shape != changed.shape:
        deep = cv2.resize(deep, changed.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return int(np.count_nonzero(changed & (deep == 0))) >= LEAST
