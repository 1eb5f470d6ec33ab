"""Depth as of a lens: what is behind the person goes out of focus, each bright point becomes a disc.

Pure functions, called on the worker's thread for the blurred room, on the readers' for pictures. No numba here:
pictures are read before the compiled loops are loaded.

A lens spreads each point over a disc, in linear light, and its lamps are far brighter than the white they are clipped
to. So highlights count more, by a power of their luminance. The disc is small on a small grid, the smaller the stronger
the blur: the cost stays the same (OpenCV's filter2D is quicker there than disc-shaped sums of rows or a separable
approximation by complex Gaussians: Garcia, "Circular Separable Convolution Depth of Field", SIGGRAPH 2017).
"""

import functools

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8, Image
from obs_bgremove.engine.room import SIGMA_PER_STRENGTH, SMALLEST, as_shown, blurred_room, half

RADIUS_PER_SIGMA = 2.0  # a disc of this radius deviates as much as the Gaussian
LEAST_RADIUS = 2.0  # px: smaller discs look as the soft blur does
# Rows of the grid. OpenCV convolves kernels of less than 11 x 11 directly and larger ones by Fourier transforms, which
# are quick on small grids only: 0.7 ms at 120 rows, 7 ms at 180.
FINE_ROWS, FINE_RADIUS = 180, 4.4
ROWS, MOST_RADIUS = 120, 8.0
LAMPS_ROWS = 135  # rows at least where highlights are weighed: a lamp of a few pixels is none after more halving
LAMPS = 40.0  # how many times as much pure white counts
LAMP_POWER = 4  # of the luminance: a grey wall (a half) counts three times, not twenty
FEWER, WIDE = 6, 3.0  # behind the person: times fewer cells, and the blur's sigma in those
LITTLE, FAINT = 0.05, np.float32(0.01)  # weight below which that counts, and how much
LEAST_WEIGHT = np.float32(1e-5)  # of the person: where there is nothing else in the whole picture
OVERSAMPLED = 16  # points across a cell for the disc's edge
_LUMINANCE_BGR = np.array([[0.0722, 0.7152, 0.2126]], np.float32)  # Rec. 709
# Linear light is taken for the square of the code here, on the way in and out: within a few levels of sRGB.
_LIGHT: F32 = np.square(np.arange(256, dtype=np.float32) / np.float32(255))
_NOBODY: F32 = np.zeros((2, 2), np.float32)


def bokeh_room(frame_bgr: Image, alpha_small: F32, strength: int, mirror: bool, out: Image) -> Image:
    """The room behind the person, out of focus; arguments as of `room.blurred_room`, and as strong. The person lends
    it nothing, however bright."""
    height, width = frame_bgr.shape[:2]
    radius = RADIUS_PER_SIGMA * SIGMA_PER_STRENGTH * strength * height
    if radius < LEAST_RADIUS:
        return blurred_room(frame_bgr, alpha_small, strength, mirror, out)
    rows = _rows(height, radius)
    columns, cell = max(SMALLEST, round(rows * width / height)), height / rows
    small = frame_bgr
    while min(small.shape[:2]) >= 2 * SMALLEST and small.shape[0] // 2 >= max(rows, LAMPS_ROWS):
        small = half(small)
    weighted = cv2.resize(_weighted(small, alpha_small), (columns, rows), interpolation=cv2.INTER_AREA)
    # Cells and their enlarging blur by themselves, by a quarter of a cell's square in each direction.
    focused = disc(round(max((radius / cell) ** 2 - 1, 0.1) ** 0.5, 1))
    weighted = _filled(cv2.filter2D(weighted, -1, focused), weighted)
    weight = np.maximum(weighted[..., 3], np.float32(1e-9))
    light = cv2.sqrt(np.maximum(weighted[..., :3] / weight[..., None], 0))
    seen = cv2.convertScaleAbs(light, alpha=255)
    seen = as_shown(seen, mirror, np.empty((rows, columns, 4), np.uint8))
    if cell > 4:  # enlarged smoothly first: linearly at once, the cells show as creases
        seen = cv2.resize(seen, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_CUBIC)
    return cv2.resize(seen, (width, height), dst=out, interpolation=cv2.INTER_LINEAR)


def out_of_focus(picture_bgra: U8, style: str, strength: int) -> U8:
    """A picture (H, W, 4) uint8, opaque, as blurred as the room would be: a new array."""
    blur = bokeh_room if style == "bokeh" else blurred_room
    frame = cv2.cvtColor(picture_bgra, cv2.COLOR_BGRA2BGR)
    return np.asarray(blur(frame, _NOBODY, strength, False, np.empty_like(picture_bgra)), np.uint8)


def _rows(height: int, radius: float) -> int:
    """Rows of the grid for a disc of this radius in px."""
    fine = radius * FINE_ROWS / height <= FINE_RADIUS
    rows = FINE_ROWS if fine else min(ROWS, int(MOST_RADIUS * height / radius))
    return max(SMALLEST, min(rows, height // 2))


def _filled(blurred: Image, weighted: Image) -> F32:
    """blurred (h, w, 4) float32, with what is farther off where the disc reaches hardly anything but person."""
    rows, columns = weighted.shape[:2]
    few = (max(2, columns // FEWER), max(2, rows // FEWER))
    wide = cv2.GaussianBlur(cv2.resize(weighted, few, interpolation=cv2.INTER_AREA), (0, 0), WIDE)
    share = FAINT * np.maximum(1 - blurred[..., 3:] * np.float32(1 / LITTLE), 0)
    return np.asarray(blurred + share * cv2.resize(wide, (columns, rows)), np.float32)


def _weighted(small: Image, alpha_small: F32) -> F32:
    """small (h, w, 3) uint8 as weighted light and weight, (h, w, 4) float32."""
    size = (small.shape[1], small.shape[0])
    alpha = cv2.resize(alpha_small, size, interpolation=cv2.INTER_AREA)
    # Also what only touches the person counts little: the rim of a white shirt must not shine into the room.
    empty = np.maximum(1 - 2 * cv2.dilate(alpha, np.ones((3, 3), np.uint8)), 0)
    light = cv2.LUT(small, _LIGHT)
    lamps = cv2.pow(cv2.transform(light, _LUMINANCE_BGR), LAMP_POWER)
    weight = empty * (1 + np.float32(LAMPS) * lamps) + LEAST_WEIGHT
    return np.asarray(
        cv2.merge((*cv2.split(cv2.multiply(light, cv2.merge((weight, weight, weight)))), weight)), np.float32
    )


@functools.lru_cache(64)
def disc(radius: float) -> F32:
    """(2 n + 1, 2 n + 1) float32, its sum 1: the share of each cell that a disc of this radius, in cells, covers."""
    n = max(1, int(np.ceil(radius - 0.5)))
    points = (np.arange((2 * n + 1) * OVERSAMPLED) + 0.5) / OVERSAMPLED - (n + 0.5)
    inside = (points[:, None] ** 2 + points[None] ** 2 <= radius * radius).astype(np.float32)
    shares = inside.reshape(2 * n + 1, OVERSAMPLED, 2 * n + 1, OVERSAMPLED).mean((1, 3))
    return np.asarray(shares / shares.sum(), np.float32)
