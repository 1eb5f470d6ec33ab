"""Where something stirs beside what the network looks at: worth a look, since somebody may be coming in.

A curtain or a fan stirs for ever and is nobody, so each look at the same place trebles the time until the next. Used by
`Matting`, on its thread.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32
from obs_bgremove.engine.matting.motion import Motion
from obs_bgremove.engine.matting.person_crop import Box

LEAST = 5  # blocks that must move
WAIT_S = (0.3, 16.0)  # how long until the network looks at the same moving thing again: at first, at most
MARGIN = 0.25  # of its box on each side, to look at more than the part that moves


class Patience:
    """When each block may be looked at again: each time trebles the wait."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._wait_s: F32 = np.zeros(shape, np.float32)
        self.again_ns = np.zeros(shape, np.int64)

    def looked(self, part: tuple[slice, slice], timestamp_ns: int) -> None:
        """This part was looked at now."""
        self._wait_s[part] = np.clip(3 * self._wait_s[part], *WAIT_S)
        self.again_ns[part] = timestamp_ns + (self._wait_s[part] * 1e9).astype(np.int64)

    def forget(self, part: tuple[slice, slice]) -> None:
        """There was something to see in this part."""
        self._wait_s[part] = 0
        self.again_ns[part] = 0


class Disturbance:
    """What stirs, and was not looked at too often."""

    def __init__(self, shape: tuple[int, int], height: int, width: int) -> None:
        """shape: of the blocks; height, width: of the grid, which the blocks divide."""
        self._shape, self._height, self._width = shape, height, width
        self._patience = Patience(shape)

    def __call__(self, motion: Motion, kept: np.ndarray, looked: list[Box], timestamp_ns: int) -> Box | None:
        """The box in cells around the largest thing that moves beyond kept (by, bx), the blocks of people, and the
        boxes looked at; None if there is nothing worth a look now."""
        down, across = self._height / self._shape[0], self._width / self._shape[1]
        moving = motion.alive & ~kept & (self._patience.again_ns <= timestamp_ns)
        for x0, y0, x1, y1 in looked:
            moving[int(y0 / down) : round(y1 / down), int(x0 / across) : round(x1 / across)] = False
        near = cv2.dilate(moving.astype(np.uint8), np.ones((3, 3), np.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
        if count < 2:
            return None
        x, y, width, height, _ = stats[1:][stats[1:, cv2.CC_STAT_AREA].argmax()].tolist()
        part = np.s_[y : y + height, x : x + width]
        if moving[part].sum() < LEAST:
            return None
        self._patience.looked(part, timestamp_ns)
        wider, taller = MARGIN * width, MARGIN * height
        return (
            max(0, int((x - wider) * across)),
            max(0, int((y - taller) * down)),
            min(self._width, round((x + width + wider) * across)),
            min(self._height, round((y + height + taller) * down)),
        )
