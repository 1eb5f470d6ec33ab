"""Where the network looks: the person's box, followed from frame to frame.

Both selfie models were trained on people who fill the picture. Fed a small or far person in a whole frame they lose
it; fed the person's own box, stretched to the network's square, they do not. The stretch does no harm: at a margin of
10 % it scores better than a square or letterboxed cut-out (NOTES.md). Used by `Matting`, on its thread.
"""

import math

import cv2
import numpy as np

from obs_bgremove.engine.arrays import U8

Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in grid cells, half open

MARGIN = 0.1  # of the box's width and height, on each side
INWARD = 0.1  # share of the way per frame in which a side moves in; outwards it jumps, or a raised hand is cut off
SMALLEST = 16  # cells: a smaller box would show the network a few blurred pixels


class PersonCrop:
    """The smoothed box. `box` is where to look now."""

    def __init__(self, height: int, width: int) -> None:
        self._height, self._width = height, width
        self._sides: tuple[float, float, float, float] | None = None
        self.hold = 0  # frames for which it stays, though no region of its own is seen in it
        self.patience = 0  # of these, frames for which it stays though nobody is seen in it
        self.inside = False  # it stays even inside another's view

    @property
    def box(self) -> Box:
        """The cells to show the network; the whole grid before the first `follow`."""
        if self._sides is None:
            return (0, 0, self._width, self._height)
        x0, y0, x1, y1 = self._sides
        return (math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1))

    @property
    def covers_everything(self) -> bool:
        """Looking at the whole frame would show hardly more."""
        x0, y0, x1, y1 = self.box
        return (x1 - x0) * (y1 - y0) > 0.8 * self._width * self._height

    def follow(self, person: Box) -> None:
        """Aim at the box of the person in this frame."""
        x0, y0, x1, y1 = person
        pad_x = max((x1 - x0) * MARGIN, (SMALLEST - (x1 - x0)) / 2)
        pad_y = max((y1 - y0) * MARGIN, (SMALLEST - (y1 - y0)) / 2)
        width, height = float(self._width), float(self._height)
        aim = (
            min(max(x0 - pad_x, 0.0), width),
            min(max(y0 - pad_y, 0.0), height),
            min(max(x1 + pad_x, 0.0), width),
            min(max(y1 + pad_y, 0.0), height),
        )
        if self._sides is None:
            self._sides = aim
            return
        a, b, c, d = self._sides
        self._sides = (
            a + (aim[0] - a) * (1.0 if aim[0] < a else INWARD),
            b + (aim[1] - b) * (1.0 if aim[1] < b else INWARD),
            c + (aim[2] - c) * (1.0 if aim[2] > c else INWARD),
            d + (aim[3] - d) * (1.0 if aim[3] > d else INWARD),
        )


def view(frame_bgr: U8, small: U8, cell: int, box: Box, width: int, height: int, flip: bool) -> U8:
    """(height, width, 3) RGB: what the network sees of a box. Taken from the shared downscale `small`, or from the
    frame itself if the box is so small that the downscale would have to be enlarged. flip: mirrored."""
    x0, y0, x1, y1 = box
    source = small[y0:y1, x0:x1]
    if source.shape[0] < height and source.shape[1] < width:
        source = frame_bgr[y0 * cell : y1 * cell, x0 * cell : x1 * cell]
    # The grid is at most 2.5 times the network's side; averaging areas instead costs 1.2 ms and scores the same.
    seen = cv2.cvtColor(cv2.resize(source, (width, height), interpolation=cv2.INTER_LINEAR), cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.flip(seen, 1) if flip else seen, np.uint8)
