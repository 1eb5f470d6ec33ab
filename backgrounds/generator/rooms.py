"""Rooms far out of focus: a warm living room in the evening, a plain room by day."""

from __future__ import annotations

import numpy as np

from .camera import HEIGHT, WIDTH, bloom, canvas, defocus, develop, grid, noise, over, rgb, smoothstep, soften
from .drawing import layer, polygon, rectangle
from .plants import bush, pot


def shaded_lamp(at: tuple[float, float], gap: float, spread: float) -> np.ndarray:
    """Light of a lamp with an open shade on a wall `gap` px behind it: two cones, cut to hyperbolas."""
    x, y = grid()
    dx, dy = x - at[0], y - at[1]
    distance2 = dx**2 + dy**2 + gap**2
    direct = gap**2 / distance2 * gap / np.sqrt(distance2)
    slope = np.hypot(dx, gap) / (np.abs(dy) + 1)
    return direct * (0.10 + 0.90 * smoothstep(spread * 1.35, spread * 0.75, slope)) * 3.0


def studio_warm(seed: int = 1) -> np.ndarray:
    """The corner of a living room in the evening: a lamp, a plant, two frames, a quiet wall between."""
    rng = np.random.default_rng(seed)
    x, y = grid()
    lamp = (1560.0, 560.0)
    wall_colour = rgb("c2ab8e") * np.exp(0.03 * noise(rng, 300, 4))[..., None]
    warm, dusk = rgb("ffbd78"), rgb("7c98c8")
    distance2 = (x - lamp[0]) ** 2 + (y - lamp[1]) ** 2
    falling = 1.5 * shaded_lamp(lamp, 190, 1.05) + 0.85 / (1 + distance2 / 760**2)
    evening = 0.10 + 0.26 * np.exp(-(((x + 250) / 800) ** 2))
    light = falling[..., None] * warm * 0.55 + evening[..., None] * dusk
    picture = wall_colour * light

    def at(px: float, py: float) -> np.ndarray:
        return light[int(np.clip(py, 0, HEIGHT - 1)), int(np.clip(px, 0, WIDTH - 1))]

    frames = layer()
    for x0, y0, x1, y1, tones in (
        (520, 110, 730, 400, "cdbfa8 8d6a4f"),
        (775, 180, 915, 370, "d8cdbb 5d6f72"),
    ):
        paper, art = (rgb(code) for code in tones.split())
        here = at((x0 + x1) / 2, (y0 + y1) / 2)
        rectangle(frames, x0, y0, x1, y1, rgb("2c2119") * here)
        rectangle(frames, x0 + 12, y0 + 12, x1 - 12, y1 - 12, paper * here)
        rectangle(frames, x0 + 48, y0 + 56, x1 - 48, (y0 + y1) / 2 + 20, art * here)
        rectangle(frames, x0 + 48, (y0 + y1) / 2 + 20, x1 - 48, y1 - 56, art * 0.55 * here)
    shadow = np.roll(defocus(np.ascontiguousarray(frames[..., 3]), 26), (16, -22), (0, 1))
    picture = over(picture * (1 - 0.45 * shadow[..., None]), defocus(frames, 13))

    board = layer()
    top = 850.0
    for index in range(120):  # the sideboard's top, lit along its length
        x0 = index * 16
        rectangle(board, x0, top, x0 + 17, top + 26, rgb("9a6a42") * at(x0, top - 90) * 1.5)
        rectangle(board, x0, top + 26, x0 + 17, HEIGHT, rgb("5f4029") * (at(x0, top) * 0.42 + 0.02))
    for edge in (330, 810, 1290, 1770):
        rectangle(board, edge, top + 34, edge + 8, HEIGHT, rgb("22160e") * 0.3)
    under = soften((smoothstep(top - 6, top, y) * smoothstep(top + 40, top, y)).astype(np.float32), 18)
    picture = over(picture * (1 - 0.35 * under[..., None]), defocus(board, 15))

    things = layer()
    level = top
    for x0, wide, tall, tone in (
        (1120, 190, 30, "7d3f33"),
        (1132, 168, 26, "d2c3a6"),
        (1126, 176, 30, "35506a"),
    ):
        rectangle(things, x0, level - tall, x0 + wide, level - 2, rgb(tone) * at(x0 + wide, top - 60))
        level -= tall
    pot(things, 1210, top - 86, 86, 92, rgb("d9b78c"), (0.12, 0.75))
    pot(things, 1560, top + 4, 96, 120, rgb("7d4e3c"), (0.55, 0.75))
    rectangle(things, 1553, 610, 1567, 740, rgb("c8a060") * 0.7)
    picture = over(picture, defocus(things, 14))

    shade = layer()
    for index in range(40):  # a linen shade, brightest where the bulb is
        a, b = index / 40, (index + 1) / 40
        y0, y1 = 470 + 190 * a, 470 + 190 * b
        half = 88 + 44 * a
        bright = 1.1 + 2.4 * np.exp(-(((a - 0.55) / 0.35) ** 2))
        polygon(
            shade,
            np.array([[1560 - half, y0], [1560 + half, y0], [1560 + half + 1, y1], [1560 - half - 1, y1]]),
            rgb("ffca8c") * bright,
        )
    round_off = 1 - 0.55 * np.clip(np.abs(x - 1560) / 132, 0, 1) ** 2.5
    shade[..., :3] *= round_off[..., None]
    picture = over(picture, defocus(shade, 14))

    plant = layer()
    bush(plant, rng, (210, 720), 600, (1250, 480), rgb("ffd0a0") * 0.95, rgb("8fa6c8") * 0.24, 98)
    pot(plant, 210, 866, 220, 190, rgb("c8beb2"), (0.14, 0.36))
    picture = over(picture, defocus(plant, 24))
    return develop(bloom(picture.astype(np.float32), 0.16, 80), seed, exposure=2.25, vignette=0.55, grain=1.3)


def _folds(rng: np.random.Generator) -> np.ndarray:
    """How much each of 60 strips across a curtain faces the light: round folds of unequal width."""
    phase = np.cumsum(rng.uniform(0.45, 1.15, 60))
    return np.sin(phase) * rng.uniform(0.5, 1.3, 60)


def window_daylight(seed: int = 3) -> np.ndarray:
    """A window with sheer curtains on the left, a garden outside; its daylight runs along a plain wall."""
    rng = np.random.default_rng(seed)
    x, y = grid()

    green = 0.5 + 0.5 * np.tanh(1.2 * noise(rng, 260, 4, 0.62) + 1.6 - 3.4 * (1 - y / HEIGHT))
    leaves = rgb("5d7f4a") * np.exp(0.55 * noise(rng, 90, 4, 0.7))[..., None]
    outside = canvas(rgb("e4eef8") * 2.3) * (1 - green[..., None]) + leaves * 1.5 * green[..., None]
    sparkle = (noise(rng, 30, 2) > 2.3).astype(np.float32) * green
    outside = defocus((outside + sparkle[..., None] * 6).astype(np.float32), 34)

    left, right, head, sill = 110.0, 700.0, -60.0, 800.0
    distance = np.maximum(x - right, 0)
    wall_light = 0.30 + 0.75 * np.exp(-distance / 520) + 0.10 * np.exp(-(((y - 420) / 500) ** 2))
    wall_light *= 1 - 0.30 * np.exp(-distance / 34)  # right beside the window it comes edge-on
    tint = np.clip(distance / 1200, 0, 1)[..., None]
    wall = (
        rgb("d8d2c8")
        * np.exp(0.02 * noise(rng, 350, 4))[..., None]
        * (rgb("fbf8f2") * (1 - tint) + rgb("ffe9d2") * tint)
    )
    picture = (wall * wall_light[..., None] * 0.62).astype(np.float32)

    opening = ((x > left) & (x < right) & (y > head) & (y < sill)).astype(np.float32)
    opening = defocus(opening, 12)[..., None]
    picture = picture * (1 - opening) + outside * opening
    frame = layer()
    paint = rgb("e8e4dc")
    for x0, x1 in ((left - 34, left + 16), (392, 424), (right - 16, right + 34)):
        rectangle(frame, x0, 0, x1, sill, paint * (0.42 if x1 < 600 else 0.62))
    rectangle(frame, left, 238, right, 262, paint * 0.40)
    rectangle(frame, left - 60, sill, right + 70, sill + 34, paint * 0.95)
    rectangle(frame, left - 60, sill + 34, right + 70, sill + 52, paint * 0.22)
    picture = over(picture, defocus(frame, 12))

    plants = layer()
    bush(plants, rng, (560, 710), 210, (300, 200), rgb("f4f8ff") * 1.5, rgb("ffffff") * 0.16, 40)
    pot(plants, 560, sill + 6, 120, 104, rgb("b8693f"), (0.75, 0.30))
    picture = over(picture, defocus(plants, 13))

    daylight = soften(opening[..., 0].astype(np.float32), 45)[..., None]
    gather = np.sin(np.pi * np.clip(y / 760, 0, 1.25) / 2) ** 2  # tied back above the sill
    for outer, head_width, tied_width in ((-60.0, 400.0, 190.0), (850.0, -310.0, -150.0)):
        u = (x - outer) / (head_width + (tied_width - head_width) * gather)
        folds = np.interp(u, np.linspace(-0.2, 1.2, 60), _folds(rng)).astype(np.float32)
        hang = smoothstep(-0.01, 0.02, u) * smoothstep(1.01, 0.97, u)
        density = defocus((np.clip(0.90 + 0.05 * folds, 0.78, 0.98) * hang).astype(np.float32), 13)[..., None]
        relief = 1 + 0.13 * defocus(folds, 9)[..., None]
        cloth = rgb("f6f1e8") * (0.30 + 0.60 * daylight) * relief
        picture = (picture * (1 - density) + cloth * density).astype(np.float32)

    tall = layer()
    bush(tall, rng, (1700, 860), 620, (600, 300), rgb("f4f8ff") * 1.1, rgb("ffeedd") * 0.16, 98)
    pot(tall, 1700, 1180, 300, 350, rgb("ddd6ca"), (0.62, 0.20))
    picture = over(picture, defocus(tall, 24))
    return develop(bloom(picture.astype(np.float32), 0.16, 80), seed, exposure=2.0, vignette=0.4, grain=1.2)
