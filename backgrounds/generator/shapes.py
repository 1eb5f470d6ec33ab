"""Abstract pictures: two gradients, paper waves, and a wall of hexagonal blocks."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import HEIGHT, WIDTH, canvas, defocus, develop, grid, noise, rgb, smoothstep, soften
from .relief import Lamp, light


def _mesh(spots: list[tuple[float, float, float, str]], seed: int) -> np.ndarray:
    """Colours (x, y, reach in picture widths, sRGB) that melt into each other, gently warped."""
    rng = np.random.default_rng(seed)
    x, y = grid()
    u = x / WIDTH + 0.05 * noise(rng, 1300, 1)
    v = y / WIDTH + 0.05 * noise(rng, 1300, 1)
    total, weight = canvas(), np.zeros((HEIGHT, WIDTH, 1), np.float32)
    for cx, cy, reach, colour in spots:
        share = np.exp(-((u - cx) ** 2 + (v - cy) ** 2) / (2 * reach**2))[..., None] + 1e-4
        total += share * np.sqrt(rgb(colour))
        weight += share
    return (total / weight) ** 2


def gradient_dusk(seed: int = 10) -> np.ndarray:
    """The sky half an hour after sunset, without the view."""
    spots = [
        (0.00, 0.00, 0.24, "1d2658"), (0.50, 0.00, 0.22, "343f78"), (1.00, 0.02, 0.24, "282a58"),
        (0.10, 0.34, 0.22, "84507c"), (0.55, 0.36, 0.20, "b85f74"), (1.00, 0.36, 0.22, "6d4672"),
        (0.25, 0.60, 0.20, "ff9d60"), (0.80, 0.60, 0.20, "f57a58"),
    ]  # fmt: skip
    return develop(soften(_mesh(spots, seed), 40), seed, exposure=2.1, vignette=0.35, grain=1.5)


def gradient_deep(seed: int = 11) -> np.ndarray:
    """Dark petrol with a soft teal light: quiet behind bright clothes."""
    spots = [
        (0.02, 0.02, 0.25, "0c1a26"), (0.50, 0.20, 0.17, "2f7f84"), (0.95, 0.05, 0.25, "123047"),
        (0.05, 0.50, 0.25, "123642"), (0.95, 0.52, 0.25, "0b141f"), (0.72, 0.32, 0.16, "245f7a"),
        (0.35, 0.40, 0.16, "1f6068"),
    ]  # fmt: skip
    return develop(soften(_mesh(spots, seed), 40), seed, exposure=1.5, vignette=0.5, grain=1.5)


def paper_waves(seed: int = 12) -> np.ndarray:
    """Sheets of dyed paper cut in waves, one above the other, lit from the upper left."""
    rng = np.random.default_rng(seed)
    x, y = grid()
    sheets = ["f3e7da", "e8cdb9", "d2a898", "a67d86", "725e7a", "474a70", "2a3559"]
    height = np.zeros((HEIGHT, WIDTH), np.float32)
    albedo = canvas(rgb(sheets[0]))
    for index, code in enumerate(sheets[1:], 1):
        level = HEIGHT * (0.15 + 0.135 * index)
        line = level + 112 * np.sin(x / 410 + 1.9 + 0.50 * index) + 46 * np.sin(x / 205 + 0.4 + 1.05 * index)
        edge = smoothstep(-1, 1, y - line)
        height = np.maximum(height, edge * 22 * index).astype(np.float32)
        tone = 1 + 0.16 * np.clip((y - line) / 300, 0, 1)
        albedo = albedo * (1 - edge[..., None]) + (rgb(code) * tone[..., None]) * edge[..., None]
    fibre = 0.012 * noise(rng, 6, 2) + 0.01 * noise(rng, 60, 3)
    albedo = albedo * np.exp(fibre)[..., None]
    lamps = [Lamp(250, 1750, 1200, rgb("fff2e2") * 1.2, 480)]
    wall = light(height, albedo.astype(np.float32), lamps, rgb("e2e2ea") * 0.55, rng, reach=40, samples=16)
    return develop(defocus(wall, 1.6), seed, exposure=1.8, vignette=0.4, grain=1.2)


def hexagon_wall(seed: int = 13) -> np.ndarray:
    """Matt hexagonal blocks standing out of a wall by different lengths; raking light from the left."""
    rng = np.random.default_rng(seed)
    x, y = grid()
    size = 118.0  # from the centre to a side
    row_step = size * np.sqrt(3)
    best = np.full(x.shape, 1e9, np.float32)
    near = np.full(x.shape, 1e9, np.float32)
    block, tone, tilt = (np.zeros(x.shape, np.float32) for _ in range(3))
    for row in range(12):
        for column in range(14):
            dx = x - ((column - 1) * 2 * size + (row % 2) * size)
            dy = y - (row - 1) * row_step
            distance = dx**2 + dy**2
            closer = distance < best
            near = np.where(closer, best, np.minimum(near, distance))
            best = np.where(closer, distance, best)
            block = np.where(closer, np.float32(rng.random()), block)
            tone = np.where(closer, np.float32(rng.normal(0, 0.04)), tone)
            slope_x, slope_y = rng.normal(0, 0.055, 2).astype(np.float32)
            tilt = np.where(closer, slope_x * dx + slope_y * dy, tilt)
    border = (near - best) / (4 * size)  # px to the side shared with the neighbour
    middle = np.exp(-(((x - 960) / 620) ** 2) - ((y - 560) / 460) ** 2)
    raised = 30 + 90 * block * (1 - 0.4 * middle) + tilt
    height = (raised - 9 * smoothstep(6, 0, border)).astype(np.float32)  # chamfered
    height = cv2.GaussianBlur(height, (0, 0), 1.2)
    albedo = rgb("94979c") * np.exp(tone + 0.012 * noise(rng, 8, 3))[..., None]
    lamps = [
        Lamp(-350, -350, 900, rgb("ffdcb8") * 1.9, 200),
        Lamp(2300, 1300, 800, rgb("7fa4ff") * 0.35, 220),
    ]
    wall = light(height, albedo.astype(np.float32), lamps, rgb("aebfe0") * 0.15, rng, reach=60, samples=16)
    return develop(defocus(wall, 2.2), seed, exposure=2.5, vignette=0.6, grain=1.2)
