"""The room itself as a picture: the camera's frame as it is, or the blurred room behind the person.

Pure functions of one frame, called on the engine's worker thread. No numba here: `pipeline` needs this before the
compiled loops are loaded.
"""

import cv2
import numpy as np
import numpy.typing as npt

from obs_bgremove.engine.arrays import Image

# Of the frame's height: a strength of 100 is a sigma of 6 %.
SIGMA_PER_STRENGTH = 0.0006
WIDEST_SIGMA = 2.5  # px, at the scale where the Gaussian is done
FEWEST_CELLS = 40  # on a side, after halving: on fewer the same blur comes out stronger or weaker by chance
SMALLEST = 8  # px: no side is made smaller
# px squared, at that scale: what halving and enlarging add by themselves, measured at a step from black to white.
# (OpenCV's cubic enlarging sharpens.)
ADDED_LINEAR, ADDED_CUBIC = 0.1, -0.13
# The person's weight in the blurred room: where there is nothing but person, the division still has an answer.
LEAST_WEIGHT = np.float32(0.001)


def as_shown(frame_bgr: Image, mirror: bool, out: Image) -> Image:
    """The camera's frame (H, W, 3) uint8 as it is, in out (H, W, 4) uint8, opaque; mirrored if `mirror`."""
    cv2.cvtColor(cv2.flip(frame_bgr, 1) if mirror else frame_bgr, cv2.COLOR_BGR2BGRA, dst=out)
    return out


def blurred_room(
    frame_bgr: Image, alpha_small: npt.NDArray[np.float32], strength: int, mirror: bool, out: Image
) -> Image:
    """The room behind the person, blurred. `strength` 0 to 100 is a Gaussian sigma of 0 to 6 % of the frame's height.

    frame_bgr (H, W, 3) uint8; alpha_small (h, w) float32 [0, 1], of the same frame; out (H, W, 4) uint8, which becomes
    the room as shown, opaque; mirrored if `mirror`.
    Normalised convolution (Knutsson and Westin, 1993): blur(B (1 - alpha)) / blur(1 - alpha).
    """
    height, width = frame_bgr.shape[:2]
    sigma = SIGMA_PER_STRENGTH * strength * height
    if sigma < 0.5:
        return as_shown(frame_bgr, mirror, out)
    # Halved until the Gaussian is small, so that the strongest blur costs no more than a weak one. The person is left
    # out early: a cell that is half person would bring half of its colour along.
    small, factor = half(frame_bgr), 2
    if sigma > WIDEST_SIGMA * factor:
        small, factor = half(small), 2 * factor
    size = (small.shape[1], small.shape[0])
    room = np.subtract(1 + LEAST_WEIGHT, cv2.resize(alpha_small, size, interpolation=cv2.INTER_AREA))
    weighted = cv2.merge((*cv2.split(cv2.multiply(small, cv2.merge((room, room, room)), dtype=cv2.CV_32F)), room))
    while sigma > WIDEST_SIGMA * factor and min(weighted.shape[:2]) >= 2 * FEWEST_CELLS:
        weighted, factor = half(weighted), 2 * factor
    sigma_small = max((sigma / factor) ** 2 - (ADDED_CUBIC if factor > 4 else ADDED_LINEAR), 0.0001) ** 0.5
    weighted = cv2.GaussianBlur(weighted, (0, 0), sigma_small)
    weight = weighted[..., 3]
    blurred = cv2.divide(weighted[..., :3], cv2.merge((weight, weight, weight)), dtype=cv2.CV_8U)
    blurred = as_shown(blurred, mirror, np.empty((*blurred.shape[:2], 4), np.uint8))
    if factor > 4:  # enlarged smoothly first: linearly at once, the cells of a wide blur show as creases
        blurred = cv2.resize(blurred, (width // 4, height // 4), interpolation=cv2.INTER_CUBIC)
    return cv2.resize(blurred, (width, height), dst=out, interpolation=cv2.INTER_LINEAR)


def half(picture: Image) -> Image:
    """Half as wide and high: each pixel the mean of four."""
    size = (max(SMALLEST, picture.shape[1] // 2), max(SMALLEST, picture.shape[0] // 2))
    return cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
