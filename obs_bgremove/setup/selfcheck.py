"""The self-check: starts the engine process as OBS does, on the sample, and measures what OBS would get.

Called by install.py at its end. Standard library only, so that it stands for OBS's side; runs on the caller's thread,
with the two threads of `EngineProcess` beside it.
"""

from __future__ import annotations

import struct
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obs_bgremove.obs.engine_process import EngineProcess
from obs_bgremove.obs.engine_supervisor import engine_command
from obs_bgremove.shared import frame_ring, installation, options
from obs_bgremove.shared.clock import now_ns, now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import NOTHING, Text, tr
from obs_bgremove.shared.protocol import DesiredState

# The first start after an installation reads 300 MB of libraries from the disk, and the machine may be busy.
READY_S = 120.0
MEASURE_S = 5.0
SMOOTH_FPS = 27.0
# A frame captured this long after the view was changed shows the new view.
VIEW_CHANGES_NS = 300_000_000
VIEW_LIMIT_S = 10.0
# The portrait fills about 40 % of the sample; far outside of this the network or the matte does not work.
PERSON_SHARE = (0.1, 0.8)


@dataclass(frozen=True)
class Figures:
    """What was measured. Latency is from a frame's capture to its being in the slot, in ms."""

    frames: int
    fps: float
    latency_p50_ms: float
    latency_p95_ms: float
    width: int
    height: int
    picture: Path
    problem: Text
    """What the engine complains of in spite of it all, or nothing."""


@dataclass(frozen=True)
class _Picture:
    """A frame's bytes out of the ring."""

    info: frame_ring.FrameInfo
    pixels: bytes


def run(app: Path, picture: Path, seconds: float = MEASURE_S) -> Figures:
    """Measures for `seconds` and writes camera and result side by side to `picture`. Raises UserError."""
    ring = frame_ring.Ring.create()
    heard = _Heard()
    started_s = now_s()
    engine: EngineProcess | None = None
    try:
        log_path = installation.logs_dir() / "selfcheck.log"
        command = engine_command(str(installation.python_path()), ring.token, str(log_path))
        engine = EngineProcess(command, str(app), ring.descriptor, lambda: _settings("output"), heard.take, heard.end)
        if not heard.wait_until_ready(started_s + READY_S):
            raise _failure(engine, heard, tr("it was not ready within {seconds:.0f} s", seconds=now_s() - started_s))
        arrivals, latencies = _measure(ring, heard, seconds)
        if len(arrivals) < 2:
            raise _failure(engine, heard, tr("no frames came"))
        after, before, mask = (_view(engine, ring, heard, view) for view in ("output", "camera", "mask"))
    finally:
        if engine is not None:
            engine.close(gently=True)
        ring.close()
    share = _white_share(mask)
    if not PERSON_SHARE[0] <= share <= PERSON_SHARE[1]:
        raise UserError(
            tr("The engine runs, but it takes {share:.0%} of the sample for the person.", share=share),
            tr("Please report this with {folder}.", folder=installation.logs_dir()),
        )
    _write_png(picture, [before, after])
    latencies.sort()
    return Figures(
        frames=len(arrivals),
        fps=(len(arrivals) - 1) / (arrivals[-1] - arrivals[0]),
        latency_p50_ms=latencies[len(latencies) // 2],
        latency_p95_ms=latencies[int(len(latencies) * 0.95)],
        width=after.info.width,
        height=after.info.height,
        picture=picture,
        problem=heard.problem,
    )


class _Heard:
    """What the engine said, taken on its pump thread, read on ours."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._frames = 0
        self._seen = 0
        self._ready = False
        self.ended = False
        self._failed = False
        self.problem = NOTHING

    def take(self, message: dict[str, Any]) -> None:
        with self._condition:
            if message["type"] == "frame":
                self._frames += 1
            elif message["type"] == "status":
                self.problem = NOTHING if message["level"] == "info" else message["text"]
                self._failed = message["level"] == "error"
                self._ready = not message["text"]  # all is well; "Starting…" is an information too
            self._condition.notify()

    def end(self) -> None:
        with self._condition:
            self.ended = True
            self._condition.notify()

    def wait_until_ready(self, until_s: float) -> bool:
        """Whether the engine has said that all is well before it failed or the time was up.

        Until its network is loaded the engine shows the background alone; that is not to be measured.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._ready or self._failed or self.ended, max(0.0, until_s - now_s()))
            return self._ready and not self.ended

    def wait_for_frame(self, until_s: float) -> bool:
        """Whether a frame came since the last call, before the engine ended or the time was up."""
        with self._condition:
            self._condition.wait_for(lambda: self._frames > self._seen or self.ended, max(0.0, until_s - now_s()))
            came = self._frames > self._seen
            self._seen = self._frames
            return came


def _settings(view: str) -> bytes:
    return DesiredState(options.Options(camera=options.SAMPLE, view=view)).encode()


def _measure(ring: frame_ring.Ring, heard: _Heard, seconds: float) -> tuple[list[float], list[float]]:
    """Arrival times (s) and latencies (ms) of the frames of the next `seconds`."""
    arrivals: list[float] = []
    latencies: list[float] = []
    sequence = 0
    until_s = now_s() + seconds
    while heard.wait_for_frame(until_s):
        info = ring.acquire(after=sequence)
        arrived_ns = now_ns()
        ring.release()
        if info is not None:
            sequence = info.sequence
            arrivals.append(arrived_ns / 1e9)
            latencies.append((arrived_ns - info.timestamp_ns) / 1e6)
    return arrivals, latencies


def _view(engine: EngineProcess, ring: frame_ring.Ring, heard: _Heard, view: str) -> _Picture:
    """A copy of a frame that shows this view. Raises UserError when none comes."""
    engine.write(_settings(view))
    since_ns = now_ns() + VIEW_CHANGES_NS
    until_s = now_s() + VIEW_LIMIT_S
    while heard.wait_for_frame(until_s):
        info = ring.acquire()
        if info is not None and info.timestamp_ns > since_ns:
            pixels = ring.pixels(info)
            picture = _Picture(info, bytes(pixels))
            pixels.release()
            ring.release()
            return picture
        ring.release()
    raise _failure(engine, heard, tr("the frames stopped"))


def _white_share(mask: _Picture) -> float:
    """How much of a mask view (grey) is white."""
    grey = mask.pixels[:: frame_ring.BYTES_PER_PIXEL]
    return grey.translate(bytes(128) + b"\1" * 128).count(1) / len(grey)


def _failure(engine: EngineProcess, heard: _Heard, what: Text) -> UserError:
    ended = heard.ended
    engine.close(gently=ended)  # only then its exit code and all its last words are there
    words = heard.problem or engine.last_words or tr("nothing")
    if ended:
        what = tr("it ended by itself with code {code}", code=engine.exit_code)
    return UserError(
        tr("The engine was started, but {what}. It said: {words}", what=what, words=words),
        tr(
            "Run `{command}` to see what is wrong; its log is in {folder}.",
            command=f"{installation.INSTALL_COMMAND} --check",
            folder=installation.logs_dir(),
        ),
    )


def _write_png(path: Path, pictures: list[_Picture]) -> None:
    """The pictures (of one size) side by side as an 8-bit RGB PNG."""
    rows = bytearray()
    height = pictures[0].info.height
    width = 0
    planes = [_rgb(picture) for picture in pictures if picture.info.height == height]
    for line in range(height):
        rows.append(0)  # no filter
        for rgb, row_bytes in planes:
            rows += rgb[line * row_bytes : (line + 1) * row_bytes]
    width = sum(row_bytes for _, row_bytes in planes) // 3
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 3)), (b"IEND", b"")]
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, content in chunks:
            file.write(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)))


def _rgb(picture: _Picture) -> tuple[bytearray, int]:
    """The pixels as RGB without gaps, and the bytes of a row."""
    step = frame_ring.BYTES_PER_PIXEL
    count = picture.info.width * picture.info.height
    rgb = bytearray(count * 3)
    for channel in range(3):
        rgb[channel::3] = picture.pixels[2 - channel :: step][:count]
    return rgb, picture.info.width * 3
