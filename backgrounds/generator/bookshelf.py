"""A bookshelf far out of focus: spines, stacks, gaps and one small lamp."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import HEIGHT, WIDTH, bloom, defocus, develop, grid, noise, over, rgb, smoothstep, soften
from .drawing import layer, polygon, rectangle
from .plants import pot

BOOKS = ["7b2d26", "a4523b", "c58b4e", "d8c49a", "e6dcc4", "3c5a4e", "5f7a61", "26435c", "4b6f8c", "8fa6ad",
         "2a2a2e", "5a4a42", "8a7565", "b5a48e", "6a3b4f", "c9b18a", "1f3a3d", "94453a"]  # fmt: skip


def _book(
    target: np.ndarray,
    at: tuple[float, float],
    size: tuple[float, float],
    lean: float,
    colour: np.ndarray,
    band: float,
) -> None:
    """One spine at `at`, `size` wide and tall: rounded, so darker at its sides, with two plain bands."""
    foot = np.array(at)
    wide, tall = size
    right, up = np.array([np.cos(lean), np.sin(lean)]), np.array([np.sin(lean), -np.cos(lean)])
    for index in range(6):
        a, b = index / 6, (index + 1) / 6
        shade = 0.55 + 0.6 * np.sin(np.pi * (0.12 + 0.76 * (a + b) / 2))
        corners = [foot + right * wide * a, foot + right * wide * b]
        polygon(target, np.array([*corners, corners[1] + up * tall, corners[0] + up * tall]), colour * shade)
        for low in (0.12, 0.80):
            stripe = [c + up * tall * low for c in corners]
            upper = [c + up * tall * 0.035 for c in reversed(stripe)]
            polygon(target, np.array([*stripe, *upper]), colour * shade * band)


def _colour(rng: np.random.Generator) -> np.ndarray:
    """The colour of one book, a little faded."""
    colour = rgb(BOOKS[rng.integers(len(BOOKS))])
    return 0.75 * colour + 0.25 * colour.mean()


def _fill(
    target: np.ndarray,
    rng: np.random.Generator,
    left: float,
    right: float,
    floor: float,
    free: tuple[float, float],
) -> None:
    """Books on `floor` from `left` to `right`, single, in series and in stacks; none inside `free`."""

    def fits(x: float, wide: float) -> bool:
        return x + wide < right and (x + wide < free[0] or x > free[1])

    x = left + rng.uniform(4, 18)
    while x < right - 20:
        kind = rng.random()
        if kind < 0.035:
            x += rng.uniform(30, 90)
        elif kind < 0.09 and fits(x, 150):
            level = floor
            for _ in range(rng.integers(2, 5)):
                thick = rng.uniform(22, 38)
                rectangle(target, x, level - thick, x + rng.uniform(110, 150), level - 2, _colour(rng))
                level -= thick
            x += 158
        else:
            series = rng.random() < 0.10
            colour, tall = _colour(rng), rng.uniform(165, 262)
            for _ in range(rng.integers(3, 6) if series else 1):
                wide = 28.0 if series else rng.uniform(18, 46)
                if not fits(x, wide):
                    x = max(x + wide, free[1] + 1) if free[0] <= x + wide and x <= free[1] else x + wide
                    break
                lean = rng.uniform(0.08, 0.16) if rng.random() < 0.03 else rng.normal(0, 0.006)
                faded = colour * rng.uniform(0.65, 1.15)
                _book(target, (x, floor), (wide, tall), lean, faded, rng.choice([0.6, 1.0, 1.5]))
                x += wide + abs(lean) * tall * 0.9 + rng.uniform(0, 2)


def bookshelf(seed: int = 2) -> np.ndarray:
    """Four shelves of well-used books with a small lamp among them."""
    rng = np.random.default_rng(seed)
    x, y = grid()
    shelves = layer()
    wood, back = rgb("6b4630"), rgb("3a2a20")
    rectangle(shelves, 0, 0, WIDTH, HEIGHT, back)
    floors = [205.0, 520.0, 835.0, 1150.0]
    posts = [-20.0, 470.0, 960.0, 1450.0, 1940.0]
    lamp = (1700.0, 396.0)
    for floor in floors:
        free = (lamp[0] - 115, lamp[0] + 115) if floor == 520 else (WIDTH * 2.0, WIDTH * 2.0)
        for post, next_post in zip(posts[:-1], posts[1:], strict=True):
            _fill(shelves, rng, post + 18, next_post - 16, floor, free)
    for left in posts:
        rectangle(shelves, left - 11, 0, left + 11, HEIGHT, wood * 0.8)
    for floor in floors:
        rectangle(shelves, 0, floor, WIDTH, floor + 26, wood)

    # Light: what the room gives, darker under each board; and the lamp, which boards and posts shade as well.
    below = np.full_like(y, 400)
    for floor in (-110.0, *floors):
        below = np.where((y > floor + 26), np.minimum(below, y - floor - 26), below)
    recess = smoothstep(-40, 150, below)
    room = (0.15 + 0.30 * recess) * (0.75 + 0.25 * np.cos((x / WIDTH - 0.35) * 2.2))
    distance2 = (x - lamp[0]) ** 2 + 1.1 * (y - lamp[1]) ** 2
    glow = 2.4 / (1 + distance2 / 150**2) + 0.55 / (1 + distance2 / 560**2)
    same_bay = ((x > 1450) & (x < 1940) & (y > 205) & (y < 546)).astype(np.float32)
    glow = glow * (0.35 + 0.65 * soften(same_bay, 16))
    light = room[..., None] * rgb("d6cec6") + glow[..., None] * rgb("ffae60")
    picture = shelves[..., :3] * light * (1 + 0.05 * noise(rng, 40, 3))[..., None]

    thing = layer()
    rectangle(thing, lamp[0] - 9, 440, lamp[0] + 9, 500, rgb("b08a50") * 0.9)
    pot(thing, lamp[0], 520, 96, 40, rgb("b08a50"), (0.8, 0.8))
    cv2.ellipse(thing, (int(lamp[0]), 385), (54, 54), 0, 0, 360, (*(rgb("ffc988") * 3.2).tolist(), 1.0), -1)
    picture = over(picture, thing)
    picture = bloom(defocus(picture.astype(np.float32), 21), 0.16, 80)
    return develop(picture, seed, exposure=2.4, vignette=0.6, grain=1.3)
