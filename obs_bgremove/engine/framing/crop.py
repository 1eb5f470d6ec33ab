"""A view cut out of a frame and its matte, at the size that is shown. Used on the worker's thread.

Positions are not rounded to pixels: a slow camera would be seen to jump from one to the next.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.framing.virtual_camera import View
from obs_bgremove.engine.matting.matte import Matte, grid_of
from obs_bgremove.engine.parallel import in_bands

_FLAGS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
_BORDER = cv2.BORDER_REPLICATE
SURE = np.float32(0.001)  # as near to 0 or 1 an alpha is 0 or 1: interpolated, it may miss them by a rounding error


def crop_frame(frame_bgr: U8, view: View, width: int, height: int) -> U8:
    """(height, width, 3) uint8: the view of frame_bgr (H, W, 3) uint8."""
    out = np.empty((height, width, 3), np.uint8)
    matrix = _matrix(view, frame_bgr.shape[:2], (height, width))

    def work(y0: int, y1: int) -> None:
        band = matrix.copy()
        band[1, 2] += band[1, 1] * y0
        cv2.warpAffine(frame_bgr, band, (width, y1 - y0), dst=out[y0:y1], flags=_FLAGS, borderMode=_BORDER)

    in_bands(height, work)
    return out


def crop_matte(matte: Matte, view: View, frame_size: tuple[int, int], width: int, height: int) -> Matte:
    """The view of a matte of a frame of frame_size (height, width), for a picture of this size: a new one."""
    cell, gh, gw = grid_of(height, width)
    # From the shown grid's cells to the shown pixels, to the frame's pixels, to the matte's cells.
    matrix = _matrix(view, frame_size, (height, width))
    scale = np.array([[matrix[0, 0]], [matrix[1, 1]]])
    offset = matrix[:, 2:] + scale * (cell - 1) / 2 - (matte.cell - 1) / 2
    cells = np.hstack([np.diag(scale[:, 0] * cell), offset]) / matte.cell

    def warped(grid: F32) -> F32:
        return np.asarray(cv2.warpAffine(grid, cells, (gw, gh), flags=_FLAGS, borderMode=_BORDER), np.float32)

    alpha = np.clip(warped(matte.alpha_small) * (1 + 2 * SURE) - SURE, 0, 1)
    return Matte(cell, alpha, warped(matte.person), warped(matte.room), matte.stages_ms)


def _matrix(view: View, frame_size: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """(2, 3) float64: from a shown pixel's index (x, y) to the frame's; sizes are (height, width)."""
    rows = []
    for axis, (whole, shown, centre) in enumerate(zip(frame_size[::-1], size[::-1], (view.x, view.y), strict=True)):
        scale = view.size * whole / shown
        row = [0.0, 0.0, (centre - view.size / 2) * whole + scale / 2 - 0.5]
        row[axis] = scale
        rows.append(row)
    return np.array(rows)
