"""How far a matte is from the truth in one frame; the measures of the project's score, computed where anything is.

Same definitions as matte_metrics.py (MAD, MSE, Grad and dtSSD after Robust Video Matting, Lin et al., WACV 2022; BF at
3 px; stray farther than 10 px from the true edge), but fit for thousands of frames: all sums run over the part of the
picture where either matte is not 0. No import from the package, so that any version of it can be scored.
IoU and BF do not count (nan) where there is nobody and nobody is shown.
"""

import cv2
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
NAMES = ("MAD", "MSE", "Grad", "dtSSD", "IoU", "BF", "stray")
HIGHER_IS_BETTER = ("IoU", "BF")
BOUNDARY_PX, STRAY_PX = 3, 10
MARGIN = 16  # pixels around what is not 0: more than any kernel reaches


def _derivative(sigma: float = 1.4, epsilon: float = 1e-2) -> tuple[F32, F32]:
    """A Gaussian and its derivative whose outer product is the 2-D kernel of norm 1."""
    half = int(np.ceil(sigma * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * sigma * epsilon))))
    x = np.arange(-half, half + 1)
    gauss = np.exp(-(x**2) / (2 * sigma**2))
    slope = -x * gauss
    return (gauss / np.sqrt((gauss**2).sum())).astype(np.float32), (slope / np.sqrt((slope**2).sum())).astype(
        np.float32
    )


_GAUSS, _SLOPE = _derivative()
_DISK = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BOUNDARY_PX + 1, 2 * BOUNDARY_PX + 1))
_SQUARE = np.ones((3, 3), np.uint8)
_REACH = np.ones((2 * STRAY_PX + 1, 2 * STRAY_PX + 1), np.uint8)


def scores(matte: U8, truth: U8, before: tuple[U8, U8] | None) -> list[float]:
    """NAMES of one frame; matte and truth (H, W) uint8; before: both of the frame before (None: dtSSD is nan)."""
    pixels = truth.size
    images = [matte, truth, *(before or ())]
    there = np.maximum.reduce(images)
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    if not len(rows):
        return [0.0, 0.0, 0.0, np.nan if before is None else 0.0, np.nan, np.nan, 0.0]
    cut = np.s_[max(0, rows[0] - MARGIN) : rows[-1] + MARGIN, max(0, columns[0] - MARGIN) : columns[-1] + MARGIN]
    p, t = (image[cut].astype(np.float32) / np.float32(255) for image in images[:2])
    flicker = np.nan
    if before is not None:
        was = [image[cut].astype(np.float32) / np.float32(255) for image in before]
        flicker = float(np.sqrt(np.square((p - was[0]) - (t - was[1])).sum(dtype=np.float64) / pixels) * 1e2)
    error = cv2.absdiff(p, t)
    near = cv2.dilate(((t > 0.02) & (t < 0.98)).astype(np.uint8), _REACH) > 0
    inside, true = p > 0.5, t > 0.5
    union = int((inside | true).sum())
    return [
        float(error.sum(dtype=np.float64) / pixels * 1e3),
        float(np.square(error).sum(dtype=np.float64) / pixels * 1e3),
        float(np.square(_gradient(p) - _gradient(t)).sum(dtype=np.float64) / 1e3),
        flicker,
        100.0 * float((inside & true).sum()) / union if union else np.nan,
        100.0 * boundary_f(inside, true) if union else np.nan,
        float(error[~near].sum(dtype=np.float64) / 1e3),
    ]


def iou(inside: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]) -> float:
    """Intersection over union in percent; nan where both are empty."""
    union = int((inside | true).sum())
    return 100.0 * int((inside & true).sum()) / union if union else float("nan")


def boundary_f(inside: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]) -> float:
    """F-measure of the outlines at BOUNDARY_PX, 0..1."""
    masks = inside.astype(np.uint8), true.astype(np.uint8)
    ours, theirs = (cv2.subtract(mask, cv2.erode(mask, _SQUARE)) for mask in masks)
    precision = cv2.countNonZero(ours & cv2.dilate(theirs, _DISK)) / max(1, cv2.countNonZero(ours))
    recall = cv2.countNonZero(theirs & cv2.dilate(ours, _DISK)) / max(1, cv2.countNonZero(theirs))
    return 2 * precision * recall / max(1e-9, precision + recall)


def _gradient(image: F32) -> F32:
    across = cv2.sepFilter2D(image, -1, _SLOPE, _GAUSS, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(image, -1, _GAUSS, _SLOPE, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.magnitude(across, down), np.float32)
