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
# The person's weight in the blurred room: where there is nothing but person, the division still has an answer.
LEAST_WEIGHT = 0.001


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
    # At a scale where sigma is about 3 px the Gaussian is cheap and the enlarging cannot be seen.
    factor = max(2.0, sigma / 3)
    size = (max(8, round(width / factor)), max(8, round(height / factor)))
    small = cv2.resize(frame_bgr, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    room = 1 + LEAST_WEIGHT - cv2.resize(alpha_small, size, interpolation=cv2.INTER_LINEAR)
    sigma_small = max(0.3, sigma / factor)
    weighted = cv2.GaussianBlur(small * room[..., None], (0, 0), sigma_small)
    weight = cv2.GaussianBlur(room, (0, 0), sigma_small)
    blurred = as_shown(
        cv2.convertScaleAbs(np.divide(weighted, weight[..., None])), mirror, np.empty((*size[::-1], 4), np.uint8)
    )
    return cv2.resize(blurred, (width, height), dst=out, interpolation=cv2.INTER_LINEAR)
