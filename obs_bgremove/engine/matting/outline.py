"""The outline moved and softened on request: shrink or grow, and softness beyond the edge's own.

Used by `Matting`, on its thread; does nothing at the defaults.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32
from obs_bgremove.engine.matting.matte import Matte

REFERENCE_ROWS = 720  # edge_shift is in pixels of a picture this high
SOFT_REACH = 1 / 60  # of the picture's height: radius of the feather at softness 1


def grow_and_feather(matte: Matte, shift: float, softness: float) -> None:
    """Apply edge_shift (-30..30 pixels at 720p) and the part of edge_softness above 0.5 to matte, in place."""
    if shift == 0 and softness <= 0.5:
        return
    alpha: F32 = matte.alpha_small
    rows = alpha.shape[0]
    if shift != 0:
        radius = abs(shift) * rows / REFERENCE_ROWS
        whole, part = int(radius), radius - int(radius)
        move = cv2.dilate if shift > 0 else cv2.erode
        inner, outer = (move(alpha, _disk(r)) if r else alpha for r in (whole, whole + 1))
        alpha = inner + (outer - inner) * np.float32(part)
    if softness > 0.5:
        radius = max(1, round((softness - 0.5) * 2 * SOFT_REACH * rows))
        side = (2 * radius + 1, 2 * radius + 1)
        alpha = np.asarray(cv2.blur(cv2.blur(alpha, side), side), np.float32)
    np.clip(alpha, 0, 1, out=matte.alpha_small)


def _disk(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
