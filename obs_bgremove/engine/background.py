"""What stands behind the person: prepared once per picture, folder, colour and frame size, never per frame.

Threads: `Backgrounds.get` is called by the worker for every frame and returns at once. Pictures are read and scaled on
loader threads, one for each background asked for, and the old picture stays until the new one is ready. A background
that is ready is one immutable `_Prepared`. The worker (for colours) or a loader puts it in place whole, under the lock,
and only while it is still the one asked for. A loader that never comes back, on a dead network share, is left behind;
there are at most MAX_LOADERS. `render` asks to wait instead: it must be deterministic.

All are (H, W, 4) uint8, blue, green, red and opaque: so they are copied into what OBS takes as they are.
"""

import dataclasses
import threading
from collections.abc import Callable

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.image_files import cover, read_picture
from obs_bgremove.shared import backgrounds_folder
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options

# Shown where nothing better is known: no picture (yet), or privacy in a mode whose background is the room itself.
NEUTRAL_BGR = (32, 32, 32)
# How often the chosen file is looked at again, so that a replaced or repaired picture is picked up by itself.
LOOK_AGAIN_S = 1.0
# A picture of 100 megapixels takes about two seconds; a loader that needs longer waits for a drive or a network.
SLOW_AFTER_S = 5.0
MAX_LOADERS = 4


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


@dataclasses.dataclass(frozen=True)
class _Prepared:
    """A background that is ready: for what it was made, from which state of the file, and what was wrong with that."""

    key: _Key
    stamp: object
    image: Image
    problem: UserError | None


class _Loader(threading.Thread):
    def __init__(self, key: _Key, load: Callable[[_Key], None]) -> None:
        super().__init__(target=load, args=(key,), name="background", daemon=True)
        self.key = key
        self.started_s = now_s()


class Backgrounds:
    """The prepared background. `changed` is called, on any thread, when a new one is ready."""

    def __init__(self, changed: Callable[[], None] = lambda: None, wait: bool = False) -> None:
        self.version = 0  # grows with every newly prepared background
        self._changed = changed
        self._wait = wait
        self._lock = threading.Lock()
        self._prepared: _Prepared | None = None
        self._wanted: _Key | None = None
        self._wanted_since_s = 0.0
        self._looked_s = 0.0
        self._loaders: list[_Loader] = []

    @property
    def problem(self) -> UserError | None:
        """What is wrong with the background asked for last, or None. For the worker."""
        key, prepared = self._wanted, self._prepared
        if key is not None and self._waiting_s(key) > SLOW_AFTER_S:
            return UserError(
                f"The folder {backgrounds_folder.place(key.folder)} does not answer.",
                "Check the drive or the network, or choose another folder or a colour.",
            )
        return prepared.problem if prepared is not None else None

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
        if key != self._wanted:
            with self._lock:
                self._wanted = key
            self._wanted_since_s = now
        prepared = self._prepared
        new = prepared is None or prepared.key != key
        if key.mode != "file":
            if new:
                fill = color_bgr(options.color) if key.mode == "color" else NEUTRAL_BGR
                self._install(_Prepared(key, None, flat(fill, width, height), None))
        elif self._wait:
            if new:
                self._load(key)
        elif new or now - self._looked_s > LOOK_AGAIN_S:
            self._start_loader(key, now)
        prepared = self._prepared
        if prepared is None:
            return flat(NEUTRAL_BGR, width, height)
        if prepared.image.shape[:2] != (height, width):
            # Not ready yet. An old one of another size is stretched for the moment: better than a flash of grey.
            return cover(prepared.image, width, height)
        return prepared.image

    def _start_loader(self, key: _Key, now: float) -> None:
        """Has the picture of a key looked at, unless that is under way or too many loaders are stuck."""
        self._loaders = [loader for loader in self._loaders if loader.is_alive()]
        if len(self._loaders) < MAX_LOADERS and all(loader.key != key for loader in self._loaders):
            self._looked_s = now
            loader = _Loader(key, self._load)
            self._loaders.append(loader)
            loader.start()

    def _waiting_s(self, key: _Key) -> float:
        """For how long this background, or another look at its file, has been waited for; 0 when it has not."""
        for loader in self._loaders:
            if loader.key == key and loader.is_alive():
                return now_s() - loader.started_s
        prepared = self._prepared
        ready = prepared is not None and prepared.key == key
        return 0.0 if ready else now_s() - self._wanted_since_s

    def _load(self, key: _Key) -> None:
        """Reads and lays out the picture of a key if it is not the one at hand. On a loader thread."""
        folder, name = backgrounds_folder.place(key.folder), key.name
        problem: UserError | None = None
        stamp: object = None
        try:
            name = backgrounds_folder.choose(folder, key.name)
            path = backgrounds_folder.resolve(folder, name)
            try:
                stat = path.stat()
                stamp = (path, stat.st_mtime_ns, stat.st_size)
            except (OSError, ValueError):
                stamp = (path, None)
            prepared = self._prepared
            if prepared is not None and (prepared.key, prepared.stamp) == (key, stamp):
                return
            if not name:
                raise UserError(
                    f"There are no pictures in the folder {folder}.",
                    "Put pictures there (png, jpg, webp, bmp, gif), or choose another folder.",
                )
            picture = cover(read_picture(path), key.width, key.height)
            image = cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA)
        except UserError as error:
            image, problem = flat(NEUTRAL_BGR, key.width, key.height), error
        except Exception as error:  # MemoryError, cv2.error, ...: this thread must always come to a result
            problem = UserError(
                f"The picture {name} cannot be used ({type(error).__name__}: {error}).", "Choose another picture."
            )
            image = flat(NEUTRAL_BGR, key.width, key.height)
        self._install(_Prepared(key, stamp, image, problem))

    def _install(self, prepared: _Prepared) -> None:
        """Puts what is ready in place, unless something else has been asked for meanwhile."""
        with self._lock:
            if prepared.key != self._wanted:
                return
            self._prepared = prepared
            self.version += 1
        self._changed()
