"""The matte of one frame, on a grid from which alpha is computed at any pixel.

Made by `Matting`, read by `composite`; both on the engine's worker thread. All arrays belong to `Matting`, which
reuses them: a matte is valid until the next frame is given to it.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8

FINEST = 640  # pixels: up to this longer side a cell is a pixel
LONGEST_GRID_SIDE = 480  # cells, of a larger frame; 3 x 3 pixels each at 720p, 4 x 4 at 1080p


@dataclass
class Matte:
    """alpha of a pixel is bilinear between the centres of the four cells around it, then tone-mapped. (Coefficients
    that follow each pixel's own colour were measured too: they follow its noise, and cost four times the arithmetic.)
    """

    cell: int  # side of one cell in pixels; cell (i, j) covers rows i*cell.., columns j*cell..
    alpha_small: F32  # (gh, gw) in [0, 1]; exactly 0 and 1 where it is sure
    person: F32  # (gh, gw, 3) 0..255 BGR: the person's colour near here, for clean edges
    room: F32  # (gh, gw, 3) 0..255 BGR: the room's colour near here
    stages_ms: dict[str, float] = field(default_factory=dict)  # how long each step took for this frame
    kinds: U8 = field(init=False)  # scratch of composite: (gh + 1, gw + 1)

    def __post_init__(self) -> None:
        height, width = self.alpha_small.shape
        self.kinds = np.empty((height + 1, width + 1), np.uint8)


def grid_of(height: int, width: int) -> tuple[int, int, int]:
    """(cell, gh, gw) of a frame: the finest square cells with at most LONGEST_GRID_SIDE along the longer side of a
    frame larger than FINEST (640 of them cost 3 ms more at 720p for 0.3 less MAD: NOTES.md). The last height % cell
    rows and width % cell columns belong to the last cells."""
    longer = max(height, width)
    cell = 1 if longer <= FINEST else -(-longer // LONGEST_GRID_SIDE)
    return cell, height // cell, width // cell


def shrink(frame_bgr: U8, cell: int, height: int, width: int) -> U8:
    """frame_bgr's cells (height, width, 3) uint8, each about the mean of its pixels; never frame_bgr's own memory, for
    these are needed after the capture thread has begun to overwrite that.

    By halves as far as that goes, the rest bilinearly: OpenCV has wide code for exactly 2 x 2, and its mean over 3 x 3
    or 4 x 4 takes four to five times as long (720p: 1.36 against 0.37 ms, 1080p: 2.30 against 0.45 ms).
    """
    seen = frame_bgr[: height * cell, : width * cell]
    while seen.shape[0] % 2 == 0 and seen.shape[1] % 2 == 0 and seen.shape[0] // 2 >= height:
        half = (seen.shape[1] // 2, seen.shape[0] // 2)
        seen = np.asarray(cv2.resize(seen, half, interpolation=cv2.INTER_AREA), np.uint8)
    if seen.shape[:2] == (height, width):
        return seen.copy() if np.may_share_memory(seen, frame_bgr) else seen
    kind = cv2.INTER_LINEAR if seen.shape[0] < 2 * height else cv2.INTER_AREA
    return np.asarray(cv2.resize(seen, (width, height), interpolation=kind), np.uint8)
