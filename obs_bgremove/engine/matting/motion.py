"""Motion: which parts of the picture have moved of late, and which could not have moved without showing it.

A person breathes, blinks and sways; a rock, a table, a portrait on the wall does not. Each block of the picture is
compared with its own reference, the picture when the block last moved, calmed by every look at which it did not. What
tells motion from noise is the displacement that would explain the change: its square is about E / G, for the mean
squared change E and the mean squared gradient G of a block (Lucas & Kanade, 1981, for a block that moves as one). Used
by `Matting`; `look` may run beside the network.
"""

import cv2
import numba
import numpy as np

from obs_bgremove.engine.arrays import F32, U8

BLOCK = 4  # half-resolution cells a side: 24 pixels at 720p and at 1080p 32
MOVED = np.float32(0.05**2)  # squared half-resolution cells (0.05 is 0.3 pixels at 720p): a larger move is motion
ABOVE_NOISE = np.float32(5.0)  # times the noise's own variance, besides
STRONG = np.float32(12.0)  # so many times that limit is no glitch of a codec: somebody came or left
VISIBLE = np.float32(0.17**2)  # squared cells: a block is textured if a move of a pixel at 720p would stand out
NOISE_LEAST, NOISE_MOST = 0.4**2, 2.0**2  # squared grey levels; more than that is no noise but a moving camera
NOISE_SHARE = 50  # percentile of the blocks' change that is taken for noise
RUNNING = np.float32(1 / 64)  # least weight of a look in a still block's reference: light changes slowly
LIFE_MOST, LIFE_STRONG = 5.0, 3.0  # looks that moved, counted up to here; a strong one counts as so many
FADE_S = 1.0  # one counted look is forgotten in this time
ALIVE = 1.5  # more than one look, or a strong one
GRADIENT_EVERY = 4  # looks
UNSTEADY = 0.35  # share of the blocks where nobody is that may move before the camera counts as moving


class Motion:
    """Maps of blocks: life (by, bx) counted looks that moved, still_s seconds without a move, textured."""

    def __init__(self, rows: int, columns: int) -> None:
        """rows, columns: of the half-resolution grid."""
        self.shape = (max(1, rows // BLOCK), max(1, columns // BLOCK))
        self.life: F32 = np.zeros(self.shape, np.float32)
        self.still_s: F32 = np.zeros(self.shape, np.float32)
        self.textured = np.zeros(self.shape, bool)
        self.moving = np.zeros(self.shape, bool)  # at the last look
        self.reference: F32 = np.zeros((rows, columns, 3), np.float32)
        self.gain: F32 = np.ones(3, np.float32)
        self.limit: F32 = np.ones(self.shape, np.float32)
        self._change: F32 = np.zeros(self.shape, np.float32)
        self._gradient: F32 = np.zeros(self.shape, np.float32)
        self._sums: F32 = np.zeros((2, *self.shape, 3), np.float32)
        self._looks: F32 = np.zeros(self.shape, np.float32)
        self._before_ns: int | None = None
        self._count = 0

    @property
    def alive(self) -> np.ndarray:
        """Blocks (by, bx) that moved of late."""
        return np.asarray(self.life > ALIVE)

    @property
    def dead(self) -> np.ndarray:
        """Blocks (by, bx) that did not, though a move would have shown."""
        return np.asarray(self.textured & (self.life <= 0))

    def look(self, half: U8, timestamp_ns: int) -> U8:
        """Compare half (rows, columns, 3) with the reference. Returns it calmed."""
        calm = np.asarray(cv2.blur(half, (3, 3)), np.uint8)
        if self._before_ns is None:
            self._before_ns = timestamp_ns
            self.reference[...] = calm
            self._looks[...] = 1
            return calm
        elapsed_s = max(0.0, (timestamp_ns - self._before_ns) / 1e9)
        self._before_ns = timestamp_ns
        _block_sums(calm, self.reference, self._sums)
        ratios = (self._sums[0] + 1) / (self._sums[1] + 1)
        resting = self.life <= ALIVE
        chosen = ratios[resting] if resting.mean() > 0.1 else ratios.reshape(-1, 3)
        self.gain[...] = np.median(chosen, axis=0)
        _compare(calm, self.reference, self.gain, self._change)
        if self._change.max() < NOISE_LEAST / 4:  # a frozen picture says nothing
            return calm
        if self._count % GRADIENT_EVERY == 0:
            _slopes(self.reference, self._gradient)
        self._count += 1
        noise = np.float32(np.clip(np.percentile(self._change, NOISE_SHARE), NOISE_LEAST, NOISE_MOST))
        np.multiply(self._gradient, MOVED, out=self.limit)
        self.limit += ABOVE_NOISE * noise
        moved = self._change > self.limit
        self.moving = moved
        self.textured = self._gradient * VISIBLE > ABOVE_NOISE * noise
        self.life -= np.float32(elapsed_s / FADE_S)
        self.life += np.where(moved, np.where(self._change > STRONG * self.limit, LIFE_STRONG, 1.0), 0.0)
        np.clip(self.life, 0, LIFE_MOST, out=self.life)
        self.still_s += np.float32(elapsed_s)
        self.still_s[moved] = 0
        self._looks += 1
        self._looks[moved] = 1
        weight = np.where(moved, np.float32(1), np.maximum(1 / self._looks, RUNNING)).astype(np.float32)
        _remember(calm, self.reference, self.gain, weight)
        return calm

    def steady(self, nobody: np.ndarray) -> bool:
        """The camera stands still, judged by the blocks (by, bx) where nobody is."""
        count = int(nobody.sum())
        return count == 0 or int((self.moving & nobody).sum()) <= UNSTEADY * count


def fits(calm: U8, picture: F32, gain: F32, limit: F32, times: float) -> np.ndarray:
    """Blocks (by, bx) of calm that look like picture, both (rows, columns, 3), within so many times limit (by, bx)."""
    change = np.empty_like(limit)
    _compare(calm, picture, gain, change)
    return np.asarray(change <= np.float32(times) * limit)


# Sums of squares may be added up in any order here, which compiles to wide code.
_jit = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=True)


@_jit
def _block_sums(calm, reference, sums):  # type: ignore[no-untyped-def]
    """Every second row and cell is enough for a mean."""
    rows, columns, _ = calm.shape
    _, down, across, _ = sums.shape
    for a in range(down):
        for b in range(across):
            for channel in range(3):
                now, then = np.float32(0), np.float32(0)
                for i in range(a * rows // down, (a + 1) * rows // down, 2):
                    for j in range(b * columns // across, (b + 1) * columns // across, 2):
                        now += np.float32(calm[i, j, channel])
                        then += reference[i, j, channel]
                sums[0, a, b, channel], sums[1, a, b, channel] = now, then


@_jit
def _compare(calm, reference, gain, change):  # type: ignore[no-untyped-def]
    """change (by, bx): mean squared change over cells and channels."""
    rows, columns, _ = calm.shape
    down, across = change.shape
    blue, green, red = gain[0], gain[1], gain[2]
    for a in range(down):
        top, bottom = a * rows // down, (a + 1) * rows // down
        for b in range(across):
            left, right = b * columns // across, (b + 1) * columns // across
            squares = np.float32(0)
            for i in range(top, bottom):
                for j in range(left, right):
                    d0 = np.float32(calm[i, j, 0]) - blue * reference[i, j, 0]
                    d1 = np.float32(calm[i, j, 1]) - green * reference[i, j, 1]
                    d2 = np.float32(calm[i, j, 2]) - red * reference[i, j, 2]
                    squares += d0 * d0 + d1 * d1 + d2 * d2
            change[a, b] = squares / np.float32(3 * max(1, (bottom - top) * (right - left)))


@_jit
def _slopes(picture, gradient):  # type: ignore[no-untyped-def]
    """gradient (by, bx): mean squared slope over cells and channels, from one-sided differences inside the block."""
    rows, columns, _ = picture.shape
    down, across = gradient.shape
    for a in range(down):
        top, bottom = a * rows // down, (a + 1) * rows // down
        for b in range(across):
            left, right = b * columns // across, (b + 1) * columns // across
            squares = np.float32(0)
            for i in range(top, bottom):
                below = min(i + 1, rows - 1)
                for j in range(left, right):
                    beside = min(j + 1, columns - 1)
                    for channel in range(3):
                        dx = picture[i, beside, channel] - picture[i, j, channel]
                        dy = picture[below, j, channel] - picture[i, j, channel]
                        squares += dx * dx + dy * dy
            gradient[a, b] = squares / np.float32(3 * max(1, (bottom - top) * (right - left)))


@_jit
def _remember(calm, reference, gain, weight):  # type: ignore[no-untyped-def]
    rows, columns, _ = calm.shape
    down, across = weight.shape
    one = np.float32(1)
    blue, green, red = one / gain[0], one / gain[1], one / gain[2]
    for a in range(down):
        for b in range(across):
            w = weight[a, b]
            for i in range(a * rows // down, (a + 1) * rows // down):
                for j in range(b * columns // across, (b + 1) * columns // across):
                    reference[i, j, 0] += (np.float32(calm[i, j, 0]) * blue - reference[i, j, 0]) * w
                    reference[i, j, 1] += (np.float32(calm[i, j, 1]) * green - reference[i, j, 1]) * w
                    reference[i, j, 2] += (np.float32(calm[i, j, 2]) * red - reference[i, j, 2]) * w
