"""Where frames come from: a device, a file played in real time and looping, a stream, the built-in sample.

Each source has `advance()`, which blocks until the next frame is due, `frame(spare)`, which gives that frame, and
`close()`; it lives on the capture thread alone. Who needs no picture only advances, which costs little. Frames are
(H, W, 3) uint8, BGR, C-contiguous, and the caller's to keep; `spare` is one that it needs no more, for the next to be
made in: so nothing is copied and memory stays flat.
"""

import contextlib
import dataclasses
import math
import os
import time
from typing import Any, Optional, Protocol

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.camera.devices import Wanted
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.frame_ring import MAX_HEIGHT, MAX_WIDTH

DEFAULT_SIZE = (1280, 720)
DEFAULT_FPS = 30.0
# A file that is played late by more frames than this skips them: live means now.
CATCH_UP_FRAMES = 2
# A network source that says nothing for this long counts as lost, so that reconnecting can begin.
STREAM_TIMEOUT_MS = 5000
# Pictures of up to so many pixels are decoded by one thread (1080p: 11 ms a frame). One for each core took 5 to 9 %
# more processor time, measured in turns; and each holds back a frame (FFmpeg's documentation of frame threads).
ONE_THREAD_PIXELS = 1920 * 1088


@dataclasses.dataclass(frozen=True)
class Request:
    """What the user asks for: `size` (width, height) in px or None for automatic, `fps` or 0 for the source's own."""

    wanted: Wanted
    size: Optional[tuple[int, int]]
    fps: int


class Source(Protocol):
    """The common face of all sources."""

    label: str

    def advance(self) -> bool:
        """Waits until the next frame is due. False when the source has failed or ended."""

    def frame(self, spare: Optional[Image]) -> Optional[Image]:
        """The frame that has come due last. None when the source has failed or ended."""

    def close(self) -> None:
        """Gives the device back. Idempotent."""


def open_source(request: Request) -> Source:
    """Opens what is asked for. Raises UserError, saying what is wrong and what to do."""
    if request.wanted.kind == "sample":
        return SampleSource(request)
    if request.wanted.kind == "file":
        return FileSource(request)
    return LiveSource(request)


def _open(target: Any, backend: int, parameters: list[int], failure: UserError) -> cv2.VideoCapture:
    try:
        capture = cv2.VideoCapture(target, backend, parameters)
    except cv2.error as error:
        raise failure from error
    if not capture.isOpened():
        capture.release()
        raise failure
    return capture


def _open_with_one_thread(target: str, parameters: list[int], failure: UserError) -> Optional[cv2.VideoCapture]:
    """By FFmpeg; None when the pictures are too large for that."""
    capture = _open(target, cv2.CAP_FFMPEG, [*parameters, cv2.CAP_PROP_N_THREADS, 1], failure)
    if capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT) <= ONE_THREAD_PIXELS:
        return capture
    capture.release()
    return None


class _Decoder:
    """Turns what an open cv2.VideoCapture has next into frames: BGR, of the size asked for (None: its own)."""

    def __init__(self, size: Optional[tuple[int, int]]) -> None:
        self._size = size
        self._raw: Optional[Image] = None  # what is decoded, where that is not yet the frame
        self._as_is = True

    def frame(self, capture: cv2.VideoCapture, spare: Optional[Image]) -> Optional[Image]:
        """The frame grabbed last, in `spare` if that fits; None when it can not be decoded."""
        ok, raw = capture.retrieve(spare if self._as_is else self._raw)
        if not ok or raw is None:
            return None
        frame = _fit_within(_as_bgr(raw), self._size, None if self._as_is else spare)
        self._as_is = frame is raw
        self._raw = None if self._as_is else raw
        return np.ascontiguousarray(frame)


def _fit_within(frame: Image, size: Optional[tuple[int, int]], spare: Optional[Image]) -> Image:
    """The frame, scaled down if need be to fit the size asked for and the largest that is carried."""
    height, width = frame.shape[:2]
    limit_width, limit_height = size or (MAX_WIDTH, MAX_HEIGHT)
    scale = min(limit_width / width, limit_height / height, MAX_WIDTH / width, MAX_HEIGHT / height)
    if (size is None and scale >= 1) or (width, height) == size:
        return frame
    scaled = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(frame, scaled, dst=spare, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _as_bgr(frame: Image) -> Image:
    """Some backends give grey or four channels; all that follows works on BGR."""
    if frame.ndim == 2 or frame.shape[2] == 1:
        return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    return cv2.cvtColor(frame, cv2.COLOR_BGRA2BGR) if frame.shape[2] == 4 else frame


class LiveSource:
    """A camera or a network stream: frames come when they come."""

    def __init__(self, request: Request) -> None:
        wanted = request.wanted
        self.label = wanted.label
        self._decoder = _Decoder(request.size if wanted.kind == "stream" else None)
        if wanted.kind == "stream":
            failure = UserError(
                f"The stream {wanted.label} cannot be opened.",
                "Check the address and that it is being sent; it is tried again by itself.",
            )
            timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, STREAM_TIMEOUT_MS]
            timeouts += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, STREAM_TIMEOUT_MS]
            capture = _open_with_one_thread(wanted.target, timeouts, failure)
            self._capture = capture or _open(wanted.target, cv2.CAP_FFMPEG, timeouts, failure)
        else:
            failure = UserError(
                f"The camera {wanted.label} cannot be opened: another program, or another source, may be using it.",
                "Close the other program, or hide or remove the other source; it is tried again by itself.",
            )
            width, height = request.size or DEFAULT_SIZE
            # Uncompressed USB cameras reach 720p at 5 to 10 fps only; Motion JPEG is what they all offer for more.
            parameters = [cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")]
            parameters += [cv2.CAP_PROP_FRAME_WIDTH, width, cv2.CAP_PROP_FRAME_HEIGHT, height]
            parameters += [cv2.CAP_PROP_FPS, request.fps] if request.fps else []
            self._capture = _open(wanted.index, wanted.backend, [], failure)
            for key, value in zip(parameters[::2], parameters[1::2]):
                self._capture.set(key, value)
            self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._pace = _Pace(request.fps)

    def advance(self) -> bool:
        """Takes the next frame, without decoding it where the driver can. False when the device or stream is lost."""
        while self._capture.grab():
            if self._pace.due():
                return True
        return False

    def frame(self, spare: Optional[Image]) -> Optional[Image]:
        """The frame taken last, or None when it is damaged."""
        return self._decoder.frame(self._capture, spare)

    def close(self) -> None:
        """Frees the device."""
        self._capture.release()


class _Pace:
    """Lets through at most `fps` frames a second of a live source; 0 lets all through."""

    def __init__(self, fps: int) -> None:
        self._interval_s = 1 / fps if fps else 0.0
        self._next_s = 0.0

    def due(self) -> bool:
        now = time.monotonic()
        # A tenth of the interval is forgiven, so that a camera at the very rate asked for loses no frame to jitter.
        if now < self._next_s - 0.1 * self._interval_s:
            return False
        self._next_s = max(self._next_s + self._interval_s, now)
        return True


class FileSource:
    """A video file (or picture) played at its own speed, over and over. Late frames are skipped, not queued. It stands
    still while nobody asks for frames."""

    def __init__(self, request: Request) -> None:
        self.label = os.path.basename(request.wanted.target)
        self._target = request.wanted.target
        self._decoder = _Decoder(request.size)
        self._one_thread = True
        self._capture = self._reopen()
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._file_fps = rate if math.isfinite(rate) and 0 < rate <= 1000 else DEFAULT_FPS
        self._fps = min(self._file_fps, request.fps or self._file_fps)
        self._start_s = time.monotonic()
        self._delivered = 0  # frames given out, in units of the rate they are given out at
        self._position = 0  # frames of the file consumed since the start, loops included
        self._index = 0  # the frame that is due
        self._seen = True  # somebody asked for the frame before

    def _reopen(self) -> cv2.VideoCapture:
        failure = UserError(
            f"{self._target} is not a video or picture that can be played.", "Choose another file under Camera."
        )
        if self._one_thread:
            with contextlib.suppress(UserError):  # perhaps something else than FFmpeg can play it
                capture = _open_with_one_thread(self._target, [], failure)
                if capture is not None:
                    return capture
            self._one_thread = False
        return _open(self._target, cv2.CAP_ANY, [], failure)

    def advance(self) -> bool:
        """Waits until the next frame is due; nothing is decoded. Always True: `frame` finds out."""
        due_s = self._start_s + self._delivered / self._fps
        late = int((time.monotonic() - due_s) * self._fps)
        if late > CATCH_UP_FRAMES:
            self._delivered += late
        else:  # in time, or a little late: then the next ones come at once until it has caught up
            time.sleep(max(0.0, due_s - time.monotonic()))
        self._index = round(self._delivered * self._file_fps / self._fps)
        held_up = self._index - self._position > self._file_fps  # for over a second
        if held_up or not self._seen:  # go on from here
            self._position = self._index
        self._delivered += 1
        self._seen = False
        return True

    def frame(self, spare: Optional[Image]) -> Optional[Image]:
        """The frame that is due, or None when the file has become unreadable."""
        self._seen = True
        while self._position <= self._index:
            if not self._next():
                return None
        return self._decoder.frame(self._capture, spare)

    def _next(self) -> bool:
        """One frame on in the file, from its end to its beginning."""
        self._position += 1
        if self._capture.grab():
            return True
        self._capture.release()
        if not os.path.isfile(self._target):
            return False
        try:
            self._capture = self._reopen()
        except UserError:
            return False
        return bool(self._capture.grab())

    def close(self) -> None:
        """Closes the file."""
        self._capture.release()


class SampleSource:
    """The sample portrait, moved about like a person at a webcam; 30 fps unless asked otherwise.

    The motion is a sum of slow sines whose periods have no common multiple, so that it does not seem to loop.
    """

    label = "the sample portrait"

    def __init__(self, request: Request) -> None:
        path = installation.assets_dir() / installation.SAMPLE_PICTURE
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise UserError("The sample portrait is missing or damaged.", installation.REMEDY)
        self._picture = picture
        self._size = request.size or DEFAULT_SIZE
        self._fps = request.fps or DEFAULT_FPS
        self._start_s = self._due_s = time.monotonic()
        self._count = 0

    def advance(self) -> bool:
        """Waits for the next moment."""
        due_s = self._start_s + self._count / self._fps
        now = time.monotonic()
        if now > due_s + 1:
            self._start_s, self._count, due_s = now, 0, now
        time.sleep(max(0.0, due_s - now))
        self._count += 1
        self._due_s = due_s
        return True

    def frame(self, spare: Optional[Image]) -> Optional[Image]:
        """The portrait at this moment."""
        return self.at(self._due_s, spare)

    def at(self, time_s: float, spare: Optional[Image] = None) -> Image:
        """The portrait at a time in seconds; the same time gives the same picture."""
        width, height = self._size
        # Head and shoulders fill the frame: 0.8 of the picture's width is shown at rest.
        zoom = max(width, height * 16 / 9) / (0.8 * self._picture.shape[1]) * (1 + 0.04 * math.sin(0.61 * time_s))
        angle = 2.5 * math.sin(0.83 * time_s) + 1.0 * math.sin(2.3 * time_s)
        centre = (226.0, 122.0)  # about the nose, in px of the picture
        matrix = cv2.getRotationMatrix2D(centre, angle, zoom)
        matrix[0, 2] += width * (0.5 + 0.05 * math.sin(0.71 * time_s) + 0.02 * math.sin(1.9 * time_s)) - centre[0]
        matrix[1, 2] += height * (0.52 + 0.02 * math.sin(1.13 * time_s)) - centre[1]
        return cv2.warpAffine(
            self._picture,
            matrix,
            self._size,
            dst=spare,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )

    def close(self) -> None:
        """Nothing to give back."""
