"""The edge: which share of each pixel along the outline is person, solved from its colour.

In the band where the matte is neither surely 0 nor 1, a colour I lies between the person's colour F near by and the
room's colour B: the learned plate where it is known, else the room's mean near by. Projecting I onto the line from B to
F gives alpha (the compositing equation, Porter & Duff 1984); the matte so far is the prior, and the more F and B vary,
the more it counts (ridge regression: minimise |I - aF - (1-a)B|^2 + lambda (a - prior)^2 over a):

    alpha = ((I - B).(F - B) + lambda prior) / (|F - B|^2 + lambda)

F and B also clean the edge's colours in the composite. F, B and their variance are box means at half the grid's
resolution. Used by `Matting`, on its thread.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.compiled import jit
from obs_bgremove.engine.matting.clean_plate import KNOWN, ONE, THREE, TWO, Plate
from obs_bgremove.engine.matting.person_crop import Box

SURE = np.float32(0.1)  # within this of 0 or 1, a half-resolution cell lends its colour to B or F
NOTHING = np.float32(0.03)  # within this of 0 or 1 a cell is 0 or 1, unless the band is near
REACH = 3  # half-resolution cells: radius over which F and B are averaged
BAND = 5  # cells: side of the square by which the band reaches beyond the unsure cells
PRIOR = np.float32(6.0)  # lambda per unit of variance of F and B
PRIOR_LEAST = np.float32(1000.0)  # squared grey levels, summed over channels: the least lambda
PLATE_WEIGHT = np.float32(0.5)  # trust from which the plate is used for B


class Edge:
    """Scratch of the edge solver."""

    def __init__(self, height: int, width: int) -> None:
        rows, columns = (height + 1) // 2, (width + 1) // 2
        # Apart, because OpenCV's mean of 4 channels takes a third of the time of one of 5 or 10.
        self._person: F32 = np.zeros((rows, columns, 4), np.float32)
        self._room: F32 = np.zeros((rows, columns, 4), np.float32)
        self._squares: F32 = np.zeros((rows, columns, 2), np.float32)

    def __call__(
        self,
        small: U8,
        half: U8,
        matte: F32,
        box: Box,
        plate: Plate,
        trust: float,
        person: F32,
        room: F32,
    ) -> None:
        """Solve small (gh, gw, 3), with its half (ceil, ceil, 3), inside box. matte (gh, gw) is the prior and becomes
        alpha; person and room (gh, gw, 3) as in Matte."""
        x0, y0, x1, y1 = box
        top, bottom, left, right = y0 // 2, (y1 + 1) // 2, x0 // 2, (x1 + 1) // 2
        _colours(half, matte, top, bottom, left, right, self._person, self._room, self._squares)
        side = (2 * REACH + 1, 2 * REACH + 1)
        means = tuple(
            cv2.blur(sums[top:bottom, left:right], side, borderType=cv2.BORDER_REFLECT)
            for sums in (self._person, self._room, self._squares)
        )
        # Copies of the box's size, so that the kernels always meet the same array layout and are compiled once.
        band = np.empty((y1 - y0, x1 - x0), np.uint8)
        _unsure(matte, x0, y0, band)
        near = cv2.dilate(band, np.ones((BAND, BAND), np.uint8))
        ring = cv2.dilate(near, np.ones((3, 3), np.uint8))
        known = trust >= PLATE_WEIGHT
        learned = plate.mean, plate.variance, plate.looks, plate.gain, known
        _solve(small, matte, near, ring, means, *learned, person, room, x0, y0)


@jit
def _colours(half, matte, top, bottom, left, right, person, room, squares):  # type: ignore[no-untyped-def]
    """person, room (…, …, 4): weight and weighted B, G, R; squares (…, …, 2): the weighted squares of the colours."""
    height, width = matte.shape
    for i in range(top, bottom):
        a, b = 2 * i, min(2 * i + 1, height - 1)
        for j in range(left, right):
            c, d = 2 * j, min(2 * j + 1, width - 1)
            p = np.float32(0.25) * (matte[a, c] + matte[a, d] + matte[b, c] + matte[b, d])
            as_person = max((p - (ONE - SURE)) / SURE, np.float32(0))
            as_room = max((SURE - p) / SURE, np.float32(0))
            square = np.float32(0)
            for channel in range(3):
                value = np.float32(half[i, j, channel])
                square += value * value
                person[i, j, 1 + channel] = as_person * value
                room[i, j, 1 + channel] = as_room * value
            person[i, j, 0], room[i, j, 0] = as_person, as_room
            squares[i, j, 0], squares[i, j, 1] = as_person * square, as_room * square


@jit
def _unsure(matte, x0, y0, band):  # type: ignore[no-untyped-def]
    for i in range(band.shape[0]):
        for j in range(band.shape[1]):
            p = matte[y0 + i, x0 + j]
            band[i, j] = 1 if p > NOTHING and p < ONE - NOTHING else 0


@jit
def _solve(  # type: ignore[no-untyped-def]
    small, matte, near, ring, means, plate, variance, looks, gain, known, person, room, x0, y0
):
    """The box of near and ring, which begins at x0, y0."""
    least = np.float32(0.01)
    height, width = near.shape
    for i in range(y0, y0 + height):
        for j in range(x0, x0 + width):
            p = matte[i, j]
            if not ring[i - y0, j - x0]:
                p = np.float32(1) if p > np.float32(0.5) else np.float32(0)
                matte[i, j] = p
                continue
            a, b = (i >> 1) - (y0 >> 1), (j >> 1) - (x0 >> 1)
            own, other = means[0][a, b], means[1][a, b]
            plated = known and looks[i, j] >= KNOWN
            has_person, has_room = own[0] > least, plated or other[0] > least
            spread = np.float32(0)
            if has_person:
                square = np.float32(0)
                for channel in range(3):
                    f = own[1 + channel] / own[0]
                    person[i, j, channel] = f
                    square += f * f
                spread += max(means[2][a, b, 0] / own[0] - square, np.float32(0))
            if plated:
                for channel in range(3):
                    room[i, j, channel] = plate[i, j, channel] * gain[channel]
                spread += THREE * variance[i, j]
            elif has_room:
                square = np.float32(0)
                for channel in range(3):
                    f = other[1 + channel] / other[0]
                    room[i, j, channel] = f
                    square += f * f
                spread += max(means[2][a, b, 1] / other[0] - square, np.float32(0))
            for channel in range(3):  # no such colour near by: then nothing is known to be cleaned away
                if not has_person:
                    person[i, j, channel] = small[i, j, channel]
                if not has_room:
                    room[i, j, channel] = small[i, j, channel]
            if not near[i - y0, j - x0] or not has_person or not has_room:
                if not near[i - y0, j - x0]:
                    p = np.float32(1) if p > np.float32(0.5) else np.float32(0)
                matte[i, j] = p
                continue
            ridge = PRIOR_LEAST + PRIOR * spread
            length, along = np.float32(0), np.float32(0)
            for channel in range(3):
                line = person[i, j, channel] - room[i, j, channel]
                length += line * line
                along += line * (small[i, j, channel] - room[i, j, channel])
            alpha = (along + ridge * p) / (length + ridge)
            # What is left of noise just above 0 and below 1 would be a haze, and is copied faster as 0 and 1.
            alpha = (alpha - NOTHING) / (ONE - TWO * NOTHING)
            matte[i, j] = min(max(alpha, np.float32(0)), np.float32(1))
