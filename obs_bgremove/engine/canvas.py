"""The memory a finished picture is made in, and which background it already holds.

That is a slot of OBS's ring, or an array of `render`, `preview` and `bench`. Most of a picture is background, and the
same one for minutes: the background that the last composite into this memory drew need not be copied again (at 1080p
half of the bytes that a frame moves). Used by the worker thread only; nobody else writes the memory.

Fail closed: only a composite that has ended well leaves a note of what it drew, and `claim`, for all other writing,
wipes the note out.
"""

import numpy as np

from obs_bgremove.engine.arrays import U8, U32


class Canvas:
    """(height, width) pixels of four bytes: blue, green, red, alpha (straight)."""

    def __init__(self, width: int, height: int, memory: memoryview | None = None) -> None:
        """In the memory given (width * height * 4 bytes), else in its own, black and transparent."""
        bytes_ = np.zeros(width * height * 4, np.uint8) if memory is None else np.frombuffer(memory, np.uint8)
        self.pixels: U8 = bytes_.reshape(height, width, 4)  # to look at; to write, call `claim`
        self.rows: U32 = bytes_.view(np.uint32).reshape(height, width)  # the same memory, a number for each pixel
        self._background: U8 | None = None
        self._mirror = False
        self._drawn: U8 = np.zeros((0, 0), np.uint8)
        self._whole = False

    def claim(self) -> U8:
        """The pixels, (height, width, 4) uint8, to be written in any way."""
        self._whole = False
        return self.pixels

    def begin(self, background: U8 | None, mirror: bool, shape: tuple[int, int]) -> U8:
        """Before a composite over this background, which nobody changes later (None: one that does change).

        Returns (shape) uint8 for the grid's intervals: 1 where the background is there already. The caller sets it to 1
        where the background will be, and calls `end` when all pixels are written.
        """
        known = self._whole and background is not None and background is self._background
        if not known or mirror != self._mirror or shape != self._drawn.shape:
            self._drawn = np.zeros(shape, np.uint8)
        self._background, self._mirror, self._whole = background, mirror, False
        return self._drawn

    def end(self) -> None:
        """The composite begun last is whole."""
        self._whole = True
