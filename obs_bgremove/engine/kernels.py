"""The compiled loops of the composite: one pass over the frame, arithmetic only where the edge is.

Called by composite.py only. The matte stands on a grid of cells, each `k` x `k` pixels of the frame; a pixel takes its
alpha bilinearly from the four cell centres around it. Between two neighbouring cell centres, horizontally, lies one
*interval*; `kinds` says for each interval of each grid row pair whether all four corners are surely background, surely
person, or neither. Runs of sure intervals are copied, so the cost follows the length of the edge.

Plain loops over rows [y0, y1), `nogil`, no shared writes: any number of threads gives the same bytes.
"""

import numba
import numpy as np

BACKGROUND, PERSON, EDGE = 0, 1, 2
LUT_SIZE = 1024  # steps of the tone curve; 4 per 8-bit level

_jit = numba.njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", fastmath={"contract", "nsz", "arcp"})


@_jit
def classify(alpha, low, high, wrap, kinds):  # type: ignore[no-untyped-def]
    """Fill kinds (gh + 1, gw + 1) uint8 from alpha (gh, gw): interval (i, j) lies between cells i-1, i and j-1, j
    (clamped at the border). At or below low is background, at or above high is person; wrap (gh, gw) float32: where
    above 0 the person's inside is touched too, so it is not "sure"; (0, 0) for none."""
    gh, gw = alpha.shape
    wrapped = wrap.size > 0
    cells = np.empty((gh, gw), np.uint8)
    for i in range(gh):
        for j in range(gw):
            kind = EDGE
            if alpha[i, j] <= low:
                kind = BACKGROUND
            elif alpha[i, j] >= high and (not wrapped or wrap[i, j] < np.float32(1e-3)):
                kind = PERSON
            cells[i, j] = kind
    for i in range(gh + 1):
        upper, lower = cells[max(i - 1, 0)], cells[min(i, gh - 1)]
        for j in range(gw + 1):
            c, d = max(j - 1, 0), min(j, gw - 1)
            kind = upper[c]
            kinds[i, j] = kind if kind == upper[d] and kind == lower[c] and kind == lower[d] else EDGE


@_jit
def _row(y, k, gh):  # type: ignore[no-untyped-def]
    """(interval row, upper cell row, lower cell row, weight of the lower) of pixel row y."""
    position = (y + 0.5) / k - 0.5
    i = min(max(int(np.floor(position)) + 1, 0), gh)
    return i, max(i - 1, 0), min(i, gh - 1), np.float32(position - (i - 1))


@_jit
def _start(j, k, width, gw):  # type: ignore[no-untyped-def]
    """First pixel column of interval j: the first whose centre is at or right of cell centre j - 1."""
    if j <= 0:
        return 0
    if j > gw:
        return width
    return min(max(int(np.ceil((j - 0.5) * k - 0.5)), 0), width)


@_jit
def _run(kinds, j):  # type: ignore[no-untyped-def]
    """(kind, end) of the run of intervals from j on: sure ones of a kind together, edge intervals one by one."""
    kind = kinds[j]
    end = j + 1
    if kind != EDGE:
        while end < kinds.size and kinds[end] == kind:
            end += 1
    return kind, end


@_jit
def _ends(grid, i0, i1, fy, j0, j1):  # type: ignore[no-untyped-def]
    """The grid's value at the left end of an edge interval in a pixel row, and its rise to the right end."""
    left = grid[i0, j0] + (grid[i1, j0] - grid[i0, j0]) * fy
    right = grid[i0, j1] + (grid[i1, j1] - grid[i0, j1]) * fy
    return left, right - left


@_jit
def _tone(left, rise, fx, lut):  # type: ignore[no-untyped-def]
    """The final alpha of a pixel at fx 0..1 of its interval."""
    return lut[int((left + rise * fx) * LUT_SIZE + np.float32(0.5))]


@_jit
def _clean(value, alpha, person, room, strength):  # type: ignore[no-untyped-def]
    """One channel of the person's own colour: F + a (I - a F - (1 - a) B), Forte & Pitie, ICIP 2021."""
    own = person + alpha * (value - alpha * person - (1 - alpha) * room)
    own = min(max(own, np.float32(0)), np.float32(255))
    return value + (own - value) * strength


@_jit
def _copy(source, target, first, end):  # type: ignore[no-untyped-def]
    """target[first:end] = source[first:end]. From 0 on, so that the compiler need not think of negative indices and
    makes it wide moves: 7 times faster than the slice assignment."""
    part, into = source[first:end], target[first:end]
    for n in range(part.size):
        into[n] = part[n]


@_jit
def _fill(target, first, end, value):  # type: ignore[no-untyped-def]
    """target[first:end] = value, likewise."""
    into = target[first:end]
    for n in range(into.size):
        into[n] = value


@_jit
def matte_rows(k, alpha, kinds, lut, y0, y1, out):  # type: ignore[no-untyped-def]
    """out (H, W) uint8: the alpha that blend_rows uses."""
    gh, gw = alpha.shape
    width = out.shape[1]
    for y in range(y0, y1):
        i, i0, i1, fy = _row(y, k, gh)
        j = 0
        while j <= gw:
            kind, end = _run(kinds[i], j)
            x0, x1 = _start(j, k, width, gw), _start(end, k, width, gw)
            if kind != EDGE:
                _fill(out[y], x0, x1, np.uint8(255 if kind == PERSON else 0))
            else:
                left, rise = _ends(alpha, i0, i1, fy, max(j - 1, 0), min(j, gw - 1))
                for x in range(x0, x1):
                    fx = (np.float32(x) + np.float32(0.5)) / k - np.float32(0.5) - np.float32(j - 1)
                    out[y, x] = np.uint8(_tone(left, rise, fx, lut) * np.float32(255) + np.float32(0.5))
            j = end


@_jit
def blend_rows(  # type: ignore[no-untyped-def]
    frame, k, alpha, person, room, kinds, lut, clean, wrap, glow, background, y0, y1, out
):
    """out: the person over background. frame, background, out (H, 3 W) uint8: rows of BGR bytes. person, room
    (gh, gw, 3) float32: colours to clean edges with.
    wrap (gh, gw) float32 and glow (gh, gw, 3) float32 0..255: how much of the blurred background's light is screened
    over the person; empty for none."""
    gh, gw = alpha.shape
    width = frame.shape[1] // 3
    wrapped = wrap.size > 0
    for y in range(y0, y1):
        i, i0, i1, fy = _row(y, k, gh)
        near = i1 if fy >= np.float32(0.5) else i0
        j = 0
        while j <= gw:
            kind, end = _run(kinds[i], j)
            x0, x1 = _start(j, k, width, gw), _start(end, k, width, gw)
            if kind == BACKGROUND:
                _copy(background[y], out[y], 3 * x0, 3 * x1)
            elif kind == PERSON:
                _copy(frame[y], out[y], 3 * x0, 3 * x1)
            else:
                j0, j1 = max(j - 1, 0), min(j, gw - 1)
                left, rise = _ends(alpha, i0, i1, fy, j0, j1)
                light, lighter = np.float32(0), np.float32(0)
                if wrapped:
                    light, lighter = _ends(wrap, i0, i1, fy, j0, j1)
                for x in range(x0, x1):
                    fx = (np.float32(x) + np.float32(0.5)) / k - np.float32(0.5) - np.float32(j - 1)
                    a = _tone(left, rise, fx, lut)
                    jn = j1 if fx >= np.float32(0.5) else j0
                    for channel in range(3):
                        value = np.float32(frame[y, 3 * x + channel])
                        if a < 1:
                            value = _clean(value, a, person[near, jn, channel], room[near, jn, channel], clean)
                        if wrapped:
                            glare = (light + lighter * fx) * glow[near, jn, channel] * np.float32(1 / 255)
                            value += glare * (255 - value)
                        under = np.float32(background[y, 3 * x + channel])
                        out[y, 3 * x + channel] = np.uint8(under + (value - under) * a + np.float32(0.5))
            j = end


@_jit
def cutout_rows(  # type: ignore[no-untyped-def]
    frame, k, alpha, person, room, kinds, lut, clean, y0, y1, out
):
    """frame (H, 3 W), out (H, 4 W) uint8: straight alpha, cleaned colours. What is wholly transparent is black, so that
    nothing of the room leaves here."""
    gh, gw = alpha.shape
    width = frame.shape[1] // 3
    for y in range(y0, y1):
        i, i0, i1, fy = _row(y, k, gh)
        near = i1 if fy >= np.float32(0.5) else i0
        j = 0
        while j <= gw:
            kind, end = _run(kinds[i], j)
            x0, x1 = _start(j, k, width, gw), _start(end, k, width, gw)
            if kind == BACKGROUND:
                _fill(out[y], 4 * x0, 4 * x1, np.uint8(0))
            elif kind == PERSON:
                for x in range(x0, x1):
                    for channel in range(3):
                        out[y, 4 * x + channel] = frame[y, 3 * x + channel]
                    out[y, 4 * x + 3] = 255
            else:
                j0, j1 = max(j - 1, 0), min(j, gw - 1)
                left, rise = _ends(alpha, i0, i1, fy, j0, j1)
                for x in range(x0, x1):
                    fx = (np.float32(x) + np.float32(0.5)) / k - np.float32(0.5) - np.float32(j - 1)
                    a = _tone(left, rise, fx, lut)
                    level = np.uint8(a * np.float32(255) + np.float32(0.5))
                    jn = j1 if fx >= np.float32(0.5) else j0
                    for channel in range(3):
                        value = np.float32(frame[y, 3 * x + channel])
                        value = _clean(value, a, person[near, jn, channel], room[near, jn, channel], clean)
                        out[y, 4 * x + channel] = np.uint8(value + np.float32(0.5)) if level > 0 else 0
                    out[y, 4 * x + 3] = level
            j = end
