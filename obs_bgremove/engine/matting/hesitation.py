"""Where the network says now this, now that, of something that moves with a person: their hair, mostly.

Every second picture is shown to the network mirrored. Along an outline both opinions agree but for a cell or two; at
loose hair, or a sleeve of the room's colour, they differ over whole blocks, and the one that says "person" is right
more often than not if the block moves and touches somebody. There the matte is quick to take and slow to let go (see
`Smoother`). Used by `Matting`, on its thread.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32
from obs_bgremove.engine.matting.motion import Motion

DIFFER_LOW, DIFFER_HIGH = 0.14, 0.24  # mean difference of two opinions over a block: no, full hesitation
CALM = np.float32(0.3)  # weight of a look in the running mean of that difference
RECENT_S = 0.4  # how lately a block must have moved


class Hesitation:
    """map (gh, gw) in [0, 1], valid until the next call."""

    def __init__(self, height: int, width: int, shape: tuple[int, int]) -> None:
        """height, width: of the grid; shape: of the blocks that divide it."""
        self._height, self._width = height, width
        self._difference: F32 = np.zeros(shape, np.float32)
        self.map: F32 = np.zeros((height, width), np.float32)

    def __call__(self, now: F32, before: F32, kept: np.ndarray, motion: Motion) -> None:
        """now, before (gh, gw): the network's opinion of this picture and of the last; kept (by, bx): blocks of
        people."""
        size = self._difference.shape[::-1]
        fresh = np.asarray(cv2.resize(cv2.absdiff(now, before), size, interpolation=cv2.INTER_AREA), np.float32)
        self._difference += (fresh - self._difference) * CALM
        near = cv2.dilate(kept.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        moving = near & motion.alive & (motion.still_s < RECENT_S)
        share = (self._difference - DIFFER_LOW) / np.float32(DIFFER_HIGH - DIFFER_LOW)
        blocks = np.where(moving, np.clip(share, 0, 1), 0).astype(np.float32)
        cv2.resize(blocks, (self._width, self._height), dst=self.map, interpolation=cv2.INTER_LINEAR)
