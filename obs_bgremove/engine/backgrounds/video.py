"""A looping background that moves: decoded ahead on a thread of its own, looked at by the worker, which never waits.

`Video` is made on the thread that reads backgrounds; `at` and `close` are the worker's. The decoder's thread is kept a
few frames ahead by time stamps; through the end of the file it goes on with its beginning, so that a loop has no gap.
Nobody looks: it stands still, its queue full. Late: frames are dropped before they are scaled; later still, the file
plays more slowly; the person is never delayed. With `wait` there is no thread: the frame of the very moment, always.
"""

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.backgrounds.layers import Room
from obs_bgremove.engine.backgrounds.video_files import Frame
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

AHEAD = 4  # frames decoded ahead: 130 ms at 30 fps, far more than opening a file again takes; 33 MB at 1080p
NICENESS = 10  # of the decoder's thread, on Linux, where threads have one: the person comes first
SKIPPED_AT_MOST = 5  # late frames in a row: even on a machine that cannot follow, something moves
GIVE_UP_NS = 500_000_000  # so late, the clip's time is set back instead: it plays more slowly
# Frames that come closer than this share of the time between two looks are not scaled: of 60 fps under a camera of
# 30 fps every second one. Well below 1, so that a clip of 30 fps under a camera of 24 fps does not lose half of its.
DENSE_SHARE = 0.6
EARLY_NS = 2_000_000  # so much too soon is in time: files and cameras round their time stamps, to 1 ms some


class Video:
    """Raises UserError when there is no first frame. `play` begins a pass through the file."""

    def __init__(self, play: Callable[[], Iterator[Frame]], wait: bool = False) -> None:
        self.problem: UserError | None = None  # of a file that could be played before
        self.moving = True  # more than one frame, and not at an end for some reason
        self._play = play
        self._wait = wait
        self._frames = self._endless()
        first = next(self._frames)
        self._image = first.image()
        self._started_ns: int | None = None
        self._position_ns = self._delay_ns = self._interval_ns = 0
        self._queue: deque[tuple[int, Image]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._next = next(self._frames, None) if wait else None
        if not wait:
            self._thread = threading.Thread(target=self._run, name="video background", daemon=True)
            self._thread.start()

    def at(self, now_ns: int, room: Room = None) -> Image:
        """(height, width, 4) uint8: the frame of this moment, never written to again; at once. The clip begins at the
        first look."""
        if self._started_ns is None:
            self._started_ns = now_ns
        position_ns = now_ns - self._started_ns
        if self._wait:
            due = None
            while self._next is not None and self._next.at_ns <= position_ns + EARLY_NS:
                due, self._next = self._next, next(self._frames, None)
            self.moving = self._next is not None
            if due is not None:
                self._image = due.image()
            return self._image
        with self._changed:
            position_ns -= self._delay_ns
            if position_ns > self._position_ns:
                passed_ns = position_ns - self._position_ns
                self._interval_ns += (passed_ns - self._interval_ns) // 4
                self._position_ns = position_ns
            while self._queue and self._queue[0][0] <= position_ns + EARLY_NS:
                self._image = self._queue.popleft()[1]
            self._changed.notify()
        return self._image

    def close(self) -> None:
        """Lets the thread end, which takes as long as one frame does. Idempotent."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify()
        if self._wait:
            self._frames.close()

    def _endless(self) -> Generator[Frame, None, None]:
        """The passes one after another. A file of one frame only is a picture: it ends."""
        begin_ns = 0
        while True:
            count = until_ns = 0
            for frame in self._play():
                yield Frame(begin_ns + frame.at_ns, begin_ns + frame.until_ns, frame.image, frame.hurry)
                count, until_ns = count + 1, frame.until_ns
            if count < 2:
                return
            begin_ns += until_ns

    def _run(self) -> None:
        try:
            if sys.platform == "linux":
                with contextlib.suppress(OSError):  # the whole engine may have been started nicer than that
                    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
            self._decode()
        except UserError as error:
            self.problem = error
        except Exception as error:  # MemoryError and the like: the last frame stays
            self.problem = UserError(
                tr("The background stands still ({error}).", error=f"{type(error).__name__}: {error}"),
                tr("Choose it again, or another one."),
            )
        finally:
            self._frames.close()  # the file
            self.moving = False

    def _decode(self) -> None:
        """Until closed: keeps the queue filled."""
        skipped, last_ns = 0, 0
        for frame in self._frames:
            with self._changed:
                while len(self._queue) >= AHEAD and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                late_ns = self._position_ns - frame.at_ns
                dense = frame.at_ns - last_ns < DENSE_SHARE * self._interval_ns
            if late_ns > GIVE_UP_NS:
                frame.hurry()
                self._set_back(late_ns)
            elif (late_ns > 0 or dense) and skipped < SKIPPED_AT_MOST:
                skipped += 1
                continue
            image = frame.image()
            skipped, last_ns = 0, frame.at_ns
            with self._changed:
                self._queue.append((frame.at_ns, image))

    def _set_back(self, late_ns: int) -> None:
        with self._changed:
            self._delay_ns += late_ns
            self._position_ns -= late_ns
