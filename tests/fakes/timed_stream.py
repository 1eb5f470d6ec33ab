"""An MJPEG stream on loopback whose pictures say when they were sent, in black and white blocks that survive any codec.

The number is the time of sending in tenths of a millisecond (CLOCK_MONOTONIC, modulo 2^24), most significant bit first,
each bit followed by its opposite: 48 blocks in a grid of 12 by 4 over `area` of the picture. So what is no number, or
half of one picture and half of the next, is known as such.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cv2

from tests.fakes.mjpeg_stream import MjpegStream

BITS, COLUMNS, ROWS = 24, 12, 4
TICK_NS = 100_000
MODULUS = 1 << BITS
Area = tuple[float, float, float, float]  # left, top, right, bottom as shares of the picture
WHOLE: Area = (0.0, 0.0, 1.0, 1.0)


def centres(area: Area, width: int, height: int) -> list[tuple[int, int]]:
    """(x, y) of the middle of each block, in the order of the bits."""
    left, top, right, bottom = area
    return [
        (
            round((left + (right - left) * (number % COLUMNS + 0.5) / COLUMNS) * width),
            round((top + (bottom - top) * (number // COLUMNS + 0.5) / ROWS) * height),
        )
        for number in range(COLUMNS * ROWS)
    ]


def write(picture_bgr: Any, time_ns: int, area: Area = WHOLE) -> None:
    """Puts the blocks into a picture (H, W, 3) uint8."""
    height, width = picture_bgr.shape[:2]
    left, top, right, bottom = area
    number = time_ns // TICK_NS % MODULUS
    for place in range(COLUMNS * ROWS):
        bit = number >> (BITS - 1 - place // 2) & 1
        level = 255 if bit != place % 2 else 0
        column, row = place % COLUMNS, place // COLUMNS
        x0, x1 = (round((left + (right - left) * (column + edge) / COLUMNS) * width) for edge in (0, 1))
        y0, y1 = (round((top + (bottom - top) * (row + edge) / ROWS) * height) for edge in (0, 1))
        picture_bgr[y0:y1, x0:x1] = level


def read(levels: Sequence[int]) -> int | None:
    """The number from the 48 brightnesses; None where a bit is no opposite of its neighbour."""
    bits = [level > 128 for level in levels]
    if any(bit == opposite for bit, opposite in zip(bits[::2], bits[1::2])):
        return None
    return sum(bit << (BITS - 1 - place) for place, bit in enumerate(bits[::2]))


def since(number: int, time_ns: int) -> int:
    """How many ns lie between the time that was written and this one; below 0 when it is still to come."""
    passed = (time_ns // TICK_NS - number + MODULUS // 2) % MODULUS - MODULUS // 2
    return passed * TICK_NS


class TimedStream(MjpegStream):
    """Serves `picture()` with the blocks in `area`, `fps` times a second, until `stop`."""

    def __init__(self, picture: Callable[[], Any], fps: float, area: Area = WHOLE) -> None:
        def pictures() -> Iterator[bytes]:
            due_ns = time.monotonic_ns()
            while not self.ended:
                # The time that is written is the one at which it is sent: encoding it is done before.
                due_ns = max(due_ns + round(1e9 / fps), time.monotonic_ns() + 10_000_000)
                made = picture().copy()
                write(made, due_ns, area)
                jpeg = cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
                time.sleep(max(0.0, (due_ns - time.monotonic_ns()) / 1e9))
                yield jpeg

        super().__init__(pictures)
