"""Light on a wall with depth: a height field, lamps of real size, soft shadows, darker corners."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .camera import grid, soften


@dataclass(frozen=True)
class Lamp:
    """A ball of light in front of the wall. Lengths in px; `colour` is its light on the wall under it."""

    x: float
    y: float
    z: float
    colour: np.ndarray
    size: float = 60


def irradiance(
    height: np.ndarray, lamp: Lamp, rng: np.random.Generator, samples: int = 12, steps: int = 14
) -> np.ndarray:
    """Light on each point of the relief, (1080, 1920) float32: Lambert, 1/r², shadows marched per pixel.

    The lamp's ball is sampled at `samples` points, which is what makes the shadows' edges soft.
    """
    x, y = grid()
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    top = float(height.max())
    total = np.zeros_like(height)
    for _ in range(samples):
        offset = rng.standard_normal(3)
        at = np.array([lamp.x, lamp.y, lamp.z]) + lamp.size * offset / np.linalg.norm(offset)
        to_x, to_y, to_z = np.float32(at[0]) - x, np.float32(at[1]) - y, np.float32(at[2]) - height
        distance2 = to_x**2 + to_y**2 + to_z**2
        facing = np.maximum(to_z - slope_x * to_x - slope_y * to_y, 0) / (length * np.sqrt(distance2))
        lit = np.ones_like(height)
        jitter = rng.random(height.shape, np.float32)
        reach = (top - height) / np.maximum(to_z, 1)  # where the ray to the lamp leaves the relief
        for step in range(steps if top > 0 else 0):
            t = reach * ((step + jitter) / steps) ** 1.5
            there_x, there_y = x + t * to_x, y + t * to_y
            there = cv2.remap(height, there_x, there_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            np.minimum(lit, np.clip((height + t * to_z - there) + 1.5, 0, 1), out=lit)
        total += facing * lit * lamp.z**2 / distance2
    return total / samples


def openness(height: np.ndarray, reach: float) -> np.ndarray:
    """How much of the room each point sees, 0 to 1: grooves are dark because little light finds them."""
    shade = np.zeros_like(height)
    for sigma in (reach / 4, reach / 2, reach):
        shade += np.maximum(soften(height, sigma) - height, 0) / sigma
    return 1 / (1 + shade) ** 1.5


def light(
    height: np.ndarray,
    albedo: np.ndarray,
    lamps: list[Lamp],
    ambient: np.ndarray,
    rng: np.random.Generator,
    reach: float = 24,
    samples: int = 12,
) -> np.ndarray:
    """The lit wall in linear RGB: lamps, `ambient` where the relief is open, one bounce in its grooves."""
    total = openness(height, reach)[..., None] * ambient
    for lamp in lamps:
        total = total + irradiance(height, lamp, rng, samples)[..., None] * lamp.colour
    bounce = soften((total * albedo).astype(np.float32), reach) * (1 - openness(height, reach))[..., None]
    return ((total + bounce) * albedo).astype(np.float32)
