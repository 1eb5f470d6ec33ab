"""Whether the network must look at this frame: not while nothing has changed that could change the matte.

The picture is compared, in cells of about 12 pixels at 720p, with the one that the network saw last (not with the frame
before: slow movement adds up). What changes deep inside the person, a mouth that talks or a hand before the chest, does
not move the outline. While nothing else changes the matte of the last look is kept, for two frames at most. Used by
`Matting`, on its thread.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import U8
from obs_bgremove.engine.compiled import jit

MOST = 2  # frames in a row without a look
CHANGED = 3  # grey levels of a cell's mean: noise of 4 levels makes 2 in the worst of all cells, half a pixel's move 4
LEAST = 2  # cells that must have changed
DEEP = 9  # cells: side of the square that must be person all over around what is deep inside


class Attention:
    """What the network saw last, and for how many frames it has rested."""

    def __init__(self, rows: int, columns: int) -> None:
        """rows, columns: of the half-resolution grid."""
        self._seen: U8 = np.zeros((max(1, rows // 2), max(1, columns // 2), 3), np.uint8)
        self._now: U8 = np.zeros_like(self._seen)
        self._changed: U8 = np.zeros(self._seen.shape[:2], np.uint8)
        self._rested = MOST

    def rests(self, half: U8, person: np.ndarray, may: bool) -> bool:
        """The network need not look at half (rows, columns, 3). person (any, any) bool: where it last saw people. may:
        nothing else asks for a look."""
        changed = _compare(half, self._seen, self._now, self._changed) >= LEAST
        if may and self._rested < MOST and not (changed and self._matters(person)):
            self._rested += 1
            return True
        self._seen, self._now, self._rested = self._now, self._seen, 0
        return False

    def _matters(self, person: np.ndarray) -> bool:
        """Enough of what has changed does not lie deep inside people."""
        deep = cv2.erode(person.astype(np.uint8), np.ones((DEEP, DEEP), np.uint8), borderValue=0)
        if deep.shape != self._changed.shape:
            deep = cv2.resize(deep, self._changed.shape[::-1], interpolation=cv2.INTER_NEAREST)
        return int(np.count_nonzero(self._changed > deep)) >= LEAST


@jit
def _compare(half, seen, now, changed):  # type: ignore[no-untyped-def]
    """now (rows, columns, 3): means of 2 x 2 of half; changed (rows, columns): 1 where a channel differs from seen by
    more than CHANGED. Returns how many do."""
    count = 0
    for i in range(now.shape[0]):
        for j in range(now.shape[1]):
            differs = 0
            for channel in range(3):
                total = np.int32(half[2 * i, 2 * j, channel]) + np.int32(half[2 * i, 2 * j + 1, channel])
                total += np.int32(half[2 * i + 1, 2 * j, channel]) + np.int32(half[2 * i + 1, 2 * j + 1, channel])
                mean = (total + 2) >> 2
                now[i, j, channel] = mean
                if abs(mean - np.int32(seen[i, j, channel])) > CHANGED:
                    differs = 1
            changed[i, j] = differs
            count += differs
    return count
