"""How far a matte is from the truth, frame by frame, and how clean its edge colours are.

Used by matte_quality.py and the tests. MAD, MSE, Grad and dtSSD follow the evaluation of Robust Video Matting (Lin et
al., WACV 2022); the boundary F-measure is at 3 px. Lower is better unless marked +.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8

NAMES = ("MAD", "MSE", "Grad", "dtSSD", "IoU+", "BF+", "stray")
BOUNDARY_PX = 3
STRAY_PX = 10  # farther from the true edge than this an error is stray room, or a person cut out


class Score:
    """The mean of each measure over the frames added."""

    def __init__(self) -> None:
        self._rows: list[list[float]] = []
        self._before: tuple[F32, F32] | None = None

    def add(self, matte: U8, truth: U8, counts: bool = True) -> None:
        """One frame, (H, W) uint8 both. counts: False for the warm-up, which only sets the stage for dtSSD."""
        p, t = (np.asarray(image, np.float32) / np.float32(255) for image in (matte, truth))
        before, self._before = self._before, (p, t)
        if not counts:
            return
        flicker = np.nan
        if before is not None:
            flicker = float(np.sqrt(np.square(np.subtract(p - before[0], t - before[1])).mean()) * 1e2)
        error = np.abs(p - t)
        side = 2 * STRAY_PX + 1
        edge = cv2.dilate(((t > 0.02) & (t < 0.98)).astype(np.uint8), np.ones((side, side), np.uint8)) > 0
        inside, true = p > 0.5, t > 0.5
        self._rows.append(
            [
                float(error.mean() * 1e3),
                float((error**2).mean() * 1e3),
                float(((_gradient(p) - _gradient(t)) ** 2).sum() / 1e3),
                flicker,
                100.0 * float((inside & true).sum()) / max(1, int((inside | true).sum())),
                100.0 * _boundary_f(inside, true),
                float(error[~edge].sum() / 1e3),
            ]
        )

    def means(self) -> dict[str, float]:
        """NAMES to values."""
        return dict(zip(NAMES, np.nanmean(np.array(self._rows), axis=0).tolist()))


def edge_colour_rmse(composite: U8, truth: U8, alpha: U8) -> float:
    """Root mean square error, in 8-bit levels, of a composite (H, W, 3) against the true one, along the true edge:
    where 0 < alpha (H, W) < 255. 0 if there is no edge."""
    edge = (alpha > 0) & (alpha < 255)
    if not edge.any():
        return 0.0
    return float(np.sqrt(((composite[edge].astype(np.float32) - truth[edge].astype(np.float32)) ** 2).mean()))


def _kernels(sigma: float = 1.4, epsilon: float = 1e-2) -> tuple[F32, F32]:
    half = int(np.ceil(sigma * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * sigma * epsilon))))
    x = np.arange(-half, half + 1)
    gauss = np.exp(-(x**2) / (2 * sigma**2))
    kernel = np.outer(gauss, -x * gauss)
    kernel = (kernel / np.sqrt((kernel**2).sum())).astype(np.float32)
    return kernel, np.ascontiguousarray(kernel.T)


_ACROSS, _DOWN = _kernels()


def _gradient(image: F32) -> F32:
    across, down = (cv2.filter2D(image, -1, k, borderType=cv2.BORDER_REPLICATE) for k in (_ACROSS, _DOWN))
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _sum(image: object) -> float:
    return float(np.asarray(image).sum())


def _boundary_f(inside: np.ndarray, true: np.ndarray) -> float:
    square = np.ones((3, 3), np.uint8)
    masks = inside.astype(np.uint8), true.astype(np.uint8)
    ours, theirs = (np.asarray(cv2.subtract(mask, cv2.erode(mask, square)), np.uint8) for mask in masks)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BOUNDARY_PX + 1, 2 * BOUNDARY_PX + 1))
    precision = _sum(cv2.bitwise_and(ours, cv2.dilate(theirs, disk))) / max(1.0, _sum(ours))
    recall = _sum(cv2.bitwise_and(theirs, cv2.dilate(ours, disk))) / max(1.0, _sum(theirs))
    return 2 * precision * recall / max(1e-9, precision + recall)
