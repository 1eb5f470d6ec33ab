"""Opaque shapes on a see-through layer: what rooms and plants are built of before the lens blurs them."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import HEIGHT, WIDTH


def layer() -> np.ndarray:
    """An empty premultiplied RGBA layer in linear light."""
    return np.zeros((HEIGHT, WIDTH, 4), np.float32)


def polygon(target: np.ndarray, points: np.ndarray, colour: np.ndarray) -> None:
    """Fill an opaque polygon of (n, 2) px into an RGBA layer."""
    value = (*[float(c) for c in colour], 1.0)
    cv2.fillPoly(target, [np.rint(points * 16).astype(np.int32)], value, shift=4)


def rectangle(target: np.ndarray, x0: float, y0: float, x1: float, y1: float, colour: np.ndarray) -> None:
    """Fill an opaque rectangle into an RGBA layer."""
    polygon(target, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float), colour)
