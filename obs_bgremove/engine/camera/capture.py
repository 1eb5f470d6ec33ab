"""The capture thread: keeps the wanted source open, and holds the newest frame for the worker.

Owned by the worker, which calls `want`, `take`, `check` and `stop`; the thread inside calls nothing but the source.
Newest frame wins: three frames go round, so neither side waits for the other, and none is copied. A lost or missing
camera is looked for again with growing pauses. A read that never returns can not be ended from outside: `check` then
raises, the engine exits, and whoever started it starts another, which is the one sure way to free such a device.
"""

import dataclasses
import threading
import time
from typing import Callable, Optional

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.camera import devices, frame_sources
from obs_bgremove.engine.camera.frame_sources import Request, Source
from obs_bgremove.shared.errors import UserError

RETRY_FIRST_S, RETRY_MOST_S = 0.3, 2.0
# Longer than a camera takes to open (2 to 4 s for slow ones) and than a stream's own time-out (5 s).
STUCK_AFTER_S = 15.0


@dataclasses.dataclass(frozen=True)
class Frame:
    """A captured frame, as the camera gave it. `image` is (H, W, 3) uint8 BGR, valid until the next take."""

    image: Image
    timestamp_ns: int
    number: int


@dataclasses.dataclass(frozen=True)
class CameraRequest:
    """The settings that need the camera to be opened anew: the setting `camera`, size or None, fps or 0."""

    camera: str
    size: Optional[tuple[int, int]]
    fps: int


class Capture:
    """See the module. `wake` is called, on the capture thread, for each new frame and each change of `problem`."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.idle = False  # nobody sees the frames: they are taken from the camera, but not converted or delivered
        self.problem: Optional[UserError] = None
        self.label = ""
        self._wake = wake
        self._wanted: Optional[CameraRequest] = None
        self._changed = threading.Event()
        self._stopping = False
        self._lock = threading.Lock()
        self._thread: Optional[threading.Thread] = None
        self._busy_since_s: Optional[float] = None
        self._buffers: list[Optional[Image]] = [None, None, None]
        self._filling, self._ready, self._taken = 0, 1, 2
        self._timestamp_ns = 0
        self._number = 0
        self._fresh = False

    def want(self, request: Optional[CameraRequest]) -> None:
        """Opens this camera, or with None frees it. Returns at once; the same request again does nothing."""
        if request == self._wanted:
            return
        with self._lock:
            self._wanted = request
            self._fresh = False
            self.problem = None
        self._changed.set()
        if self._thread is None and request is not None:
            self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
            self._thread.start()

    def take(self) -> Optional[Frame]:
        """The newest frame that was not taken yet, or None. Its buffer is the caller's until the next call."""
        with self._lock:
            if not self._fresh:
                return None
            self._fresh = False
            self._ready, self._taken = self._taken, self._ready
            image = self._buffers[self._taken]
            assert image is not None
            return Frame(image, self._timestamp_ns, self._number)

    def check(self) -> None:
        """Raises UserError when the source has not come back from a read or an open for too long."""
        since_s = self._busy_since_s
        if since_s is not None and time.monotonic() - since_s > STUCK_AFTER_S:
            raise UserError(
                f"The camera {self.label} has stopped answering.", "It is opened anew; if that fails, replug it."
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
            request = self._wanted
            if request is None:
                self._changed.wait()
                continue
            try:
                delivered = self._play(request)
                problem = UserError(f"The camera {self.label} was lost.", "It is opened again as soon as it is back.")
            except UserError as error:
                delivered, problem = False, error
            except Exception as error:  # a driver's or OpenCV's own exception: same to the user, and never fatal
                delivered = False
                problem = UserError(f"The camera {self.label} failed ({error}).", "It is tried again by itself.")
            self._busy_since_s = None
            if self._changed.is_set():
                pause_s = RETRY_FIRST_S
                continue
            self.problem = problem
            self._wake()
            pause_s = RETRY_FIRST_S if delivered else min(2 * pause_s, RETRY_MOST_S)
            self._changed.wait(pause_s)

    def _play(self, request: CameraRequest) -> bool:
        """Opens the source and delivers its frames until it fails or something else is wanted. True: any came."""
        self._busy_since_s = time.monotonic()
        self.label = devices.without_credentials(request.camera)
        wanted = devices.find(request.camera)
        self.label = wanted.label
        source: Source = frame_sources.open_source(Request(wanted, request.size, request.fps))
        delivered = False
        try:
            self.label = source.label
            while not self._changed.is_set():
                self._busy_since_s = time.monotonic()
                if not source.advance():
                    break
                if self.idle:
                    self._all_well(request)
                else:
                    image = source.frame(self._buffers[self._filling])
                    if image is None:
                        break
                    self._deliver(image, request)
                delivered = True
        finally:
            source.close()
        return delivered

    def _all_well(self, request: CameraRequest) -> None:
        with self._lock:
            if request != self._wanted or self.problem is None:
                return
            self.problem = None
        self._wake()

    def _deliver(self, image: Image, request: CameraRequest) -> None:
        timestamp_ns = time.monotonic_ns()
        self._buffers[self._filling] = image
        with self._lock:
            if request != self._wanted:
                return
            self._filling, self._ready = self._ready, self._filling
            self._timestamp_ns = timestamp_ns
            self._number += 1
            self._fresh = True
            self.problem = None
        self._wake()
