"""What stands behind the person: prepared once per picture, folder, colour and frame size, never per frame.

`Backgrounds.get` is called by the worker for every frame and returns at once; pictures are read and scaled on a thread
of their own, the old one staying until the new one is ready. `render` asks to wait instead: it must be deterministic.
All are (H, W, 4) uint8, blue, green, red and opaque: so they are copied into what OBS takes as they are.
"""

import dataclasses
import threading
from pathlib import Path
from typing import Callable, Optional

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.image_files import cover, read_picture
from obs_bgremove.shared import backgrounds_folder, installation
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options

# Shown where nothing better is known: no picture (yet), or privacy in a mode whose background is the room itself.
NEUTRAL_BGR = (32, 32, 32)
# How often the chosen file is looked at again, so that a replaced or repaired picture is picked up by itself.
LOOK_AGAIN_S = 1.0


@dataclasses.dataclass(frozen=True)
class _Key:
    """What a prepared background depends on."""

    mode: str
    folder: str
    name: str
    color: int
    width: int
    height: int


def flat(color_bgr: tuple[int, int, int], width: int, height: int) -> Image:
    """(height, width, 4) uint8 of one colour, opaque."""
    return np.full((height, width, 4), (*color_bgr, 255), np.uint8)


def color_bgr(color: int) -> tuple[int, int, int]:
    """OBS's 0xAABBGGRR as (blue, green, red)."""
    return color >> 16 & 255, color >> 8 & 255, color & 255


class Backgrounds:
    """The prepared background and what is wrong with it (`problem`). `changed` is called when a new one is ready."""

    def __init__(self, changed: Callable[[], None] = lambda: None, wait: bool = False) -> None:
        self.problem: Optional[UserError] = None
        self.version = 0  # grows with every newly prepared background
        self._changed = changed
        self._wait = wait
        self._key: Optional[_Key] = None
        self._image: Optional[Image] = None
        self._stamp: object = None
        self._looked_s = 0.0
        self._loading: Optional[threading.Thread] = None

    def get(self, options: Options, width: int, height: int) -> Image:
        """(height, width, 4) uint8 BGRA, opaque. Never written to again: the same array is the same picture. Never
        raises for bad files: see `problem`."""
        key = _Key(
            options.background_mode,
            options.backgrounds_folder,
            options.background,
            options.color,
            width,
            height,
        )
        now = now_s()
        stale = key != self._key or (not self._wait and now - self._looked_s > LOOK_AGAIN_S)
        if stale and (self._loading is None or not self._loading.is_alive()):
            self._looked_s = now
            if options.background_mode != "file":
                if key != self._key:
                    fill = color_bgr(options.color) if options.background_mode == "color" else NEUTRAL_BGR
                    self._install(key, None, flat(fill, width, height), None)
            elif self._wait:
                self._load(key)
            else:
                self._loading = threading.Thread(target=self._load, args=(key,), name="background", daemon=True)
                self._loading.start()
        if self._image is None or self._image.shape[:2] != (height, width):
            # Not ready yet. An old one of another size is stretched for the moment: better than a flash of grey.
            return flat(NEUTRAL_BGR, width, height) if self._image is None else cover(self._image, width, height)
        return self._image

    def _load(self, key: _Key) -> None:
        """Reads and lays out the picture of a key if it is not the one at hand. On the loader thread."""
        where = Path(key.folder).expanduser() if key.folder else installation.backgrounds_dir()
        name = backgrounds_folder.choose(where, key.name)
        path = backgrounds_folder.resolve(where, name)
        try:
            stat = path.stat()
            stamp: object = (path, stat.st_mtime_ns, stat.st_size)
        except (OSError, ValueError):
            stamp = (path, None)
        if key == self._key and stamp == self._stamp:
            return
        try:
            if not name:
                raise UserError(
                    f"There are no pictures in the folder {where}.",
                    "Put pictures there (png, jpg, webp, bmp, gif), or choose another folder.",
                )
            picture = cover(read_picture(path), key.width, key.height)
            image, problem = cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA), None
        except UserError as error:
            image, problem = flat(NEUTRAL_BGR, key.width, key.height), error
        except Exception as error:  # MemoryError, cv2.error, ...: this thread must always come to a result
            problem = UserError(
                f"The picture {name} cannot be used ({type(error).__name__}: {error}).", "Choose another picture."
            )
            image = flat(NEUTRAL_BGR, key.width, key.height)
        self._install(key, stamp, image, problem)

    def _install(self, key: _Key, stamp: object, image: Image, problem: Optional[UserError]) -> None:
        self._key, self._stamp, self._image, self.problem = key, stamp, image, problem
        self.version += 1
        self._changed()
