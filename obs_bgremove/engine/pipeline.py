"""One frame in, one finished frame out: what OBS, `render`, `bench` and `preview` all run. Knows nothing of OBS.

Frames come as the camera gives them, (H, W, 3) BGR; pictures leave as shown, mirrored if so wanted, in a `Canvas`
(always with an alpha channel: OBS shows nothing for a moment when a source's pixel format changes).

Called on the worker thread only. Fail closed: pixels of the camera go out only under a matte computed for that very
frame, or where the user chose to see the camera. Whatever goes wrong, the background alone goes out, and `problem`
says why. It also goes out while the network is being loaded, which happens on a thread of its own.
"""

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.backgrounds.layers import NEUTRAL_BGR
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.room import as_shown
from obs_bgremove.shared import installation
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr
from obs_bgremove.shared.protocol import DesiredState

if TYPE_CHECKING:
    from obs_bgremove.engine.person_cutout import PersonCutout

# A network that cannot be built, or fails this many frames running, is built anew, but not for every frame.
REBUILD_AFTER_S = 2.0
FAILURES_BEFORE_REBUILD = 3
log = logging.getLogger(__name__)

# (width, height) -> where the picture is to be made
Allocate = Callable[[int, int], Canvas]


class Pipeline:
    """From frame to finished frame, by one network at a time.

    `wait` loads the network at the first frame instead of on a thread; `wake` is called when the thread has done so.
    `problem` says what is wrong with the network or the matte, None when all is well.
    """

    def __init__(self, backgrounds: Backgrounds, wait: bool = False, wake: Callable[[], None] = lambda: None) -> None:
        self.problem: UserError | None = None
        self.stages_ms: dict[str, float] = {}
        self._backgrounds = backgrounds
        self._wait = wait
        self._wake = wake
        self._cutout: PersonCutout | None = None
        self._loaded: PersonCutout | UserError | None = None
        self._loading: threading.Thread | None = None
        self._load_at_s = 0.0
        self._failures = 0

    @property
    def loading(self) -> bool:
        """The network is on its way; until then the background alone goes out."""
        return self._cutout is None and self.problem is None

    def process(
        self,
        frame_bgr: Image,
        desired: DesiredState,
        timestamp_ns: int,
        allocate: Allocate,
        shown: tuple[int, int] | None = None,
    ) -> Canvas:
        """The finished frame, in what `allocate(width, height)` gave, of the size `shown`; None: of the frame's."""
        options = desired.options
        size = (frame_bgr.shape[1], frame_bgr.shape[0])
        out = allocate(*(shown or size))
        if desired.privacy:
            self._background_alone(desired, out, timestamp_ns)
        elif options.view == "camera" or (options.view == "output" and _shows_room(desired)):
            self._backgrounds.rest()
            if shown is not None and shown != size:
                frame_bgr = cv2.resize(frame_bgr, shown, interpolation=cv2.INTER_LINEAR)
            as_shown(frame_bgr, options.mirror, out.claim())
        else:
            cutout = self._cutout_for(options.model)
            if cutout is None:
                self._background_alone(desired, out, timestamp_ns)
                return out
            try:
                self.stages_ms = cutout.cut(frame_bgr, options, timestamp_ns, self._backgrounds, out)
                self.problem = None
                self._failures = 0
            except Exception as error:  # native libraries throw anything: neither may the room show nor OBS suffer
                self._background_alone(desired, out, timestamp_ns)
                self._failed(cutout, error)
        return out

    def background_alone(
        self, desired: DesiredState, width: int, height: int, allocate: Allocate, timestamp_ns: int | None = None
    ) -> Canvas:
        """The finished picture without a frame: for privacy, and while the camera gives nothing. timestamp_ns: the
        moment that a background that moves is shown at; None for what is not seen now."""
        out = allocate(width, height)
        self._background_alone(desired, out, timestamp_ns)
        return out

    def reset(self) -> None:
        """For another camera: what was learned from earlier frames no longer holds."""
        if self._cutout is not None:
            self._cutout.reset()

    def command(self, name: str) -> None:
        """`learn` or `forget` the background plate."""
        if self._cutout is not None:
            self._cutout.command(name)

    def close(self) -> None:
        """Gives the network back. Idempotent."""
        if self._cutout is not None:
            self._cutout.close()
        self._cutout = None

    def prepare(self, model: str) -> None:
        """Begins to load the network, so that it is there when the first frame comes."""
        self._cutout_for(model)

    def _cutout_for(self, model: str) -> "PersonCutout | None":
        """The network and matte of this model, the former model's while it is being loaded; None without any."""
        if self._cutout is not None and self._cutout.model == model:
            return self._cutout
        if self._loading is None and now_s() >= self._load_at_s:
            self._loading = threading.Thread(target=self._load, args=(model,), name="network", daemon=True)
            self._loading.start()
        if self._loading is not None and (self._wait or not self._loading.is_alive()):
            self._loading.join()
            self._loading = None
            loaded, self._loaded = self._loaded, None
            if isinstance(loaded, UserError):
                self.close()
                self.problem = loaded
                self._load_at_s = now_s() + REBUILD_AFTER_S
            elif loaded is not None:
                self.close()
                self._cutout, self.problem = loaded, None
        return self._cutout

    def _load(self, model: str) -> None:
        """Builds the network, on a thread of its own."""
        try:
            from obs_bgremove.engine.person_cutout import PersonCutout

            self._loaded = PersonCutout(model)
        except UserError as error:
            self._loaded = error
        except (ImportError, OSError) as error:
            log.warning("loading the libraries failed", exc_info=error)
            self._loaded = UserError(
                tr("The engine's libraries cannot be used ({error}).", error=f"{type(error).__name__}: {error}"),
                installation.REMEDY,
            )
        except Exception as error:  # a mistake of ours, or whatever the network may throw
            log.error("loading the network failed", exc_info=error)
            self._loaded = UserError(
                tr("Finding the person could not be started ({error}).", error=f"{type(error).__name__}: {error}"),
                tr(
                    "It is tried again by itself. If it stays, please report it with {folder}.",
                    folder=installation.logs_dir(),
                ),
            )
        self._wake()

    def _failed(self, cutout: "PersonCutout", error: Exception) -> None:
        self._failures += 1
        if self._failures < FAILURES_BEFORE_REBUILD:
            cutout.reset()
        else:
            self.close()
            self._load_at_s = now_s() + REBUILD_AFTER_S
        if not isinstance(error, UserError):
            if self._failures == 1:  # the same one for every frame would fill the log
                log.error("a frame failed", exc_info=error)
            error = UserError(
                tr("Finding the person failed ({error}).", error=f"{type(error).__name__}: {error}"),
                tr("The background alone is shown; it is tried again by itself."),
            )
        self.problem = error

    def _background_alone(self, desired: DesiredState, out: Canvas, timestamp_ns: int | None) -> None:
        """Fills `out` with no pixel of the camera: transparent, or the background, or a neutral grey."""
        options, pixels = desired.options, out.claim()
        height, width = pixels.shape[:2]
        shows_output = desired.privacy or (options.view == "output" and desired.removal)
        if shows_output and options.background_mode == "transparent":
            pixels[:] = 0
            return
        pixels[:] = (*NEUTRAL_BGR, 255)
        if options.background_mode in ("file", "color"):
            with contextlib.suppress(Exception):  # this is the last resort: it must not fail as well
                np.copyto(pixels, self._backgrounds.get(options, width, height, timestamp_ns))


def _shows_room(desired: DesiredState) -> bool:
    return desired.options.background_mode == "off" or not desired.removal
