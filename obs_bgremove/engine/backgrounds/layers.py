"""What a background can be besides a video: a picture or colour that stays, or the room of this very frame, blurred."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from obs_bgremove.engine.arrays import Image

# Shown where nothing better is known: no picture (yet), or privacy in a mode whose background is the room itself.
NEUTRAL_BGR = (32, 32, 32)
# Makes the blurred room of this frame, (height, width, 4) uint8, a new array object each time; None where nothing of
# the room may be shown.
Room = Callable[[], Image] | None


class Layer(Protocol):
    """A background prepared for one size of frame."""

    def at(self, now_ns: int, room: Room) -> Image:
        """(height, width, 4) uint8 BGRA, opaque; the same array object is the same picture."""

    def close(self) -> None:
        """It is not needed any more. Idempotent."""


class Still:
    """A picture or a colour. `instead`: what is shown in its place where nothing of the room may be seen, when the
    picture holds some of it."""

    def __init__(self, image: Image, instead: Image | None = None) -> None:
        self._image, self._instead = image, instead

    @property
    def shows_room(self) -> bool:
        """Whether some of the blurred room is in the picture."""
        return self._instead is not None

    def at(self, now_ns: int, room: Room) -> Image:
        """The picture."""
        return self._image if self._instead is None or room is not None else self._instead

    def close(self) -> None:
        """Nothing is open."""


class BlurredRoom:
    """The room behind the person in the frame that is being worked on, where it may be shown; `instead` elsewhere."""

    def __init__(self, instead: Image) -> None:
        self._instead = instead

    def at(self, now_ns: int, room: Room) -> Image:
        """The blurred room."""
        return self._instead if room is None else room()

    def close(self) -> None:
        """Nothing is open."""


def flat(color_bgr: tuple[int, int, int], width: int, height: int) -> Image:
    """(height, width, 4) uint8 of one colour, opaque."""
    return np.full((height, width, 4), (*color_bgr, 255), np.uint8)
