"""What stands behind the person: pictures, videos, colours and the blurred room, and the change from one to the next.

`Backgrounds.get` is called by the worker for every frame and returns at once. Files are read and scaled on threads of
their own, the old background staying until the new one is ready: each file has its own thread, so that one on a network
drive that hangs holds up none after it. `render` asks to wait instead: it must be deterministic. Time is that of the
frames (their timestamps): videos, crossfades and the slideshow follow it, and stand still while no frames come.

All are (H, W, 4) uint8, blue, green, red and opaque: so they are copied into what OBS takes as they are. The worker and
the readers share the state under one lock; nobody holds it while a file is read.
"""

import threading
from collections.abc import Callable

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.backgrounds import layout
from obs_bgremove.engine.backgrounds.crossfade import Crossfade
from obs_bgremove.engine.backgrounds.layers import NEUTRAL_BGR, BlurredRoom, Layer, Room, Still, flat
from obs_bgremove.engine.backgrounds.reader import Key, Reader, Reading
from obs_bgremove.engine.backgrounds.slides import Slides
from obs_bgremove.engine.backgrounds.video import Video
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr
from obs_bgremove.shared.options import Options

# How often the chosen file is looked at again, so that a replaced or repaired picture is picked up by itself.
LOOK_AGAIN_S = 1.0
# A file that has not been read after so long is spoken of: a picture of 100 megapixels takes two seconds.
SLOW_AFTER_S = 5.0
# For how long a wish to cut waits for the background that it is about: as long as a large file may take to read.
CUT_WITHIN_S = 5.0
# Frames further apart than this are a pause: hidden, or no camera. What moves goes on where it stood.
PAUSE_NS = 1_000_000_000
MOVING_S, WAITING_S = 1 / 30, 0.25


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
        self._key: Key | None = None  # what is shown, and the file it was made of
        self._stamp: object = None
        self._layer: Layer | None = None
        self._wanted: Key | None = None
        self._wanted_s = self._looked_s = 0.0
        self._reader = Reader(self._loaded, lambda: (self._key, self._stamp), wait)
        self._options: Options | None = None  # what was asked for last, and its key
        self._asked = (0, 0, "")
        self._asked_key = Key("", 0, 0)
        self._clock_ns = 0
        self._seen_ns: int | None = None
        self._in_sight = False  # the frame before showed a background
        self._fade = Crossfade()
        self._cut_until_s = 0.0
        self._slides = Slides()

    @property
    def problem(self) -> UserError | None:
        """What is wrong with the background in use; None when all is well."""
        with self._lock:
            wanted, now = self._wanted, now_s()
            if wanted is not None and wanted.mode == "file":
                since_s = self._reader.busy_since_s(wanted)
                if since_s is None:
                    since_s = self._wanted_s if wanted != self._key else now
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
        return WAITING_S if self._slides.order is not None else None

    @property
    def shown(self) -> str:
        """The file name of the background that is on show, a slide's too; empty for the first by name, and for none."""
        key = self._key
        return key.name if key is not None else ""

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
            if timestamp_ns is not None and self._key is not None and key.mode == "file":
                self._slide(key, options.slideshow_s)
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

    def restart_slideshow(self) -> None:
        """From the chosen background on, which is shown."""
        with self._lock:
            self._slides.restart()

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

    def _key_of(self, options: Options, width: int, height: int) -> Key:
        mode = options.background_mode
        if mode != "file":
            return Key(mode, width, height, color=options.color if mode == "color" else 0)
        name = self._slides.name(options)
        asked = width, height, name
        if options is not self._options or asked != self._asked:  # paths are slow to make and to compare
            blur, style = (options.picture_blur, options.blur_style) if options.picture_blur else (0, "")
            self._asked_key = Key("file", width, height, 0, options.folder, name, options.fit, blur, style)
            self._options, self._asked = options, asked
        return self._asked_key

    def _slide(self, key: Key, every_s: int) -> None:
        """Begins to read the next one of the slideshow when its time has come."""
        if self._slides.due(self._clock_ns, every_s) and self._reader.busy_since_s(key) is None:
            self._slides.turned(self._clock_ns)
            self._reader.read(key, self._slides.order)

    def _prepare(self, key: Key) -> None:
        """Begins to read what is wanted, if it is not at hand; looks now and then whether its file has changed."""
        if key.mode == "file":
            look_again = not self._wait and now_s() - self._looked_s > LOOK_AGAIN_S
            if (key != self._key or look_again) and self._reader.read(key):
                self._looked_s = now_s()
        elif key != self._key:
            grey = flat(NEUTRAL_BGR, key.width, key.height)
            if key.mode == "blur":
                layer: Layer = BlurredRoom(grey)
            else:
                layer = Still(flat(color_bgr(key.color), key.width, key.height) if key.mode == "color" else grey)
            self._install(key, None, layer, None)

    def _loaded(self, reading: Reading) -> None:
        """Shows what was read, if it is still wanted. On the reading's thread."""
        key, read, layer = reading.asked, reading.read, reading.layer
        with self._lock:
            if key != self._wanted:
                if layer is not None:
                    layer.close()
                return
            if read != key and layer is None:  # a slide that cannot be shown: the one before stays for another turn
                self._problem = reading.problem
                self._changed()
                return
            if read != key:
                self._slides.moved_to(read.name)
                self._wanted = read
            if layer is None:
                layer = Still(flat(NEUTRAL_BGR, key.width, key.height))
            self._install(read, reading.stamp, layer, reading.problem)

    # From one to the next.

    def _install(self, key: Key, stamp: object, layer: Layer, problem: UserError | None) -> None:
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
