"""The capture thread: keeps the wanted source open, and holds the newest frame for the worker.

Owned by the worker, which calls `want`, `take`, `check` and `stop`; the thread inside calls nothing but the source.
Newest frame wins: three frames go round, so neither side waits for the other, and none is copied. A lost or missing
camera is looked for again with growing pauses. A read that never returns cannot be ended from outside: `check` then
raises, the engine exits, and OBS's side starts another one, which is the one sure way to free such a device.
"""

import dataclasses
import sys
import threading
from collections.abc import Callable

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.camera import frame_sources, target
from obs_bgremove.engine.camera.frame_sources import FrameSource
from obs_bgremove.engine.camera.target import CameraSetting
from obs_bgremove.shared.clock import now_ns, now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

RETRY_FIRST_S, RETRY_MOST_S = 0.3, 2.0
# Longer than a stream's own time-out (5 s) and than macOS is given for a first frame (10 s).
STUCK_AFTER_S = 15.0
# Opening, up to the first frame: 2 to 4 s for slow cameras, but up to 20 s with Media Foundation (opencv#17687).
OPENING_STUCK_AFTER_S = {"win32": 30.0}


@dataclasses.dataclass(frozen=True)
class Frame:
    """A captured frame, as the camera gave it. `image` is (H, W, 3) uint8 BGR, valid until the next take.

    `timestamp_ns` is when the driver handed it over, before it was decoded. `shown` is (width, height) of the picture
    to be made of it.
    """

    image: Image
    timestamp_ns: int
    shown: tuple[int, int]


class Capture:
    """One camera at a time. `wake` is called, on the capture thread, for each new frame and change of `problem`."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.idle = False  # nobody sees the frames: they are taken from the camera, but not converted or delivered
        self.problem: UserError | None = None
        self.label = ""
        self.kind = ""  # of the source that is open, as in CameraTarget
        self.rate = 0.0  # as it says itself; 0 when it does not
        self.frames = 0  # that have come from the source so far
        self._wake = wake
        self._wanted: CameraSetting | None = None
        self._changed = threading.Event()
        self._stopping = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._busy_since_s: float | None = None
        self._opening = False
        self._buffers: list[Image | None] = [None, None, None]
        self._filling, self._ready, self._taken = 0, 1, 2
        self._timestamp_ns = 0
        self._shown = (0, 0)
        self._fresh = False

    def want(self, setting: CameraSetting | None) -> None:
        """Opens this camera, or with None frees it. Returns at once; the same setting again does nothing."""
        if setting == self._wanted:
            return
        with self._lock:
            self._wanted = setting
            self._fresh = False
            self.problem = None
        self._changed.set()
        if self._thread is None and setting is not None:
            self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
            self._thread.start()

    def take(self) -> Frame | None:
        """The newest frame that was not taken yet, or None. Its buffer is the caller's until the next call."""
        with self._lock:
            if not self._fresh:
                return None
            self._fresh = False
            self._ready, self._taken = self._taken, self._ready
            image = self._buffers[self._taken]
            assert image is not None
            return Frame(image, self._timestamp_ns, self._shown)

    def check(self) -> None:
        """Raises UserError when the source has not come back from a read or an open for too long."""
        since_s = self._busy_since_s
        limit_s = OPENING_STUCK_AFTER_S.get(sys.platform, STUCK_AFTER_S) if self._opening else STUCK_AFTER_S
        if since_s is not None and now_s() - since_s > limit_s:
            raise UserError(
                tr("The camera {camera} has stopped answering.", camera=self.label),
                tr("It is opened anew; if that fails, replug it."),
            )

    def stop(self, timeout_s: float = 1.0) -> None:
        """Frees the camera and ends the thread; gives up waiting after the time-out. Idempotent."""
        self._stopping = True
        self.want(None)
        self._changed.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        pause_s = RETRY_FIRST_S
        while not self._stopping:
            self._changed.clear()
            setting = self._wanted
            if setting is None:
                self._changed.wait()
                continue
            try:
                delivered = self._play(setting)
                problem = UserError(
                    tr("The camera {camera} was lost.", camera=self.label),
                    tr("It is opened again as soon as it is back."),
                )
            except UserError as error:
                delivered, problem = False, error
            except Exception as error:  # a driver's or OpenCV's own exception: same to the user, and never fatal
                delivered = False
                problem = UserError(
                    tr("The camera {camera} failed ({error}).", camera=self.label, error=error),
                    tr("It is tried again by itself."),
                )
            self._busy_since_s = None
            with self._lock:
                changed = setting != self._wanted
                if not changed:
                    self.problem = problem
            if changed:
                pause_s = RETRY_FIRST_S
                continue
            self._wake()
            pause_s = RETRY_FIRST_S if delivered else min(2 * pause_s, RETRY_MOST_S)
            self._changed.wait(pause_s)

    def _play(self, setting: CameraSetting) -> bool:
        """Opens the source and delivers its frames until it fails or something else is wanted. True: any came."""
        self._opening = True
        self._busy_since_s = now_s()
        self.label = target.without_credentials(setting.camera)
        found = target.find(setting.camera)
        self.label = found.label
        source: FrameSource = frame_sources.open_source(found, setting.asked(found.kind), setting.fps)
        delivered = False
        try:
            self.label, self.kind, self.rate = source.label, found.kind, source.rate
            # Not until `_changed` is set: a `want` between its being cleared and `_wanted` being read sets it too.
            while setting == self._wanted:
                self._busy_since_s = now_s()
                if not source.advance():
                    break
                came_ns = now_ns()
                self.frames += 1
                if self.idle:
                    self._all_well(setting)
                else:
                    image = source.frame(self._buffers[self._filling])
                    if image is None:
                        break
                    self._deliver(image, came_ns, setting)
                self._opening = False
                delivered = True
        finally:
            source.close()
        return delivered

    def _all_well(self, setting: CameraSetting) -> None:
        with self._lock:
            if setting != self._wanted or self.problem is None:
                return
            self.problem = None
        self._wake()

    def _deliver(self, image: Image, timestamp_ns: int, setting: CameraSetting) -> None:
        self._buffers[self._filling] = image
        with self._lock:
            if setting != self._wanted:
                return
            self._filling, self._ready = self._ready, self._filling
            self._timestamp_ns = timestamp_ns
            self._shown = setting.shown(self.kind, image.shape[1], image.shape[0])
            self._fresh = True
            self.problem = None
        self._wake()
