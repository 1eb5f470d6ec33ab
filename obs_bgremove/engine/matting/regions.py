"""Stray regions: bits of the room that the network takes for a person, far smaller than the person.

Works on a quarter of the grid's resolution, on probabilities; what goes, goes softly. Keeps what it kept a frame ago,
so that a raised hand does not vanish when it comes apart from the body. Used by `Matting`, on its thread.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32
from obs_bgremove.engine.compiled import jit
from obs_bgremove.engine.matting.person_crop import Box

STEP = 4  # cells a side of one region pixel
PRESENT = 0.35  # mean probability of a region pixel above which it belongs to a region
CONFIDENT = 0.75  # a region whose surest pixel stays below is nobody
TINIEST = 0.0008  # of the picture: less than a face at 5 % of the width; smaller is nobody
HALO = 5  # region pixels: side of the square by which a kept region reaches out to its hair and fingers
KEPT_BONUS = 4.0  # a region that overlaps what was kept before counts as this many times its size


class Regions:
    """Which regions are kept, from frame to frame."""

    def __init__(self, height: int, width: int) -> None:
        self._size = (max(1, width // STEP), max(1, height // STEP))
        self._height, self._width = height, width
        self._coarse: F32 = np.zeros(self._size[::-1], np.float32)
        self.kept: np.ndarray = np.zeros(self._size[::-1], bool)  # region pixels of people

    def __call__(self, matte: F32, ignore_small: float, confident: float = CONFIDENT) -> list[Box]:
        """Fade out in matte (gh, gw), in place, what is smaller than ignore_small times the largest region, or nowhere
        confident. Returns the boxes of the rest in cells; empty: nobody there, and matte is 0 throughout."""
        coarse = self._coarse
        _means(matte, coarse)
        count, labels, stats, _ = cv2.connectedComponentsWithStats((coarse > PRESENT).astype(np.uint8), connectivity=8)
        areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
        sure = np.bincount(np.asarray(labels, np.int32)[coarse > confident], minlength=count) > 0
        real = sure & (areas >= TINIEST * coarse.size)
        real[0] = False
        if not real.any():
            matte[...] = 0
            self.kept = np.zeros_like(self.kept)
            return []
        overlaps = np.zeros(count, bool)
        overlaps[np.unique(labels[self.kept])] = True
        weighty = areas * np.where(overlaps, KEPT_BONUS, 1.0) >= ignore_small * areas[real].max()
        keep = real & weighty
        self.kept = keep[labels]
        # What belongs to no kept region goes: dropped ones with their halo, and haze too thin to be a region at all.
        near = cv2.dilate(self.kept.astype(np.uint8), np.ones((HALO, HALO), np.uint8))
        if (coarse[near == 0] > 0).any():
            matte *= cv2.resize(near.astype(np.float32), (self._width, self._height), interpolation=cv2.INTER_LINEAR)
        across, down = self._width / self._size[0], self._height / self._size[1]
        return [
            (int(x * across), int(y * down), round((x + width) * across), round((y + height) * down))
            for x, y, width, height, _ in stats[keep].tolist()
        ]


@jit
def _means(matte, coarse):  # type: ignore[no-untyped-def]
    """coarse: the mean of each STEP x STEP cells; cells beyond the last whole region pixel belong to that one. OpenCV's
    mean over areas, which divides the picture exactly, takes ten times as long."""
    rows, columns = coarse.shape
    height, width = matte.shape
    sums = np.empty(width, np.float32)
    for i in range(rows):
        y0, y1 = min(i * STEP, height - 1), height if i == rows - 1 else (i + 1) * STEP
        sums[:] = matte[y0]
        for y in range(y0 + 1, y1):
            row = matte[y]
            for x in range(width):
                sums[x] += row[x]
        for j in range(columns):
            x0, x1 = min(j * STEP, width - 1), width if j == columns - 1 else (j + 1) * STEP
            total = np.float32(0)
            for x in range(x0, x1):
                total += sums[x]
            coarse[i, j] = total / np.float32((x1 - x0) * (y1 - y0))
