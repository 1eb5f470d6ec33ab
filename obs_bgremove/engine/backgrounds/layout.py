"""Laying a background out for a frame: `cover`, `contain`, `stretch` or `tile`. Pure functions; called on the threads
that read pictures and videos."""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image

# The bars beside a contained picture are the picture itself, out of focus and darker: black ones look like a fault
# beside a person, and one colour of the edge makes stripes of whatever happens to stand there.
BAR_BRIGHTNESS = 0.55
_BAR_WIDTH = 48  # px that the picture is reduced to for its bars: nothing can be recognised in them


def lay_out(picture: Image, fit: str, width: int, height: int) -> Image:
    """The picture (H, W, C) uint8 as (height, width, C) uint8, contiguous."""
    source_height, source_width = picture.shape[:2]
    if fit == "cover":
        return cover(picture, width, height)
    size = scaled_size(fit, source_width, source_height, width, height)
    return arrange(_scale(picture, *size), fit, width, height)


def scaled_size(fit: str, source_width: int, source_height: int, width: int, height: int) -> tuple[int, int]:
    """(width, height) to scale a picture to before `arrange`."""
    if fit == "tile":
        return source_width, source_height
    if fit == "stretch":
        return width, height
    choose = max if fit == "cover" else min
    scale = choose(width / source_width, height / source_height)
    return max(1, round(source_width * scale)), max(1, round(source_height * scale))


def arrange(scaled: Image, fit: str, width: int, height: int) -> Image:
    """A picture of the size that `scaled_size` said, as (height, width, C) uint8, contiguous."""
    if scaled.shape[:2] == (height, width):
        return np.ascontiguousarray(scaled)
    if fit == "contain":
        return _contain(scaled, width, height)
    if fit == "tile":
        return _tile(scaled, width, height)
    return cover(scaled, width, height)


def cover(picture: Image, width: int, height: int) -> Image:
    """The picture scaled to fill the frame, what sticks out cut off evenly."""
    source_height, source_width = picture.shape[:2]
    scale = max(width / source_width, height / source_height)
    # Cut first, then scale, so that a panorama is never enlarged as a whole.
    cut_width = max(1, min(source_width, round(width / scale)))
    cut_height = max(1, min(source_height, round(height / scale)))
    left, top = (source_width - cut_width) // 2, (source_height - cut_height) // 2
    return np.ascontiguousarray(_scale(picture[top : top + cut_height, left : left + cut_width], width, height))


def _contain(scaled: Image, width: int, height: int) -> Image:
    """The whole picture in the middle; around it itself, covering the frame, blurred and darker."""
    around = cover(scaled, _BAR_WIDTH, max(1, round(_BAR_WIDTH * height / width)))
    around = cv2.convertScaleAbs(cv2.GaussianBlur(around, (0, 0), 2), alpha=BAR_BRIGHTNESS)
    out: Image = cv2.resize(around, (width, height), interpolation=cv2.INTER_LINEAR)
    if out.ndim == 3 and out.shape[2] == 4:
        out[..., 3] = 255
    inner_height, inner_width = min(height, scaled.shape[0]), min(width, scaled.shape[1])
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    out[top : top + inner_height, left : left + inner_width] = scaled[:inner_height, :inner_width]
    return out


def _tile(picture: Image, width: int, height: int) -> Image:
    """The picture at its own size side by side, one of them in the middle of the frame."""
    source_height, source_width = picture.shape[:2]
    rows = (np.arange(height) - (height - source_height) // 2) % source_height
    columns = (np.arange(width) - (width - source_width) // 2) % source_width
    return np.ascontiguousarray(picture[rows[:, None], columns])


def _scale(picture: Image, width: int, height: int) -> Image:
    source_height, source_width = picture.shape[:2]
    if (source_width, source_height) == (width, height):
        return picture
    smaller = width < source_width or height < source_height
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
