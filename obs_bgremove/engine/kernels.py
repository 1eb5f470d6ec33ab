"""The compiled loops of the composite: one pass over the frame, arithmetic only where the edge is.

Called by composite.py only. The matte stands on a grid of cells, each `k` x `k` pixels of the frame; a pixel takes its
alpha bilinearly from the four cell centres around it. Between two neighbouring cell centres, horizontally, lies one
*interval*; `kinds` says for each interval of each grid row pair whether all four corners are surely background, surely
person, or neither. Runs of sure intervals are copied, so the cost follows the length of the edge.

Frames come in as the camera gives them, three bytes a pixel; pictures go out as OBS takes them, four bytes a pixel
(blue, green, red, alpha; one little-endian uint32), mirrored if the user wants it: mirroring and widening cost no pass
of their own. Intervals are always counted from the camera's left.

Plain loops over rows [y0, y1), `nogil`, no shared writes: any number of threads gives the same bytes.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from obs_bgremove.engine.arrays import F32, U8, U32

BACKGROUND, PERSON, EDGE, KEPT = 0, 1, 2, 3

I32 = npt.NDArray[np.int32]

# Numba takes the types of the arguments, not the annotations.
_jit = numba.njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", fastmath={"contract", "nsz", "arcp"})


@_jit
def classify(alpha: F32, low: np.float32, high: np.float32, wrap: F32, kinds: U8) -> None:
    """Fill kinds (gh + 1, gw + 1) uint8 from alpha (gh, gw): interval (i, j) lies between cells i-1, i and j-1, j
    (clamped at the border). At or below low is background, at or above high is person; wrap (gh, gw) float32: where
    above 0 the person's inside is touched too, so it is not "sure"; (0, 0) for none."""
    gh, gw = alpha.shape
    cells = np.empty((gh, gw + 2), np.uint8)  # with one more cell on either side, so that no interval is special
    for i in range(gh):
        row, source = cells[i, 1:-1], alpha[i]
        for j in range(gw):
            row[j] = BACKGROUND if source[j] <= low else PERSON if source[j] >= high else EDGE
        if wrap.size > 0:
            for j in range(gw):
                if row[j] == PERSON and wrap[i, j] >= np.float32(1e-3):
                    row[j] = EDGE
        cells[i, 0], cells[i, gw + 1] = cells[i, 1], cells[i, gw]
    for i in range(gh + 1):
        upper, lower, target = cells[max(i - 1, 0)], cells[min(i, gh - 1)], kinds[i]
        for j in range(gw + 1):
            kind = upper[j]
            same = (kind == upper[j + 1]) & (kind == lower[j]) & (kind == lower[j + 1])
            target[j] = kind if same else EDGE


@_jit
def keep(kinds: U8, drawn: U8) -> None:
    """drawn (gh + 1, gw + 1) uint8: 1 where the target shows the background already. There kinds BACKGROUND becomes
    KEPT; drawn becomes 1 where this frame shows the background."""
    for i in range(kinds.shape[0]):
        row, before = kinds[i], drawn[i]
        for j in range(row.size):
            empty = row[j] == BACKGROUND
            row[j] = KEPT if empty & (before[j] != 0) else row[j]
            before[j] = empty


@_jit
def _row(y: int, k: np.float32, gh: int) -> tuple[int, int, int, np.float32]:
    """(interval row, upper cell row, lower cell row, weight of the lower) of pixel row y."""
    position = (y + 0.5) / k - 0.5
    i = min(max(int(np.floor(position)) + 1, 0), gh)
    return i, max(i - 1, 0), min(i, gh - 1), np.float32(position - (i - 1))


@_jit
def _start(j: int, k: np.float32, width: int, gw: int) -> int:
    """First pixel column of interval j: the first whose centre is at or right of cell centre j - 1."""
    if j <= 0:
        return 0
    if j > gw:
        return width
    return min(max(int(np.ceil((j - 0.5) * k - 0.5)), 0), width)


@_jit
def _runs(kinds: U8, k: np.float32, width: int, runs: I32) -> int:
    """Fill runs (gw + 1, 4) with kind, interval, first and last pixel column + 1 of one interval row, from left to
    right: sure intervals of a kind together, edge intervals one by one. Returns how many."""
    count, j, gw = 0, 0, kinds.size - 1
    x0 = 0
    while j <= gw:
        kind = kinds[j]
        end = j + 1
        if kind != EDGE:
            while end <= gw and kinds[end] == kind:
                end += 1
        x1 = _start(end, k, width, gw)
        if kind != KEPT and x1 > x0:
            runs[count, 0], runs[count, 1], runs[count, 2], runs[count, 3] = kind, j, x0, x1
            count += 1
        j, x0 = end, x1
    return count


@_jit
def _ends(grid: F32, i0: int, i1: int, fy: np.float32, j0: int, j1: int) -> tuple[np.float32, np.float32]:
    """The grid's value at the left end of an edge interval in a pixel row, and its rise to the right end."""
    left = grid[i0, j0] + (grid[i1, j0] - grid[i0, j0]) * fy
    right = grid[i0, j1] + (grid[i1, j1] - grid[i0, j1]) * fy
    return left, right - left


@_jit
def _ramp(value: np.float32, low: np.float32, slope: np.float32) -> np.float32:
    """The final alpha: 0 up to low, then rising by slope to 1."""
    return min(max((value - low) * slope, np.float32(0)), np.float32(1))


@_jit
def _clean(
    value: np.float32, alpha: np.float32, person: np.float32, room: np.float32, strength: np.float32
) -> np.float32:
    """One channel of the person's own colour: F + a (I - a F - (1 - a) B), Forte & Pitie, ICIP 2021."""
    own = person + alpha * (value - alpha * person - (np.float32(1) - alpha) * room)
    own = min(max(own, np.float32(0)), np.float32(255))
    return value + (own - value) * strength


@_jit
def _lit(value: np.float32, glare: np.float32, glow: np.float32) -> np.float32:
    """One channel with the background's light screened over it."""
    return value + glare * glow * np.float32(1 / 255) * (np.float32(255) - value)


@_jit
def _level(below: np.uint32, shift: int) -> np.float32:
    """One channel, 0..255, of a BGRA pixel."""
    return np.float32((below >> np.uint32(shift)) & np.uint32(255))


@_jit
def _copy(source: U32, target: U32, first: int, end: int) -> None:
    """target[first:end] = source[first:end]. The loop counts from 0, so the compiler can rule out negative indices and
    uses wide moves: 7 times faster than the slice assignment."""
    part, into = source[first:end], target[first:end]
    for n in range(part.size):
        into[n] = part[n]


@_jit
def _fill(target: npt.NDArray[Any], first: int, end: int, value: np.uint32 | np.uint8) -> None:
    """target[first:end] = value, in the same way."""
    into = target[first:end]
    for n in range(into.size):
        into[n] = value


@_jit
def _widen(frame: U8, target: U32, x0: int, x1: int, mirror: bool, spare: U32, spare_bytes: U8) -> None:
    """The camera's pixels x0 to x1 into the target, opaque. spare (W) uint32, and the same as bytes. To mirror
    them, they are widened there and then reversed: both as wide moves, 2.3 times faster than in one loop."""
    part, n = frame[3 * x0 : 3 * x1], x1 - x0
    for x in range(n):
        spare_bytes[4 * x] = part[3 * x]
        spare_bytes[4 * x + 1] = part[3 * x + 1]
        spare_bytes[4 * x + 2] = part[3 * x + 2]
        spare_bytes[4 * x + 3] = 255
    width = target.size
    if mirror:
        reversed_, into = spare[:n][::-1], target[width - x1 : width - x0]
        for x in range(n):
            into[x] = reversed_[x]
    else:
        _copy(spare, target[x0:x1], 0, n)


@_jit
def _relit(frame: U8, target: U32, x0: int, x1: int, mirror: bool, light: U32) -> None:
    """As `_widen`, each channel looked up in its table: 1 ns a pixel, in one loop as in any other way."""
    part, n, width = frame[3 * x0 : 3 * x1], x1 - x0, target.size
    blues, greens, reds = light[0], light[1], light[2]
    into = target[width - x1 : width - x0][::-1] if mirror else target[x0:x1][::1]
    for x in range(n):
        into[x] = blues[part[3 * x]] | greens[part[3 * x + 1]] | reds[part[3 * x + 2]]


@_jit
def _in_light(value: np.float32, channel: int, light: U32) -> np.float32:
    """One channel, 0..255, looked up in its table."""
    found = light[channel, np.int32(value + np.float32(0.5))]
    return np.float32((found >> np.uint32(8 * channel)) & np.uint32(255))


@_jit
def _pack(blue: np.float32, green: np.float32, red: np.float32, alpha: np.float32) -> np.uint32:
    """Four levels 0..255, rounded, as one BGRA pixel."""
    half = np.float32(0.5)
    b, g, r, a = np.int32(blue + half), np.int32(green + half), np.int32(red + half), np.int32(alpha + half)
    return np.uint32(b | g << 8 | r << 16 | a << 24)


@_jit
def matte_rows(
    k: np.float32, alpha: F32, kinds: U8, low: np.float32, slope: np.float32, y0: int, y1: int, out: U8
) -> None:
    """out (H, W) uint8, as the camera sees it: the alpha that blend_rows uses."""
    gh, gw = alpha.shape
    width, step = out.shape[1], np.float32(1) / k
    runs, count, before = np.empty((gw + 1, 4), np.int32), 0, -1
    for y in range(y0, y1):
        i, i0, i1, fy = _row(y, k, gh)
        if i != before:
            count, before = _runs(kinds[i], k, width, runs), i
        for n in range(count):
            kind, j, x0, x1 = runs[n]
            if kind != EDGE:
                _fill(out[y], x0, x1, np.uint8(255 if kind == PERSON else 0))
                continue
            left, rise = _ends(alpha, i0, i1, fy, max(j - 1, 0), min(j, gw - 1))
            fx = (np.float32(x0) + np.float32(0.5)) * step - np.float32(0.5) - np.float32(j - 1)
            for x in range(x0, x1):
                out[y, x] = np.uint8(_ramp(left + rise * fx, low, slope) * np.float32(255) + np.float32(0.5))
                fx += step


@_jit
def blend_rows(
    frame: U8,
    k: np.float32,
    alpha: F32,
    person: F32,
    room: F32,
    kinds: U8,
    low: np.float32,
    slope: np.float32,
    clean: np.float32,
    light: U32,
    wrap: F32,
    glow: F32,
    background: U32,
    mirror: bool,
    y0: int,
    y1: int,
    out: U32,
) -> None:
    """out: the person over background. frame (H, 3 W) uint8: rows of BGR bytes; background, out (H, W) uint32: BGRA.
    Without a background, (0, 0): the person cut out, with straight alpha; wholly transparent pixels are black, so that
    nothing of the room leaves here. person, room (gh, gw, 3) float32: colours to clean edges with. mirror: mirror
    the frame; the background is as shown. wrap (gh, gw) float32 and glow (gh, gw, 3) float32 0..255: how much of the
    blurred background's light is screened over the person, as the camera sees it; empty for none. light (3, 256)
    uint32: tables that the person's levels are looked up in, as light.py makes them; empty for none. Where kinds is
    KEPT, out stays as it is."""
    gh, gw = alpha.shape
    width, step = out.shape[1], np.float32(1) / k
    wrapped, over, relit = wrap.size > 0, background.size > 0, light.size > 0
    spare = np.empty(width, np.uint32)
    spare_bytes = spare.view(np.uint8)
    runs, count, before = np.empty((gw + 1, 4), np.int32), 0, -1
    for y in range(y0, y1):
        i, i0, i1, fy = _row(y, k, gh)
        near = i1 if fy >= np.float32(0.5) else i0
        if i != before:
            count, before = _runs(kinds[i], k, width, runs), i
        source, target = frame[y], out[y]
        under = background[y] if over else target
        for n in range(count):
            kind, j, x0, x1 = runs[n]
            first = width - x1 if mirror else x0
            if kind == BACKGROUND and over:
                _copy(under, target, first, first + x1 - x0)
                continue
            if kind == BACKGROUND:
                _fill(target, first, first + x1 - x0, np.uint32(0))
                continue
            if kind == PERSON and relit:
                _relit(source, target, x0, x1, mirror, light)
                continue
            if kind == PERSON:
                _widen(source, target, x0, x1, mirror, spare, spare_bytes)
                continue
            j0, j1 = max(j - 1, 0), min(j, gw - 1)
            left, rise = _ends(alpha, i0, i1, fy, j0, j1)
            glare, brighter = np.float32(0), np.float32(0)
            if wrapped:
                glare, brighter = _ends(wrap, i0, i1, fy, j0, j1)
            fx = (np.float32(x0) + np.float32(0.5)) * step - np.float32(0.5) - np.float32(j - 1)
            part = source[3 * x0 : 3 * x1]
            for m in range(x1 - x0):
                a = _ramp(left + rise * fx, low, slope)
                jn = j1 if fx >= np.float32(0.5) else j0
                own, other = person[near, jn], room[near, jn]
                blue, green, red = np.float32(part[3 * m]), np.float32(part[3 * m + 1]), np.float32(part[3 * m + 2])
                blue = _clean(blue, a, own[0], other[0], clean)
                green = _clean(green, a, own[1], other[1], clean)
                red = _clean(red, a, own[2], other[2], clean)
                if relit:
                    blue = _in_light(blue, 0, light)
                    green = _in_light(green, 1, light)
                    red = _in_light(red, 2, light)
                if wrapped:
                    spill = glare + brighter * fx
                    blue = _lit(blue, spill, glow[near, jn, 0])
                    green = _lit(green, spill, glow[near, jn, 1])
                    red = _lit(red, spill, glow[near, jn, 2])
                at = width - 1 - x0 - m if mirror else x0 + m
                if over:
                    b, g, r = _level(under[at], 0), _level(under[at], 8), _level(under[at], 16)
                    target[at] = _pack(b + (blue - b) * a, g + (green - g) * a, r + (red - r) * a, np.float32(255))
                else:
                    pixel = _pack(blue, green, red, a * np.float32(255))
                    target[at] = pixel if pixel >= np.uint32(1 << 24) else np.uint32(0)
                fx += step
