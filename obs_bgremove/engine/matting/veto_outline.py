"""Where exactly, in blocks that hold both somebody who lives and something that does not, the one ends.

Liveness is known by blocks of 24 pixels at 720p; the edge of a table before a chest is a line. Between what is surely
hidden and what is surely a person, cells go to whichever side they are joined to without crossing a strong edge: the
watershed of the picture (Meyer, 1992), flooded from both. Used by `Liveness`.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8

NEIGHBOURS = np.ones((3, 3), np.uint8)
HIDDEN, PERSON = 1, 2
CALM = np.float32(0.5)  # weight of a new outline in the running mean: noise moves it by a cell now and then


class VetoOutline:
    """shown (rows, columns) in [0, 1], of the half-resolution grid."""

    def __init__(self, rows: int, columns: int) -> None:
        self.shown: F32 = np.ones((rows, columns), np.float32)

    def __call__(self, calm: U8, hidden: np.ndarray, kept: np.ndarray) -> None:
        """calm (rows, columns, 3); by blocks (by, bx): hidden, and kept as people."""
        rows, columns = self.shown.shape
        near_hidden, near_kept = _grown(hidden), _grown(kept)
        contact = (near_hidden & kept) | (near_kept & hidden)
        fresh = _cells(1 - hidden.astype(np.uint8), rows, columns).astype(np.float32)
        if contact.any():
            markers = np.zeros(hidden.shape, np.uint8)
            markers[hidden & ~near_kept] = HIDDEN
            markers[kept & ~near_hidden] = PERSON
            around = _grown(_grown(contact))
            ys, xs = np.nonzero(around)
            window = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
            down, across = rows / hidden.shape[0], columns / hidden.shape[1]
            y0, y1 = int(ys.min() * down), min(rows, int((ys.max() + 1) * down))
            x0, x1 = int(xs.min() * across), min(columns, int((xs.max() + 1) * across))
            seeds = _cells(markers[window], y1 - y0, x1 - x0).astype(np.int32)
            if (seeds == HIDDEN).any() and (seeds == PERSON).any():
                cv2.watershed(np.ascontiguousarray(calm[y0:y1, x0:x1]), seeds)
                open_ = _cells(contact[window].astype(np.uint8), y1 - y0, x1 - x0) > 0
                part = fresh[y0:y1, x0:x1]
                now = np.where(seeds == PERSON, 1, np.where(seeds == HIDDEN, 0, 0.5)).astype(np.float32)
                before = self.shown[y0:y1, x0:x1]
                part[open_] = (before + (now - before) * CALM)[open_]
        self.shown = fresh


def _grown(blocks: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.dilate(blocks.astype(np.uint8), NEIGHBOURS) > 0)


def _cells(blocks: U8, rows: int, columns: int) -> U8:
    return np.asarray(cv2.resize(blocks, (columns, rows), interpolation=cv2.INTER_NEAREST), np.uint8)
