"""Cities at night far behind the focus: every lamp is a disc as wide as the lens is open."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import HEIGHT, WIDTH, bloom, canvas, defocus, develop, grid, noise, rgb, smoothstep, soften


def bokeh_disc(
    picture: np.ndarray, x: float, y: float, radius: float, colour: np.ndarray, rng: np.random.Generator
) -> None:
    """Add one defocused lamp, in place.

    Away from the centre the barrel of the lens cuts the disc to a cat's eye; glass leaves a brighter rim,
    faint rings and a trace of colour on opposite sides.
    """
    reach = int(radius) + 3
    left, top = int(x) - reach, int(y) - reach
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + 2 * reach, WIDTH), min(top + 2 * reach, HEIGHT)
    if x0 >= x1 or y0 >= y1:
        return
    py, px = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    dx, dy = px - x, py - y
    away = np.array([x - WIDTH / 2, y - HEIGHT / 2]) / (WIDTH / 2)
    cut = np.hypot(dx + away[0] * radius * 0.45, dy + away[1] * radius * 0.45)
    distance = np.hypot(dx, dy)
    wide = radius * 1.06
    outer = np.maximum(distance, cut * radius / wide)
    body = smoothstep(radius + 1.2, radius - 1.2, outer)
    t = np.clip(outer / radius, 0, 1)
    rings = 0.02 * np.sin(t * 26 + rng.uniform(0, 6))
    profile = 0.80 + 0.16 * t**2 + 0.30 * smoothstep(0.86, 0.97, t) + rings
    fringe = 0.05 * (dx * away[0] + dy * away[1]) / radius
    tint = np.stack([1 + fringe, np.ones_like(fringe), 1 - fringe], axis=-1)
    picture[y0:y1, x0:x1] += (body * profile)[..., None] * tint * colour


Palette = list[tuple[str, float]]  # sRGB colours of lamps and how common they are


def _city(seed: int, sky: list[str], palette: Palette, haze: str, radius: float) -> np.ndarray:
    """Sky, blurred blocks of houses, their windows, and the street's lamps and cars; calm in the middle."""
    rng = np.random.default_rng(seed)
    x, y = grid()
    t = (y / HEIGHT)[..., None]
    horizon = 0.62
    high = smoothstep(0, horizon, t)
    picture = canvas(rgb(sky[0])) * (1 - high) + rgb(sky[1]) * high
    picture = picture * np.exp(0.10 * noise(rng, (900, 260), 3))[..., None]
    names = [rgb(code) for code, _ in palette]
    weights = np.array([share for _, share in palette])
    weights = weights / weights.sum()

    lamps: list[tuple[float, float, float, np.ndarray]] = []
    for depth in (0, 1):
        left = -60.0
        while left < WIDTH + 60:
            wide = rng.uniform(110, 260) * (1 + 0.4 * depth)
            middle = abs((left + wide / 2) / WIDTH * 2 - 1)
            roof = HEIGHT * (0.50 - 0.12 * depth * middle - rng.uniform(0.02, 0.26) * (0.35 + 0.65 * middle))
            block = rgb(sky[2]) * rng.uniform(0.5, 1.3)
            mask = (
                smoothstep(left, left + 3, x)
                * smoothstep(left + wide, left + wide - 3, x)
                * smoothstep(roof, roof + 3, y)
            )
            picture = picture * (1 - mask[..., None]) + block * mask[..., None]
            columns = np.arange(left + 24, left + wide - 16, rng.uniform(34, 52))
            hue = names[rng.choice(len(names), p=weights)]
            for row in np.arange(roof + 26, HEIGHT * 0.80, rng.uniform(40, 60)):
                for column in columns:
                    if rng.random() < 0.30 * (0.25 + 0.75 * middle):
                        colour = hue if rng.random() < 0.7 else names[rng.choice(len(names), p=weights)]
                        power = min(rng.lognormal(-2.2, 0.9), 1.2)
                        lamps.append((column, row, rng.uniform(0.80, 1.0), colour * power))
            left += wide * rng.uniform(0.9, 1.15)
    picture = defocus(picture.astype(np.float32), radius)
    picture = soften(picture, 12)

    for _ in range(46):  # the street: brighter, lower, nearer to a line that runs to the horizon
        side = rng.choice([-1, 1])
        along = rng.random() ** 1.4
        column = WIDTH / 2 + side * (120 + 1000 * along) + rng.normal(0, 30)
        row = HEIGHT * (0.60 + 0.20 * along) + rng.normal(0, 34)
        lamps.append(
            (
                column,
                row,
                0.9 + 0.5 * along,
                names[rng.choice(len(names), p=weights)] * min(rng.lognormal(-0.7, 0.8), 1.1),
            )
        )
    glow = canvas()
    for column, row, scale, colour in lamps:
        bokeh_disc(glow, column, row, radius * scale, colour, rng)
    street = rgb(haze) * (0.05 * np.exp(-(((y / HEIGHT - 0.70) / 0.16) ** 2)))[..., None]
    wet = smoothstep(0.74, 1.0, y / HEIGHT)[..., None]
    mirrored = cv2.GaussianBlur(glow[::-1], (0, 0), sigmaX=16, sigmaY=75) * 0.5
    picture = picture * (1 - 0.5 * wet) + street + glow + np.roll(mirrored, int(HEIGHT * 0.45), axis=0) * wet
    return bloom(picture.astype(np.float32), 0.16, 70)


def city_warm(seed: int = 6) -> np.ndarray:
    """A warm city after sunset: amber windows, a last red in the sky."""
    palette = [("ffb04a", 5), ("ffd08a", 4), ("ff8a3a", 2), ("ffe6c4", 2), ("ff4b33", 1), ("7fb4ff", 0.5)]
    picture = _city(seed, ["1c2238", "5a3d3c", "1d1a20"], palette, "ff9a4a", 30)
    return develop(picture, seed, exposure=1.6, vignette=0.6, grain=1.2)


def city_cool(seed: int = 17) -> np.ndarray:
    """A cool city in the blue hour: teal and white lamps, a few warm ones."""
    palette = [("7fd0ff", 4), ("5aa0ff", 3), ("d6ecff", 4), ("46e0d0", 1), ("b48cff", 1), ("ffb870", 1.2)]
    picture = _city(seed, ["0f1b33", "28435f", "111a28"], palette, "6fb0e8", 36)
    return develop(picture, seed, exposure=1.5, vignette=0.6, grain=1.2)
