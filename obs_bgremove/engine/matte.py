"""The matte of one frame, on a grid from which alpha is computed at any pixel.

Made by `Matting`, read by `composite`; both on the engine's worker thread. All arrays belong to `Matting`, which
reuses them: a matte is valid until the next frame is given to it.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
LONGEST_GRID_SIDE = 640  # cells; 2 x 2 pixels each at 720p, 3 x 3 at 1080p


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
    """(cell, gh, gw) of a frame: the finest square cells with at most LONGEST_GRID_SIDE along the longer side. The
    last height % cell rows and width % cell columns belong to the last cells."""
    cell = -(-max(height, width) // LONGEST_GRID_SIDE)
    return cell, height // cell, width // cell
