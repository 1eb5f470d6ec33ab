"""A camera or a network stream: frames come when they come. Used on the capture thread."""

import sys
import time

import cv2

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.camera.decoder import Decoder
from obs_bgremove.engine.camera.opening import open_camera, open_capture, open_with_one_thread
from obs_bgremove.engine.camera.target import CameraTarget
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

# A network source that sends nothing for this long counts as lost, so that reconnecting can begin.
STREAM_TIMEOUT_MS = 5000
# AVFoundation's grab gives up after 1 s, and some cameras (an iPhone nearby) take longer to their first frame.
MACOS_FIRST_FRAME_S = 10.0
# DirectShow's grab returns at once whether or not there is a frame (cap_dshow.cpp: only retrieve waits). Without a
# pause, a hidden or rate-limited source would keep a core busy.
AT_ONCE_S, DSHOW_PAUSE_S = 0.001, 0.005
# After a grab that failed at once while a first frame is still being waited for.
RETRY_PAUSE_S = 0.05
# A tenth of the interval is forgiven, so that a camera at the very rate asked for loses no frame to jitter.
JITTER_SHARE = 0.1
HIGHEST_FPS = 1000.0  # streams without a rate of their own give their time base: 90000


class LiveSource:
    """One open camera or stream. Raises UserError when it cannot be opened."""

    def __init__(self, target: CameraTarget, size: tuple[int, int] | None, fps: int) -> None:
        self.label = target.label
        self._grab_waits = True
        self._patient_until_s = 0.0
        self._pace = _Pace(fps)
        if target.kind == "stream":
            self._decoder = Decoder(size)
            self._capture = _open_stream(target)
            self.rate = _rate(self._capture)
            return
        self._decoder = Decoder(None)
        self._capture, backend = open_camera(target, size, fps)
        self.rate = _rate(self._capture)
        self._grab_waits = backend != cv2.CAP_DSHOW
        if sys.platform == "darwin":
            self._patient_until_s = now_s() + MACOS_FIRST_FRAME_S

    def advance(self) -> bool:
        """Takes the next frame, without decoding it where the driver can. False when the device or stream is lost."""
        while self._grab():
            if self._pace.due():
                return True
        return False

    def _grab(self) -> bool:
        while True:
            started_s = now_s()
            if self._capture.grab():
                self._patient_until_s = 0.0
                took_s = now_s() - started_s
                if not self._grab_waits and took_s < AT_ONCE_S:
                    time.sleep(DSHOW_PAUSE_S - took_s)
                return True
            if now_s() >= self._patient_until_s:
                return False
            time.sleep(RETRY_PAUSE_S)

    def frame(self, spare: Image | None) -> Image | None:
        """The frame taken last, or None when it is damaged."""
        return self._decoder.frame(self._capture, spare)

    def close(self) -> None:
        """Frees the device."""
        self._capture.release()


def _rate(capture: cv2.VideoCapture) -> float:
    """Frames a second as driver or stream say, 0 where they do not, or say what cannot be."""
    rate = float(capture.get(cv2.CAP_PROP_FPS))
    return rate if 1 <= rate <= HIGHEST_FPS else 0.0


def _open_stream(target: CameraTarget) -> cv2.VideoCapture:
    failure = UserError(
        tr("The stream {stream} cannot be opened.", stream=target.label),
        tr("Check the address and that it is being sent; it is tried again by itself."),
    )
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, STREAM_TIMEOUT_MS]
    timeouts += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, STREAM_TIMEOUT_MS]
    capture = open_with_one_thread(target.target, timeouts, failure)
    return capture or open_capture(target.target, cv2.CAP_FFMPEG, timeouts, failure)


class _Pace:
    """Lets through at most `fps` frames a second of a live source; 0 lets all through."""

    def __init__(self, fps: int) -> None:
        self._interval_s = 1 / fps if fps else 0.0
        self._next_s = 0.0

    def due(self) -> bool:
        now = now_s()
        if now < self._next_s - JITTER_SHARE * self._interval_s:
            return False
        self._next_s = max(self._next_s + self._interval_s, now)
        return True
