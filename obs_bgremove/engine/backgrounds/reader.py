"""Reads the files of backgrounds, each on a thread of its own: one on a drive that hangs holds up none after it.

`Backgrounds` begins the readings and takes their results, under its lock, which nobody holds while a file is read.
"""

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

import cv2

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.backgrounds import layout, video_files
from obs_bgremove.engine.backgrounds.layers import Layer, Still
from obs_bgremove.engine.backgrounds.video import Video
from obs_bgremove.engine.bokeh import out_of_focus
from obs_bgremove.engine.image_files import read_picture
from obs_bgremove.shared import backgrounds_folder
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

# Readers that hang (each in the system, where nothing can end it); more are not begun until one comes back.
MAX_LOADERS = 16


@dataclasses.dataclass(frozen=True)
class Key:
    """What a prepared background depends on."""

    mode: str
    width: int
    height: int
    color: int = 0
    folder: Path = Path()
    name: str = ""
    fit: str = ""
    blur: int = 0
    blur_style: str = ""


@dataclasses.dataclass(frozen=True)
class Reading:
    """What came of one reading: of what was asked for, or of the slide after it. Without a layer there is a problem."""

    asked: Key
    read: Key
    stamp: object
    layer: Layer | None
    problem: UserError | None


class Reader:
    """`done` is called on the reading's thread; not for a file that is as `at_hand` says: (key, stamp). wait: reading
    comes back when it is done, and a video gives each frame at its very time."""

    def __init__(self, done: Callable[[Reading], None], at_hand: Callable[[], tuple[Key | None, object]], wait: bool):
        self._done, self._at_hand, self._wait = done, at_hand, wait
        self._lock = threading.Lock()
        self._since_s: dict[Key, float] = {}

    def busy_since_s(self, key: Key) -> float | None:
        """Since when this one is being read; None when it is not."""
        with self._lock:
            return self._since_s.get(key)

    def read(self, key: Key, slides: backgrounds_folder.Slideshow | None = None) -> bool:
        """Begins to read a background, or with `slides` the one that follows it. False when that is under way already,
        or too many readings are."""
        if self._wait:
            self._read(key, slides)
            return True
        with self._lock:
            if key in self._since_s or len(self._since_s) >= MAX_LOADERS:
                return False
            self._since_s[key] = now_s()
        threading.Thread(target=self._read, args=(key, slides), name="background", daemon=True).start()
        return True

    def _read(self, key: Key, slides: backgrounds_folder.Slideshow | None) -> None:
        read = key
        layer: Layer | None = None
        stamp: object = None
        problem: UserError | None = None
        try:
            name = slides.next() if slides is not None else backgrounds_folder.choose(key.folder, key.name)
            if slides is not None:
                read = dataclasses.replace(key, name=name)
            path = backgrounds_folder.resolve(key.folder, name)
            stamp = _stamp(path)
            if (read, stamp) == self._at_hand():
                return
            if not name:
                raise UserError(
                    tr("There are no pictures and no videos in the folder {folder}.", folder=key.folder),
                    tr(
                        "Put pictures or videos there (png, jpg, webp, bmp, gif, mp4, mov, webm, mkv, avi), "
                        "or choose another folder."
                    ),
                )
            layer = self._open(path, key)
        except UserError as error:
            problem = error
        except Exception as error:  # MemoryError, cv2.error, ...: this thread must always come to a result
            words = f"{type(error).__name__}: {error}"
            problem = UserError(
                tr("The background {file} cannot be used ({error}).", file=read.name, error=words),
                tr("Choose another one."),
            )
        finally:
            with self._lock:
                self._since_s.pop(key, None)
        self._done(Reading(key, read, stamp, layer, problem))

    def _open(self, path: Path, key: Key) -> Layer:
        def focus(picture: Image) -> Image:
            return out_of_focus(picture, key.blur_style, key.blur) if key.blur else picture

        if video_files.moves(path):
            return Video(lambda: video_files.play(path, key.fit, key.width, key.height, focus), self._wait)
        picture = layout.lay_out(read_picture(path), key.fit, key.width, key.height)
        return Still(focus(cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA)))


def _stamp(path: Path) -> object:
    """What changes when the file does."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return path, None
    return path, stat.st_mtime_ns, stat.st_size
