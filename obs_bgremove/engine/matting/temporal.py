"""Time: the matte of this frame is calmed by the one before, except where the picture changed.

The blend is of log-odds, so that a sure opinion outweighs an unsure one. Where the picture changed between the frames
the past counts for nothing: no trail behind a fast hand. Used by `Matting`, on its thread.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.compiled import jit
from obs_bgremove.engine.matting.person_crop import Box

STRONGEST = 0.86  # weight of the past at smoothing = 1; the default of 0.7 gives 0.6
UNSURE = np.float32(0.02)  # probabilities are taken as between this and 1 - this: the network is no surer
LEAN = np.float32(0.5)  # by which share that weight grows or falls in favour of person where the network hesitates
STILL = 12.0  # grey levels of change, 3x3 mean, at which the past's weight has fallen to 1/e


class Smoother:
    """Holds the last frame's picture and matte. `state` (gh, gw) is the calmed probability."""

    def __init__(self, height: int, width: int) -> None:
        self.state: F32 = np.zeros((height, width), np.float32)
        self._last: U8 | None = None
        self._looked: Box = (0, 0, 0, 0)
        levels = np.arange(256, dtype=np.float32)
        self._trust: F32 = np.exp(-((levels / np.float32(STILL)) ** 2)).astype(np.float32)

    def change(self, half: U8) -> U8 | None:
        """How much the picture (ceil(gh / 2), ceil(gw / 2), 3) changed since the last call, (…) uint8 grey levels.
        None at the first. May run beside the network."""
        last, self._last = self._last, half
        if last is None:
            return None
        difference = cv2.absdiff(half, last)
        return np.asarray(cv2.blur(cv2.cvtColor(difference, cv2.COLOR_BGR2GRAY), (3, 3)), np.uint8)

    def __call__(
        self, probability: F32, box: Box, change: U8 | None, smoothing: float, nobody: bool, hesitation: F32
    ) -> None:
        """Blend probability (gh, gw), meant inside box and 0 outside, into `state`. Where nobody looked before there is
        no past. hesitation (gh, gw): where the higher of both counts more. nobody: none was being followed, so that the
        past must not hold down whoever appears."""
        if change is None:
            change, smoothing = np.zeros((1, 1), np.uint8), 0.0
        x0, y0, x1, y1 = (0, 0, 0, 0) if nobody else self._looked
        before = max(x0, box[0]), max(y0, box[1]), min(x1, box[2]), min(y1, box[3])
        weights = self._trust * np.float32(STRONGEST * smoothing)
        _blend(probability, self.state, change, weights, box, before, hesitation)
        self._looked = box


@jit
def _blend(probability, state, change, weights, box, before, hesitation):  # type: ignore[no-untyped-def]
    """before: the part of box that has a past."""
    x0, y0, x1, y1 = box
    one = np.float32(1)  # a plain 1 would make all of this float64, at twice the time
    low, high = UNSURE, one - UNSURE
    spread = one / (high - low)
    rows, columns = change.shape
    for i in range(state.shape[0]):
        if i < y0 or i >= y1:
            state[i] = 0
            continue
        state[i, :x0] = 0
        state[i, x1:] = 0
        for j in range(x0, x1):
            now, past = probability[i, j], state[i, j]
            if i < before[1] or i >= before[3] or j < before[0] or j >= before[2]:
                past = now
            if now <= low and past <= low:
                state[i, j] = 0
            elif now >= high and past >= high:
                state[i, j] = 1
            else:
                now, past = min(max(now, low), high), min(max(past, low), high)
                weight = weights[change[min(i >> 1, rows - 1), min(j >> 1, columns - 1)]]
                lean = hesitation[i, j]
                if lean > 0:
                    weight *= one + LEAN * lean if past > now else one - LEAN * lean
                odds = np.log(now / (one - now)) * (one - weight) + np.log(past / (one - past)) * weight
                state[i, j] = min(max((one / (one + np.exp(-odds)) - low) * spread, np.float32(0)), one)
