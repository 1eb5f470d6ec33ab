"""Video files of tests, written and read: pictures are (H, W, 3) uint8, BGR."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np


def write(path: Path, pictures: Iterable[np.ndarray], fps: float = 30, codec: str = "FFV1") -> Path:
    """Pictures of one size, as a video of this rate; FFV1 is lossless. Returns the path."""
    writer = None
    for picture in pictures:
        if writer is None:
            size = (picture.shape[1], picture.shape[0])
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, size)
            assert writer.isOpened(), f"this OpenCV writes no {codec} into {path.name}"
        writer.write(picture)
    assert writer is not None, "a video has a picture at least"
    writer.release()
    return path


def read(path: Path) -> Iterator[np.ndarray]:
    """All its pictures, one after the other."""
    video = cv2.VideoCapture(str(path))
    assert video.isOpened(), path
    try:
        while (got := video.read())[0]:
            yield np.asarray(got[1], np.uint8)
    finally:
        video.release()


def alpha_of(clip: Path) -> Path:
    """The video of a clip's true alpha: grey, of the same size and length."""
    return clip.with_name(f"{clip.stem}_alpha.mkv")
