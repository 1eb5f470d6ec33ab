"""Rooms drawn by arithmetic: walls with texture and light that falls off, floors, doors, windows, shelves and so on.

A room is (720, 1280, 3) float32, BGR in display values 0..255; every function paints into it in place, with the random
numbers of the caller's generator, so that a seed gives one room for ever.
"""

import cv2
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 1280, 720
F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
Rng = np.random.Generator
Colour = tuple[float, float, float]  # BGR, 0..255


def grid() -> tuple[F32, F32]:
    """x and y of every pixel, (720, 1280) each."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return x, y


def noise(rng: Rng, cell: tuple[float, float], octaves: int = 4, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> F32:
    """Fractal value noise, mean 0, deviation 1; cell: the largest feature, pixels (across, down)."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        size = tuple(max(2, round(s / c * 2**octave)) + 2 for s, c in zip(shape, cell[::-1]))
        points = rng.standard_normal((min(size[0], shape[0]), min(size[1], shape[1]))).astype(np.float32)
        total += 0.55**octave * cv2.resize(points, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def box(room: F32, x0: float, y0: float, x1: float, y1: float, colour: Colour, shade: float = 0.0) -> None:
    """A filled rectangle, `shade` darker at its bottom than at its top (shares of its brightness)."""
    a, b, c, d = (round(v) for v in (max(0, x0), max(0, y0), min(WIDTH, x1), min(HEIGHT, y1)))
    if a < c and b < d:
        fall = 1 - shade * np.linspace(0, 1, d - b, dtype=np.float32)[:, None, None]
        room[b:d, a:c] = np.array(colour, np.float32) * fall


def shadow(room: F32, x0: float, y0: float, x1: float, y1: float, depth: float = 0.35, soft: float = 14) -> None:
    """The soft shadow of a box on what is behind it."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.rectangle(mask, (round(x0), round(y0)), (round(x1), round(y1)), 1.0, -1)
    room *= 1 - depth * cv2.GaussianBlur(mask, (0, 0), soft)[..., None]


def cast(mask: F32, right: float, down: float, soft: float) -> F32:
    """The soft shadow of `mask` (720, 1280), moved by (right, down) pixels."""
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.GaussianBlur(cv2.warpAffine(mask, matrix, (WIDTH, HEIGHT)), (0, 0), soft), np.float32)


def wall(rng: Rng, colour: Colour, kind: str = "plaster") -> F32:
    """A new room: nothing but its wall. kind: plaster, stripes, brick, boards or tiles."""
    room = np.ones((HEIGHT, WIDTH, 3), np.float32) * np.array(colour, np.float32)
    x, y = grid()
    value = 1 + 0.02 * noise(rng, (240, 240)) + 0.012 * noise(rng, (9, 9), 2)
    if kind == "stripes":
        period = rng.uniform(34, 70)
        value *= 1 + 0.09 * np.tanh(4 * np.sin(2 * np.pi * x / period))
    elif kind == "brick":
        tall, wide = 30, 84
        row = np.floor(y / tall)
        across = x + (row % 2) * wide / 2
        mortar = np.minimum(np.minimum(y % tall, tall - y % tall), np.minimum(across % wide, wide - across % wide)) < 2
        tone = rng.uniform(0.8, 1.15, (40, 40)).astype(np.float32)
        value *= tone[row.astype(int) % 40, np.floor(across / wide).astype(int) % 40] + 0.05 * noise(rng, (12, 12), 3)
        value = np.where(mortar, 1.25, value)
    elif kind == "boards":
        wide = rng.uniform(70, 120)
        tone = rng.uniform(0.85, 1.1, 40).astype(np.float32)
        value *= tone[np.floor(x / wide).astype(int) % 40] * (1 + 0.05 * noise(rng, (14, 400), 4))
        value = np.where(x % wide < 3, value * 0.6, value)
    elif kind == "tiles":
        value = np.where((x % 96 < 3) | (y % 96 < 3), 0.8, value)
    return np.asarray(room * value[..., None], np.float32)


def light(room: F32, at: tuple[float, float], reach: float, tint: Colour = (0.95, 1.0, 1.03), low: float = 0.5) -> None:
    """Light from `at` that falls off over `reach` pixels to `low`, tinted; the last step before people are put in."""
    x, y = grid()
    fall = low + (1.08 - low) / (1 + ((x - at[0]) ** 2 + (y - at[1]) ** 2) / reach**2)
    room *= fall[..., None] * np.array(tint, np.float32)


def floor(room: F32, rng: Rng, y0: int, colour: Colour) -> None:
    """Floorboards in perspective below y0, with a skirting board."""
    x, y = grid()
    depth = np.maximum(y - y0, 1) / (HEIGHT - y0)
    lane = (x - WIDTH / 2) / (0.35 + depth) / 90
    tone = rng.uniform(0.8, 1.1, 64).astype(np.float32)[np.floor(lane).astype(int) % 64]
    tone = np.where(np.abs(lane - np.rint(lane)) < 0.02, tone * 0.7, tone)
    tone = tone * (1 + 0.05 * noise(rng, (300, 14), 3))
    room[y0:] = (tone[..., None] * np.array(colour, np.float32))[y0:]
    box(room, 0, y0 - 20, WIDTH, y0, (205, 212, 215), 0.15)
    shadow(room, 0, y0, WIDTH, y0 + 6, 0.3, 6)


def wainscot(room: F32, y0: int, colour: Colour, wide: int = 150) -> None:
    """Wooden panels on the lower wall from y0 down."""
    box(room, 0, y0, WIDTH, HEIGHT, colour, 0.1)
    bright, dark = (tuple(c * k for c in colour) for k in (1.15, 0.75))
    box(room, 0, y0, WIDTH, y0 + 14, bright)
    box(room, 0, y0 + 14, WIDTH, y0 + 18, dark)
    for x0 in range(-40, WIDTH, wide):
        cv2.rectangle(room, (x0 + 20, y0 + 45), (x0 + wide - 20, HEIGHT + 20), dark, 3)
        cv2.rectangle(room, (x0 + 26, y0 + 51), (x0 + wide - 26, HEIGHT + 20), bright, 2)


def door(room: F32, x0: int, wide: int, top: int, colour: Colour) -> None:
    """A panelled door that stands from `top` to the bottom."""
    shadow(room, x0 - 24, top - 24, x0 + wide + 24, HEIGHT, 0.2)
    box(room, x0 - 18, top - 18, x0 + wide + 18, HEIGHT, tuple(c * 1.1 for c in colour))
    box(room, x0, top, x0 + wide, HEIGHT, colour, 0.15)
    dark = tuple(c * 0.78 for c in colour)
    for a, b in ((0.05, 0.45), (0.52, 0.95)):
        for c, d in ((0.12, 0.45), (0.55, 0.88)):
            corners = [(round(x0 + wide * u), round(top + (HEIGHT - top) * v)) for u, v in ((c, a), (d, b))]
            cv2.rectangle(room, corners[0], corners[1], dark, 3)
    cv2.circle(room, (x0 + wide - 22, (top + HEIGHT) // 2), 9, (90, 170, 190), -1)


def window(room: F32, rng: Rng, x0: int, y0: int, x1: int, y1: int, bright: float = 1.0) -> None:
    """A window by day: sky, a far treeline, mullions; its brightness blooms into the room."""
    _, y = grid()
    sky = np.array((255, 246, 236), np.float32) * (1 - 0.12 * (y - y0) / max(1, y1 - y0))[..., None]
    trees = y > y0 + (y1 - y0) * 0.62 + 18 * noise(rng, (120, 700), 4)
    leaf = np.array((120, 165, 140), np.float32) * (1 + 0.18 * noise(rng, (24, 24), 3))[..., None]
    outside = np.where(trees[..., None], leaf * 1.1, sky) * bright
    mask = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    mask[max(0, y0) : y1, max(0, x0) : x1] = 1
    room[...] = room * (1 - mask) + cv2.GaussianBlur(outside.astype(np.float32), (0, 0), 3) * mask
    room += 26 * bright * cv2.GaussianBlur(mask, (0, 0), 60)[..., None]
    frame = (225, 230, 232)
    middle = (x0 + x1) // 2
    for a, b, c, d in ((x0 - 14, y0 - 14, x0 + 6, y1), (x1 - 6, y0 - 14, x1 + 14, y1), (middle - 6, y0, middle + 6, y1),
                       (x0 - 14, y0 - 14, x1 + 14, y0 + 4), (x0 - 26, y1 - 6, x1 + 26, y1 + 16)):  # fmt: skip
        box(room, a, b, c, d, frame, 0.1)


def shelf(room: F32, rng: Rng, x0: int, y0: int, x1: int, y1: int, wood: Colour = (70, 105, 145)) -> None:
    """A bookcase with books, boxes and vases."""
    shadow(room, x0 - 8, y0, x1 + 18, y1 + 6, 0.35)
    box(room, x0, y0, x1, y1, tuple(c * 0.45 for c in wood))
    boards = np.linspace(y0, y1, max(2, (y1 - y0) // 120) + 1).astype(int)
    for top, bottom in zip(boards, boards[1:]):
        at = x0 + 14.0
        while at < x1 - 24:
            wide, tall = rng.uniform(12, 34), rng.uniform(0.5, 0.88) * (bottom - top)
            colour = tuple(rng.uniform(35, 215, 3))
            if rng.random() < 0.12:
                cv2.circle(room, (round(at + 22), round(bottom - 24)), 20, colour, -1, cv2.LINE_AA)
                wide = 46
            elif rng.random() < 0.85:
                box(room, at, bottom - tall, at + wide, bottom, colour, 0.25)
            at += wide + rng.choice([1, 1, 2, 20])
        box(room, x0, bottom - 4, x1, bottom + 8, wood, 0.2)
    for a in (x0, x1 - 12):
        box(room, a, y0, a + 12, y1 + 8, wood, 0.2)
    box(room, x0, y0 - 6, x1, y0 + 6, wood)


def plant(room: F32, rng: Rng, x: int, y: int, size: int) -> None:
    """A pot on (x, y) with long leaves."""
    for _ in range(34):
        angle = rng.uniform(-2.7, -0.45)
        long = size * rng.uniform(0.5, 1.0)
        along = np.linspace(0, 1, 10)
        bent = angle + rng.normal(0, 0.5) * along
        rib = np.array([x, y - size * 0.3]) + np.stack([np.cos(bent), np.sin(bent)], 1) * (along * long)[:, None]
        across = np.stack([-np.sin(bent), np.cos(bent)], 1) * (np.sin(np.pi * along**0.7) * size * 0.06)[:, None]
        green = np.array((60, 110, 70)) * rng.uniform(0.55, 1.5)
        points = np.concatenate([rib + across, (rib - across)[::-1]])
        cv2.fillPoly(room, [np.rint(points * 16).astype(np.int32)], green.tolist(), cv2.LINE_AA, 4)
    pot = np.array([[x - size * 0.2, y - size * 0.34], [x + size * 0.2, y - size * 0.34],
                    [x + size * 0.14, y], [x - size * 0.14, y]])  # fmt: skip
    cv2.fillPoly(room, [np.rint(pot).astype(np.int32)], (95, 125, 185), cv2.LINE_AA)


def poster(room: F32, rng: Rng, x0: int, y0: int, x1: int, y1: int) -> None:
    """A poster of stripes and circles in a thin frame."""
    shadow(room, x0, y0, x1 + 8, y1 + 10, 0.3, 8)
    box(room, x0 - 6, y0 - 6, x1 + 6, y1 + 6, (40, 45, 50))
    box(room, x0, y0, x1, y1, tuple(rng.uniform(150, 240, 3)))
    part = room[max(0, y0) : y1, max(0, x0) : x1]
    slope, period = rng.uniform(-1, 1), rng.uniform(18, 46)
    y, x = np.mgrid[0 : part.shape[0], 0 : part.shape[1]]
    part[np.sin(2 * np.pi * (x + slope * y) / period) > 0.2] = rng.uniform(30, 220, 3)
    for _ in range(3):
        centre = (int(rng.integers(0, part.shape[1])), int(rng.integers(0, part.shape[0])))
        cv2.circle(part, centre, int(part.shape[1] * rng.uniform(0.1, 0.25)), rng.uniform(30, 230, 3).tolist(), -1)


def curtain(room: F32, rng: Rng, x0: int, x1: int, colour: Colour, phase: float = 0.0, sway: float = 0.0) -> None:
    """A curtain with folds from the ceiling down. phase and sway (pixels): where the draught has moved it to."""
    folds = rng.uniform(0.7, 1.3, 40)
    x, y = grid()
    moved = x + sway * (y / HEIGHT) ** 1.5 * np.sin(phase + y / 260)
    inside = (moved > x0) & (moved < x1)
    turn = np.interp(moved, np.linspace(x0, x1, 40), np.cumsum(folds) * 1.1).astype(np.float32)
    tone = 0.78 + 0.22 * np.sin(turn)
    room[inside] = (tone[..., None] * np.array(colour, np.float32))[inside]


def floor_lamp(room: F32, x: int, y: int, lit: float = 1.0) -> None:
    """A lamp on a stand with its shade at (x, y)."""
    box(room, x - 4, y + 40, x + 4, HEIGHT, (50, 55, 60))
    shade = np.array([[x - 34, y - 50], [x + 34, y - 50], [x + 66, y + 50], [x - 66, y + 50]])
    cv2.fillPoly(room, [shade], (120 + 90 * lit, 150 + 95 * lit, 165 + 90 * lit), cv2.LINE_AA)


def glow(x: int, y: int, reach: float) -> F32:
    """(720, 1280, 1) in 0..1: how much a lamp at (x, y) lights each pixel of the wall behind it."""
    gx, gy = grid()
    return np.asarray(1 / (1 + ((gx - x) ** 2 + (gy - y) ** 2) / reach**2), np.float32)[..., None]
