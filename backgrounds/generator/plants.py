"""Plants and pots, drawn leaf by leaf; always out of focus, so shape and light matter and veins do not."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import rgb
from .drawing import layer, polygon


def leaf(
    target: np.ndarray,
    base: np.ndarray,
    angle: float,
    length: float,
    width: float,
    colour: np.ndarray,
    bend: float,
) -> None:
    """One leaf: two halves that catch the light differently, along a rib that bends by `bend` radians."""
    t = np.linspace(0, 1, 15)
    direction = angle + bend * t
    rib = base + length / 14 * np.cumsum(np.stack([np.cos(direction), np.sin(direction)], 1), axis=0)
    half = width / 2 * np.sin(np.pi * t**0.8) ** 0.9
    normal = np.stack([-np.sin(direction), np.cos(direction)], 1)
    for side, shade in ((1, 0.72), (-1, 1.18)):
        edge = rib + side * half[:, None] * normal
        polygon(target, np.concatenate([rib, edge[::-1]]), colour * shade)


def bush(
    target: np.ndarray,
    rng: np.random.Generator,
    foot: tuple[float, float],
    size: float,
    light_from: tuple[float, float],
    light: np.ndarray,
    ambient: np.ndarray,
    leaves: int = 34,
) -> None:
    """A rubber-plant-like bush growing up from `foot`; leaves that face `light_from` are brighter."""
    origin = np.array(foot)
    greens = [rgb("48623f"), rgb("5d744b"), rgb("37533c"), rgb("727f55")]
    for stem in range(7):
        lean = (stem - 3) * 0.17 + rng.normal(0, 0.05)
        top = origin + size * rng.uniform(0.75, 1.0) * np.array([np.sin(lean), -np.cos(lean)])
        cv2.line(
            target,
            tuple(np.rint(origin).astype(int)),
            tuple(np.rint(top).astype(int)),
            (*(rgb("4b3b26") * ambient * 2).tolist(), 1.0),
            5,
        )
        for index in range(leaves // 7):
            t = 0.25 + 0.75 * (index + 0.5 * rng.random()) / (leaves // 7)
            at = origin + t * (top - origin)
            angle = -np.pi / 2 + lean + rng.choice([-1, 1]) * rng.uniform(0.35, 1.25) * (1.15 - 0.5 * t)
            to_light = np.array(light_from) - at
            facing = 0.5 + 0.5 * np.dot(to_light / np.linalg.norm(to_light), [np.cos(angle), np.sin(angle)])
            near = 1 / (1 + (np.linalg.norm(to_light) / 900) ** 2)
            direct = facing**1.5 * near * rng.lognormal(-0.1, 0.5)
            colour = greens[rng.integers(4)] * (ambient + light * direct)
            long = size * rng.uniform(0.17, 0.29)
            leaf(target, at, angle, long, long * rng.uniform(0.36, 0.50), colour, rng.normal(0, 0.35))


def pot(
    target: np.ndarray,
    x: float,
    y: float,
    width: float,
    height: float,
    colour: np.ndarray,
    lit: tuple[float, float],
) -> None:
    """A round, tapered pot standing at (x, y), `lit[0]` bright at its left and `lit[1]` at its right."""
    for index in range(24):
        a, b = index / 24, (index + 1) / 24
        shade = (lit[0] * (1 - a) + lit[1] * a) * (0.45 + 0.55 * np.sin(np.pi * (a + 0.02)))
        xs = np.array([(a - 0.5) * width, (b - 0.5) * width])
        points = [
            [x + xs[0], y - height],
            [x + xs[1], y - height],
            [x + 0.72 * xs[1], y],
            [x + 0.72 * xs[0], y],
        ]
        polygon(target, np.array(points), colour * shade)


def branch_mask(rng: np.random.Generator, foot: tuple[float, float], size: float, angle: float) -> np.ndarray:
    """The silhouette of a leafy branch, `size` px long: (1080, 1920) float32 in [0, 1]."""
    target = layer()
    at = np.array(foot, float)
    white = np.ones(3, np.float32)
    count = 24
    for index in range(count):
        angle += rng.normal(0, 0.05) - 0.012
        step = at + size / count * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(target, tuple(np.rint(at).astype(int)), tuple(np.rint(step).astype(int)), (1, 1, 1, 1), 6)
        at = step
        side = 1 if index % 2 else -1
        long = size * (0.19 - 0.09 * index / count) * rng.uniform(0.8, 1.15)
        leaf(target, at, angle + side * rng.uniform(0.55, 1.15), long, long * 0.25, white, -side * 0.5)
    return target[..., 3]
