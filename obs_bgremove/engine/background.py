"""What stands behind the person: pictures, videos, colours and the blurred room, and the change from one to the next.

`Backgrounds.get` is called by the worker for every frame and returns at once. Files are read and scaled on threads of
their own, the old background staying until the new one is ready: each file has its own thread, so that one on a network
drive that hangs holds up none after it. `render` asks to wait instead: it must be deterministic. Time is that of the
frames (their timestamps): videos, crossfades and the slideshow follow it, and stand still while no frames come.

All are (H, W, 4) uint8, blue, green, red and opaque: so they are copied into what OBS takes as they are. The worker and
the readers share the state under one lock; nobody holds it while a file is read.
"""

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

import cv2

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.backgrounds import layout, video_files
from obs_bgremove.engine.backgrounds.crossfade import Crossfade
from obs_bgremove.engine.backgrounds.layers import NEUTRAL_BGR, BlurredRoom, Layer, Room, Still, flat
from obs_bgremove.engine.backgrounds.video import Video
from obs_bgremove.engine.bokeh import out_of_focus
from obs_bgremove.engine.image_files import read_picture
from obs_bgremove.shared import backgrounds_folder
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr
from obs_bgremove.shared.options import Options

# How often the chosen file is looked at again, so that a replaced or repaired picture is picked up by itself.
LOOK_AGAIN_S = 1.0
# A file that has not been read after so long is spoken of: a picture of 100 megapixels takes two seconds.
SLOW_AFTER_S = 5.0
# Readers that hang (each in the system, where nothing can end it); more are not begun until one comes back.
MAX_LOADERS = 16
# For how long a wish to cut waits for the background that it is about: as long as a large file may take to read.
CUT_WITHIN_S = 5.0
# Frames further apart than this are a pause: hidden, or no camera. What moves goes on where it stood.
PAUSE_NS = 1_000_000_000
MOVING_S, WAITING_S = 1 / 30, 0.25


@dataclasses.dataclass(frozen=True)
class _Key:
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


def color_bgr(color: int) -> tuple[int, int, int]:
    """OBS's 0xAABBGGRR as (blue, green, red)."""
    return color >> 16 & 255, color >> 8 & 255, color & 255


class Backgrounds:
    """The background of the moment and what is wrong with it (`problem`). `changed` is called, on any thread, when a
    new one is ready."""

    def __init__(self, changed: Callable[[], None] = lambda: None, wait: bool = False) -> None:
        self.version = 0  # grows with every newly prepared background
        self._changed = changed
        self._wait = wait
        self._lock = threading.RLock()
        self._problem: UserError | None = None
        self._key: _Key | None = None  # what is shown, and the file it was made of
        self._stamp: object = None
        self._layer: Layer | None = None
        self._wanted: _Key | None = None
        self._wanted_s = self._looked_s = 0.0
        self._readers: dict[_Key, float] = {}  # what is being read, and since when
        self._clock_ns = 0
        self._seen_ns: int | None = None
        self._in_sight = False  # the frame before showed a background
        self._fade = Crossfade()
        self._cut_until_s = 0.0
        self._slides: backgrounds_folder.Slideshow | None = None
        self._slides_of: object = None
        self._slide_name = ""
        self._slide_began_ns: int | None = None

    @property
    def problem(self) -> UserError | None:
        """What is wrong with the background in use; None when all is well."""
        with self._lock:
            wanted, now = self._wanted, now_s()
            if wanted is not None and wanted.mode == "file":
                since_s = self._readers.get(wanted, self._wanted_s if wanted != self._key else now)
                if now - since_s > SLOW_AFTER_S:
                    return UserError(
                        tr("The folder {folder} does not answer.", folder=wanted.folder),
                        tr("Check the drive or the network, or choose another folder or a colour."),
                    )
            if self._problem is None and isinstance(self._layer, Video):
                return self._layer.problem
            return self._problem

    @property
    def pace_s(self) -> float | None:
        """How soon the background will look different by itself: None for never."""
        if self._fade.running or (isinstance(self._layer, Video) and self._layer.moving):
            return MOVING_S
        return WAITING_S if self._slides is not None else None

    def get(
        self, options: Options, width: int, height: int, timestamp_ns: int | None = None, room: Room = None
    ) -> Image:
        """(height, width, 4) uint8 BGRA, opaque. The same array object is the same picture, in all frames to come.
        Never raises for bad files: see `problem`.

        timestamp_ns: the frame's; None for what will be shown when all change is over. room: makes the blurred room of
        this very frame; where it is None, nothing of the room is shown, in mode `blur` neither.
        """
        with self._lock:
            if timestamp_ns is not None:
                self._tick(timestamp_ns)
            key = self._key_of(options, width, height)
            if key != self._wanted:
                self._wanted, self._wanted_s = key, now_s()
            self._prepare(key)
            if timestamp_ns is not None and options.background_mode == "file":
                self._slide(key, options)
            image = self._now(options, width, height, timestamp_ns is not None, room)
            self._in_sight |= timestamp_ns is not None
            return image

    def rest(self) -> None:
        """The background is out of sight by choice (transparent, or the camera shown): the next one does not fade."""
        with self._lock:
            self._out_of_sight()

    def cut(self) -> None:
        """The next change does not fade, if it comes within CUT_WITHIN_S; one that is under way is over."""
        with self._lock:
            self._fade.end()
            self._cut_until_s = now_s() + CUT_WITHIN_S

    def close(self) -> None:
        """Lets go of the file that is open. Idempotent."""
        with self._lock:
            self._fade.end()
            if self._layer is not None:
                self._layer.close()

    # What is wanted, and when.

    def _tick(self, timestamp_ns: int) -> None:
        """Time goes on, but for pauses. In the time of a file that is rendered there are none."""
        passed_ns = max(0, timestamp_ns - self._seen_ns) if self._seen_ns is not None else 0
        if self._wait or passed_ns < PAUSE_NS:
            self._clock_ns += passed_ns
        else:
            self._out_of_sight()
        self._seen_ns = timestamp_ns

    def _out_of_sight(self) -> None:
        self._fade.end()
        self._in_sight = False

    def _key_of(self, options: Options, width: int, height: int) -> _Key:
        mode = options.background_mode
        if mode != "file":
            return _Key(mode, width, height, color=options.color if mode == "color" else 0)
        slides_of = (options.backgrounds_folder, options.background, options.shuffle) if options.slideshow_s else None
        if slides_of != self._slides_of:  # switched on or off, or another one was chosen: it begins there
            self._slides_of, self._slide_name, self._slide_began_ns = slides_of, "", None
            self._slides = None
            if slides_of is not None:
                self._slides = backgrounds_folder.Slideshow(options.folder, options.background, options.shuffle)
        name = self._slide_name or options.background
        key = _Key("file", width, height, folder=options.folder, name=name, fit=options.fit)
        if options.picture_blur:
            key = dataclasses.replace(key, blur=options.picture_blur, blur_style=options.blur_style)
        return key

    def _slide(self, key: _Key, options: Options) -> None:
        """Begins to read the next one of the slideshow when its time has come."""
        if self._slides is None or self._key is None:
            return
        if self._slide_began_ns is None:
            self._slide_began_ns = self._clock_ns
        if self._clock_ns - self._slide_began_ns >= options.slideshow_s * 1_000_000_000 and key not in self._readers:
            self._slide_began_ns = self._clock_ns
            self._read(key, self._slides)

    def _prepare(self, key: _Key) -> None:
        """Begins to read what is wanted, if it is not at hand; looks now and then whether its file has changed."""
        if key == self._key:
            now = now_s()
            if key.mode == "file" and not self._wait and now - self._looked_s > LOOK_AGAIN_S:
                self._read(key)
        elif key.mode == "file":
            self._read(key)
        else:
            grey = flat(NEUTRAL_BGR, key.width, key.height)
            if key.mode == "blur":
                layer: Layer = BlurredRoom(grey)
            else:
                layer = Still(flat(color_bgr(key.color), key.width, key.height) if key.mode == "color" else grey)
            self._install(key, None, layer, None)

    # Reading files: on threads of their own, or at once.

    def _read(self, key: _Key, slides: backgrounds_folder.Slideshow | None = None) -> None:
        if self._wait:
            self._load(key, slides)
        elif key not in self._readers and len(self._readers) < MAX_LOADERS:
            self._readers[key] = self._looked_s = now_s()
            threading.Thread(target=self._load, args=(key, slides), name="background", daemon=True).start()

    def _load(self, key: _Key, slides: backgrounds_folder.Slideshow | None) -> None:
        """Reads and lays out the file of a key, or of what comes after it, if it is not the one at hand."""
        read = key
        layer: Layer | None = None
        stamp: object = None
        try:
            name = slides.next() if slides is not None else backgrounds_folder.choose(key.folder, key.name)
            if slides is not None:
                read = dataclasses.replace(key, name=name)
            path = backgrounds_folder.resolve(key.folder, name)
            stamp = _stamp(path)
            if read == self._key and stamp == self._stamp:
                return
            if not name:
                raise UserError(
                    tr("There are no pictures in the folder {folder}.", folder=key.folder),
                    tr(
                        "Put pictures or videos there (png, jpg, webp, bmp, gif, mp4, mov, webm, mkv, avi), "
                        "or choose another folder."
                    ),
                )
            layer, problem = self._open(path, key), None
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
                self._readers.pop(key, None)
        self._loaded(key, read, stamp, layer, problem)

    def _loaded(self, key: _Key, read: _Key, stamp: object, layer: Layer | None, problem: UserError | None) -> None:
        """Shows what was read, if it is still wanted."""
        with self._lock:
            if key != self._wanted:
                if layer is not None:
                    layer.close()
                return
            if read != key and layer is None:  # a slide that cannot be shown: the one before stays for another turn
                self._problem = problem
                self._changed()
                return
            if read != key:
                self._slide_name, self._wanted = read.name, read
            if layer is None:
                layer = Still(flat(NEUTRAL_BGR, key.width, key.height))
            self._install(read, stamp, layer, problem)

    def _open(self, path: Path, key: _Key) -> Layer:
        def focus(picture: Image) -> Image:
            return out_of_focus(picture, key.blur_style, key.blur) if key.blur else picture

        if video_files.moves(path):
            return Video(lambda: video_files.play(path, key.fit, key.width, key.height, focus), self._wait)
        picture = layout.lay_out(read_picture(path), key.fit, key.width, key.height)
        return Still(focus(cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA)))

    # From one to the next.

    def _install(self, key: _Key, stamp: object, layer: Layer, problem: UserError | None) -> None:
        """Shows this one from now on. The one before fades, if it is in sight and of the same size."""
        before = self._layer
        same_size = self._key is not None and (self._key.width, self._key.height) == (key.width, key.height)
        cut, self._cut_until_s = now_s() < self._cut_until_s, 0.0
        if before is not None and self._in_sight and same_size and not cut:
            self._fade.begin(before)
        else:
            self._fade.end()
            if before is not None:
                before.close()
        self._key, self._stamp, self._layer, self._problem = key, stamp, layer, problem
        self.version += 1
        self._changed()

    def _now(self, options: Options, width: int, height: int, passing: bool, room: Room) -> Image:
        """What is to be seen at this moment."""
        if self._layer is None:
            return flat(NEUTRAL_BGR, width, height)
        image = self._layer.at(self._clock_ns, room)
        if image.shape[:2] != (height, width):
            # Not ready yet. An old one of another size is stretched for the moment: better than a flash of grey.
            return layout.cover(image, width, height)
        return self._fade.at(self._clock_ns, options.crossfade_ms, image, room) if passing else image


def _stamp(path: Path) -> object:
    """What changes when the file does."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return path, None
    return path, stat.st_mtime_ns, stat.st_size
