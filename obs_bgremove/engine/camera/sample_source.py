"""The built-in sample: a portrait moved about like a person at a webcam. Used on the capture thread, and by `bench`."""

import math
import time

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.camera.target import DEFAULT_FPS, DEFAULT_SIZE
from obs_bgremove.shared import installation
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

# The portrait, in its own pixels and shares: the nose is the centre, and 0.8 of its width is shown at rest, so that
# head and shoulders fill the frame.
_CENTRE = (226.0, 122.0)
_SHOWN_SHARE = 0.8


class SampleSource:
    """The sample of this size (width, height) in px, by default 1280x720; 30 fps unless asked otherwise.

    The motion is a sum of slow sines whose periods have no common multiple, so that it does not seem to loop. Raises
    UserError when the portrait is missing or damaged.
    """

    label = "the sample portrait"

    def __init__(self, size: tuple[int, int] | None = None, fps: int = 0) -> None:
        self._picture = _read_portrait()
        self._size = size or DEFAULT_SIZE
        self._fps = self.rate = fps or DEFAULT_FPS
        self._start_s = self._due_s = now_s()
        self._count = 0

    def advance(self) -> bool:
        """Waits for the next moment."""
        due_s = self._start_s + self._count / self._fps
        now = now_s()
        if now > due_s + 1:
            self._start_s, self._count, due_s = now, 0, now
        time.sleep(max(0.0, due_s - now))
        self._count += 1
        self._due_s = due_s
        return True

    def frame(self, spare: Image | None) -> Image | None:
        """The portrait at this moment."""
        return self.at(self._due_s, spare)

    def at(self, time_s: float, spare: Image | None = None) -> Image:
        """The portrait at a time in seconds; the same time gives the same picture."""
        width, height = self._size
        shown_px = _SHOWN_SHARE * self._picture.shape[1]
        zoom = max(width, height * 16 / 9) / shown_px * (1 + 0.04 * math.sin(0.61 * time_s))
        angle = 2.5 * math.sin(0.83 * time_s) + 1.0 * math.sin(2.3 * time_s)
        matrix = cv2.getRotationMatrix2D(_CENTRE, angle, zoom)
        matrix[0, 2] += width * (0.5 + 0.05 * math.sin(0.71 * time_s) + 0.02 * math.sin(1.9 * time_s)) - _CENTRE[0]
        matrix[1, 2] += height * (0.52 + 0.02 * math.sin(1.13 * time_s)) - _CENTRE[1]
        return cv2.warpAffine(
            self._picture,
            matrix,
            self._size,
            dst=spare,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )

    def close(self) -> None:
        """Nothing to give back."""


def _read_portrait() -> Image:
    """(H, W, 3) uint8 BGR. As bytes: on Windows cv2.imread cannot open a path that is not ASCII (opencv#4292)."""
    picture: Image | None = None
    try:
        encoded = np.frombuffer((installation.assets_dir() / installation.SAMPLE_PICTURE).read_bytes(), np.uint8)
        picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    except (OSError, cv2.error):  # imdecode raises for an empty file and returns None for a damaged one
        picture = None
    if picture is None:
        raise UserError(tr("The sample portrait is missing or damaged."), installation.REMEDY)
    return picture
