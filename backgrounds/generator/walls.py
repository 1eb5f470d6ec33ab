"""Walls: painted canvas, sunlit limewash, wooden slats, acoustic foam. All are lit height fields."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import HEIGHT, WIDTH, bloom, defocus, develop, grid, noise, rgb, smoothstep, soften
from .plants import branch_mask
from .relief import Lamp, light


def canvas_charcoal(seed: int = 4) -> np.ndarray:
    """A portrait photographer's hand-painted canvas, a pool of light where the head will be."""
    rng = np.random.default_rng(seed)
    mottle = 0.6 * noise(rng, 620, 3) + 0.4 * noise(rng, (190, 240), 3, 0.6)
    strokes = noise(rng, (46, 90), 3, 0.7)
    tone = np.exp(0.17 * mottle + 0.045 * strokes)
    warm = (0.5 + 0.5 * np.tanh(noise(rng, 700, 2)))[..., None]
    albedo = (rgb("6b6a66") * warm + rgb("5f666b") * (1 - warm)) * tone[..., None]
    weave = 0.13 * noise(rng, (3, 9), 1) + 0.13 * noise(rng, (9, 3), 1) + 0.3 * noise(rng, 60, 2)
    lamps = [
        Lamp(930, 430, 900, rgb("fff1e0") * 1.05, 160),
        Lamp(-500, -300, 900, rgb("dfe9ff") * 0.35, 200),
    ]
    wall = light(weave.astype(np.float32), albedo, lamps, rgb("a9b0ba") * 0.10, rng, samples=4)
    return develop(defocus(wall, 2.2), seed, exposure=1.95, vignette=1.0, grain=1.3)


def limewash_parts(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A limewashed wall and what falls on it: (wall without the sun, its albedo, the sunlit panes of a window, the
    shadow of branches, the sun's unevenness); the last three (1080, 1920), sharp."""
    rng = np.random.default_rng(seed)
    x, y = grid()
    clouds = 0.55 * noise(rng, 500, 4, 0.6) + 0.45 * noise(rng, (150, 110), 4, 0.65)
    albedo = rgb("d9c7b0") * np.exp(0.055 * clouds)[..., None]
    albedo = albedo * (1 + 0.02 * noise(rng, 800, 2)[..., None] * np.array([1, 0, -1], np.float32))
    trowel = (0.5 * noise(rng, (70, 26), 4, 0.6) + 1.1 * noise(rng, 260, 3)).astype(np.float32)
    lamps = [Lamp(-700, -500, 900, rgb("fff4e6"), 80)]
    wall = light(trowel, albedo, lamps, rgb("d6d2d0") * 0.50, rng, samples=3)

    # The window's panes, sheared as a low sun projects them; penumbra grows with the distance from the frame.
    u = x + 0.36 * y - 520
    v = y + 0.20 * x - 250
    pane = 250
    inside = (
        smoothstep(0, 8, u)
        * smoothstep(4 * pane, 4 * pane - 8, u)
        * smoothstep(0, 8, v)
        * smoothstep(3.3 * pane, 3.3 * pane - 8, v)
    )
    bars = smoothstep(11, 17, np.abs((u + pane / 2) % pane - pane / 2)) * smoothstep(
        11, 17, np.abs((v + pane * 0.55) % (pane * 1.1) - pane * 0.55)
    )
    leaves = branch_mask(rng, (1500, 1150), 1000, -1.95) + branch_mask(rng, (1820, 820), 900, -2.35)
    shade = (0.86 + 0.14 * np.tanh(noise(rng, 420, 2))).astype(np.float32)
    return wall, albedo, (inside * bars).astype(np.float32), leaves, shade


def sunlit_limewash(seed: int = 5) -> np.ndarray:
    """Late sun through a window on a limewashed wall, with the shadow of leaves at its edge."""
    wall, albedo, window, leaves, shade = limewash_parts(seed)
    sun = defocus(window, 13)
    sun = sun * (1 - 0.85 * defocus(np.clip(leaves, 0, 1), 17))
    sun *= shade
    wall = wall + albedo * (sun[..., None] * rgb("ffcf94") * 1.05)
    wall += albedo * soften(sun, 160)[..., None] * rgb("ffd9a8") * 0.10
    return develop(bloom(defocus(wall, 1.8), 0.05), seed, exposure=1.35, vignette=0.55, grain=1.2)


def wood_slats(seed: int = 9) -> np.ndarray:
    """Walnut slats on black felt, washed from above by a hidden warm strip."""
    rng = np.random.default_rng(seed)
    x, _ = grid()
    pitch, slat = 48.0, 32.0
    inside = np.abs((x % pitch) - pitch / 2)
    top = smoothstep(slat / 2 + 1.2, slat / 2 - 1.8, inside)
    index = (x // pitch).astype(int)
    height = (26 * top).astype(np.float32)
    fibre = 0.13 * noise(rng, (11, 700), 4, 0.7) + 0.09 * noise(rng, (5, 240), 3, 0.7)
    tone = rng.normal(0, 0.16, 64)[index] + fibre
    tint = rng.normal(0, 0.035, 64)[index][..., None] * np.array([1, 0, -1.2], np.float32)
    wood = rgb("86684f") * np.exp(tone)[..., None] * (1 + tint)
    albedo = (wood * top[..., None] + 0.012 * (1 - top[..., None])).astype(np.float32)
    lamps = [Lamp(cx, -150, 300, rgb("ffd3a2") * 1.1, 70) for cx in (180, 700, 1220, 1740)]
    lamps.append(Lamp(960, 1900, 1500, rgb("ffdcc0") * 0.12, 200))
    wall = light(height, albedo, lamps, rgb("8f9bb5") * 0.10, rng, reach=20, samples=5)
    return develop(bloom(defocus(wall, 4.0), 0.08), seed, exposure=2.0, vignette=0.8, grain=1.2)


def acoustic_led(seed: int = 8) -> np.ndarray:
    """Dark acoustic foam, wedges turned tile by tile, between a violet and a teal light strip."""
    rng = np.random.default_rng(seed)
    x, y = grid()
    tile, gap, ridge = 300.0, 5.0, 50.0
    shift_x, shift_y = x + 90, y + 60
    u, v = shift_x % tile, shift_y % tile
    turned = ((shift_x // tile + shift_y // tile) % 2) == 0
    along = np.where(turned, u, v)
    wedge = 1 - np.abs((along % ridge) / ridge * 2 - 1)
    edge = np.minimum(np.minimum(u, tile - u), np.minimum(v, tile - v))
    height = (10 + 36 * wedge) * smoothstep(gap / 2, gap / 2 + 3, edge)
    height = cv2.GaussianBlur(height.astype(np.float32), (0, 0), 2.2)
    number = (shift_x // tile).astype(int) * 7 + (shift_y // tile).astype(int)
    tone = rng.normal(0, 0.07, 128)[number] + 0.10 * noise(rng, 5, 2) + 0.05 * noise(rng, 200, 3)
    albedo = rgb("55565e") * np.exp(tone)[..., None]
    lamps = [Lamp(-80, cy, 330, rgb("8f48ff") * 1.5, 60) for cy in (100, 540, 980)]
    lamps += [Lamp(WIDTH + 80, cy, 330, rgb("22bfe8") * 0.95, 60) for cy in (100, 540, 980)]
    lamps.append(Lamp(960, -500, 900, rgb("c9c4ff") * 0.22, 200))
    wall = light(height, albedo, lamps, rgb("6a6f9c") * 0.10, rng, reach=30, samples=5)
    return develop(bloom(defocus(wall, 4.5), 0.10), seed, exposure=2.2, vignette=0.25, grain=1.2)


def chroma_green(seed: int = 0) -> np.ndarray:
    """Nothing but (0, 177, 64), the product's default colour, for people who key the picture themselves."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = (64, 177, 0)
    return picture
