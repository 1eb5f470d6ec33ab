"""The compiled loops of the composite: one pass over the frame, arithmetic only where the edge is.

Called by composite.py only. The edge model stands on a grid of cells, each `k` x `k` pixels of the frame; a pixel takes
its coefficients bilinearly from the four cell centres around it. Between two neighbouring cell centres, horizontally,
lies one *interval*; `kinds` says for each interval of each grid row pair whether all four corners are surely
background, surely person, or neither. Runs of sure intervals are copied, so the cost follows the length of the edge.

Plain loops over rows [y0, y1), `nogil`, no shared writes: any number of threads gives the same bytes.
"""

import numba
import numpy as np

BACKGROUND, PERSON, EDGE = 0, 1, 2
LUT_SIZE = 1024  # steps of the tone curve; 4 per 8-bit level

_jit = numba.njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", fastmath={"contract", "nsz", "arcp"})


@_jit
def classify(coefficients, low, high, wrap, kinds):  # type: ignore[no-untyped-def]
    """Fill kinds (gh + 1, gw + 1) uint8 from coefficients (gh, gw, 4): interval (i, j) lies between cells i-1, i and
    j-1, j (clamped at the border). low and high: alpha at or below low is background, at or above high is person.
    wrap (gh, gw) float32: where above 0 the person's inside is touched too, so it is not "sure"; (0, 0) for none."""
    gh, gw = coefficients.shape[0], coefficients.shape[1]
    cells = np.empty((gh, gw), np.uint8)
    wrapped = wrap.size > 0
    for i in range(gh):
        for j in range(gw):
            c = coefficients[i, j]
            kind = EDGE
            if c[0] == 0 and c[1] == 0 and c[2] == 0:
                if c[3] <= low:
                    kind = BACKGROUND
                elif c[3] >= high and (not wrapped or wrap[i, j] < 1e-3):
                    kind = PERSON
            cells[i, j] = kind
    for i in range(gh + 1):
        a, b = max(i - 1, 0), min(i, gh - 1)
        for j in range(gw + 1):
            c, d = max(j - 1, 0), min(j, gw - 1)
            kind = cells[a, c]
            same = kind == cells[a, d] and kind == cells[b, c] and kind == cells[b, d]
            kinds[i, j] = kind if same else EDGE


@_jit
def _row(y, k, gh):  # type: ignore[no-untyped-def]
    """(interval row, upper cell row, lower cell row, weight of the lower) of pixel row y."""
    position = (y + 0.5) / k - 0.5
    i = int(np.floor(position)) + 1
    i = min(max(i, 0), gh)
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
def _mix(upper, lower, fy, j0, j1, fx, channel):  # type: ignore[no-untyped-def]
    top = upper[j0, channel] + (upper[j1, channel] - upper[j0, channel]) * fx
    bottom = lower[j0, channel] + (lower[j1, channel] - lower[j0, channel]) * fx
    return top + (bottom - top) * fy


@_jit
def _alpha(upper, lower, fy, j0, j1, fx, b, g, r, lut):  # type: ignore[no-untyped-def]
    """The tone-mapped alpha of one pixel from its colour and the coefficients around it."""
    a = (
        _mix(upper, lower, fy, j0, j1, fx, 0) * b
        + _mix(upper, lower, fy, j0, j1, fx, 1) * g
        + _mix(upper, lower, fy, j0, j1, fx, 2) * r
        + _mix(upper, lower, fy, j0, j1, fx, 3)
    )
    a = min(max(a, np.float32(0)), np.float32(1))
    return lut[int(a * LUT_SIZE + np.float32(0.5))]


@_jit
def _clean(value, alpha, person, room, strength):  # type: ignore[no-untyped-def]
    """One channel of the person's own colour: F + a (I - a F - (1 - a) B), Forte & Pitie, ICIP 2021."""
    own = person + alpha * (value - alpha * person - (1 - alpha) * room)
    own = min(max(own, np.float32(0)), np.float32(255))
    return value + (own - value) * strength


@_jit
def matte_rows(frame, k, coefficients, kinds, lut, y0, y1, out):  # type: ignore[no-untyped-def]
    """out (H, W) uint8: the alpha that blend_rows uses."""
    gh, gw = coefficients.shape[0], coefficients.shape[1]
    width = frame.shape[1]
    for y in range(y0, y1):
        i, i0, i1, fy = _row(y, k, gh)
        upper, lower = coefficients[i0], coefficients[i1]
        j = 0
        while j <= gw:
            kind = kinds[i, j]
            first = j
            while j <= gw and kinds[i, j] == kind:
                j += 1
            x0, x1 = _start(first, k, width, gw), _start(j, k, width, gw)
            if kind == BACKGROUND:
                out[y, x0:x1] = 0
            elif kind == PERSON:
                out[y, x0:x1] = 255
            else:
                for x in range(x0, x1):
                    position = (np.float32(x) + np.float32(0.5)) / k - np.float32(0.5)
                    c = int(np.floor(position))
                    fx = position - np.float32(c)
                    j0, j1 = min(max(c, 0), gw - 1), min(c + 1, gw - 1)
                    b, g, r = np.float32(frame[y, x, 0]), np.float32(frame[y, x, 1]), np.float32(frame[y, x, 2])
                    a = _alpha(upper, lower, fy, j0, j1, fx, b, g, r, lut)
                    out[y, x] = np.uint8(a * np.float32(255) + np.float32(0.5))


@_jit
def blend_rows(frame, k, coefficients, person, room, kinds, lut, clean, wrap, glow, background, y0, y1, out):  # type: ignore[no-untyped-def]
    """out (H, W, 3) uint8: the person over background. person, room (gh, gw, 3) float32: colours to clean edges with.
    wrap (gh, gw, 1) float32 and glow (gh, gw, 3) float32 0..255: how much of the blurred background's light is
    screened over the person; empty for none."""
    gh, gw = coefficients.shape[0], coefficients.shape[1]
    width = frame.shape[1]
    wrapped = wrap.size > 0
    for y in range(y0, y1):
        i, i0, i1, fy = _row(y, k, gh)
        upper, lower = coefficients[i0], coefficients[i1]
        near = i1 if fy >= np.float32(0.5) else i0
        j = 0
        while j <= gw:
            kind = kinds[i, j]
            first = j
            while j <= gw and kinds[i, j] == kind:
                j += 1
            x0, x1 = _start(first, k, width, gw), _start(j, k, width, gw)
            if kind == BACKGROUND:
                out[y, x0:x1] = background[y, x0:x1]
            elif kind == PERSON:
                out[y, x0:x1] = frame[y, x0:x1]
            else:
                for x in range(x0, x1):
                    position = (np.float32(x) + np.float32(0.5)) / k - np.float32(0.5)
                    c = int(np.floor(position))
                    fx = position - np.float32(c)
                    j0, j1 = min(max(c, 0), gw - 1), min(c + 1, gw - 1)
                    b, g, r = np.float32(frame[y, x, 0]), np.float32(frame[y, x, 1]), np.float32(frame[y, x, 2])
                    a = _alpha(upper, lower, fy, j0, j1, fx, b, g, r, lut)
                    jn = j1 if fx >= np.float32(0.5) else j0
                    for channel in range(3):
                        value = np.float32(frame[y, x, channel])
                        if a < 1:
                            value = _clean(value, a, person[near, jn, channel], room[near, jn, channel], clean)
                        if wrapped:
                            light = _mix(wrap[i0], wrap[i1], fy, j0, j1, fx, 0) * glow[near, jn, channel]
                            value = value + light * (255 - value) * np.float32(1 / 255)
                        under = np.float32(background[y, x, channel])
                        mixed = under + (value - under) * a
                        out[y, x, channel] = np.uint8(mixed + np.float32(0.5))


@_jit
def cutout_rows(frame, k, coefficients, person, room, kinds, lut, clean, y0, y1, out):  # type: ignore[no-untyped-def]
    """out (H, W, 4) uint8: straight alpha, cleaned colours; wholly transparent pixels are black, not the room."""
    gh, gw = coefficients.shape[0], coefficients.shape[1]
    width = frame.shape[1]
    for y in range(y0, y1):
        i, i0, i1, fy = _row(y, k, gh)
        upper, lower = coefficients[i0], coefficients[i1]
        near = i1 if fy >= np.float32(0.5) else i0
        j = 0
        while j <= gw:
            kind = kinds[i, j]
            first = j
            while j <= gw and kinds[i, j] == kind:
                j += 1
            x0, x1 = _start(first, k, width, gw), _start(j, k, width, gw)
            if kind == BACKGROUND:
                out[y, x0:x1] = 0
            elif kind == PERSON:
                out[y, x0:x1, :3] = frame[y, x0:x1]
                out[y, x0:x1, 3] = 255
            else:
                for x in range(x0, x1):
                    position = (np.float32(x) + np.float32(0.5)) / k - np.float32(0.5)
                    c = int(np.floor(position))
                    fx = position - np.float32(c)
                    j0, j1 = min(max(c, 0), gw - 1), min(c + 1, gw - 1)
                    b, g, r = np.float32(frame[y, x, 0]), np.float32(frame[y, x, 1]), np.float32(frame[y, x, 2])
                    a = _alpha(upper, lower, fy, j0, j1, fx, b, g, r, lut)
                    alpha = np.uint8(a * np.float32(255) + np.float32(0.5))
                    jn = j1 if fx >= np.float32(0.5) else j0
                    for channel in range(3):
                        value = np.float32(frame[y, x, channel])
                        value = _clean(value, a, person[near, jn, channel], room[near, jn, channel], clean)
                        out[y, x, channel] = np.uint8(value + np.float32(0.5)) if alpha > 0 else 0
                    out[y, x, 3] = alpha
