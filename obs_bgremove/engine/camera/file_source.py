"""A video file or picture in place of a camera: played at its own speed, over and over. Used on the capture thread."""

import contextlib
import math
import os
import time

import cv2

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.camera.decoder import Decoder
from obs_bgremove.engine.camera.opening import open_capture, open_with_one_thread
from obs_bgremove.engine.camera.target import DEFAULT_FPS
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

# A file that is played late by more frames than this skips them: live means now.
CATCH_UP_FRAMES = 2
# Rates that files claim and that are not one: 0, NaN, and a time base in place of a rate.
HIGHEST_FPS = 1000


class FileSource:
    """Late frames are skipped, not queued. The file stands still while nobody asks for its frames.

    Raises UserError when the file at `path` cannot be played.
    """

    def __init__(self, path: str, size: tuple[int, int] | None, fps: int) -> None:
        self.label = os.path.basename(path)
        self._path = path
        self._decoder = Decoder(size)
        self._one_thread = True
        self._capture = self._reopen()
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._file_fps = rate if math.isfinite(rate) and 0 < rate <= HIGHEST_FPS else DEFAULT_FPS
        self._fps = self.rate = min(self._file_fps, fps or self._file_fps)
        self._start_s = now_s()
        self._delivered = 0  # frames given out, in units of the rate they are given out at
        self._position = 0  # frames of the file consumed since the start, loops included
        self._index = 0  # the frame that is due
        self._seen = True  # the frame before this one was asked for

    def _reopen(self) -> cv2.VideoCapture:
        failure = UserError(
            tr("{file} is not a video or picture that can be played.", file=self._path),
            tr("Choose another file under Camera."),
        )
        if self._one_thread:
            with contextlib.suppress(UserError):  # perhaps another backend than FFmpeg can play it
                capture = open_with_one_thread(self._path, [], failure)
                if capture is not None:
                    return capture
            self._one_thread = False
        return open_capture(self._path, cv2.CAP_ANY, [], failure)

    def advance(self) -> bool:
        """Waits until the next frame is due; nothing is decoded. Always True: `frame` finds out."""
        due_s = self._start_s + self._delivered / self._fps
        late = int((now_s() - due_s) * self._fps)
        if late > CATCH_UP_FRAMES:
            self._delivered += late
        else:  # in time, or a little late: then the next ones come at once until it has caught up
            time.sleep(max(0.0, due_s - now_s()))
        self._index = round(self._delivered * self._file_fps / self._fps)
        held_up = self._index - self._position > self._file_fps  # for over a second
        if held_up or not self._seen:  # go on from here
            self._position = self._index
        self._delivered += 1
        self._seen = False
        return True

    def frame(self, spare: Image | None) -> Image | None:
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
        if not os.path.isfile(self._path):
            return False
        try:
            self._capture = self._reopen()
        except UserError:
            return False
        return bool(self._capture.grab())

    def close(self) -> None:
        """Closes the file."""
        self._capture.release()
