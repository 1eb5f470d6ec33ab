"""`render`: a video file through the pipeline, every frame once, in order, deterministic; the sound kept.

Decoding and encoding by PyAV (FFmpeg). Runs on the main thread; nothing here is used inside OBS.
"""

import os
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.camera.target import DEFAULT_FPS
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState

# Visually lossless for x264: what is rendered will be looked at closely or edited further.
_X264 = {"crf": "16", "preset": "medium"}


def render(source: Path, target: Path, options: Options) -> int:
    """Renders `source` to `target`; returns the number of frames.

    `target` is a video (.mkv, .mp4, .mov) or a PNG sequence with one `%d` field (frame-%05d.png). A matte and a
    transparent picture are lossless (FFV1) in .mkv. Raises UserError for files that cannot be read or written.
    """
    if not source.is_file():
        raise UserError(f"The file {source} is not there.", "Check the path.")
    try:
        with av.open(str(source)) as container:
            if not container.streams.video:
                raise UserError(f"{source} holds no video.", "Choose a video file.")
            return _render(container, target, options)
    except (av.error.FFmpegError, OSError) as error:
        raise UserError(f"{source} could not be rendered to {target}: {error}.", "Check both files.") from error


def _render(container: Any, target: Path, options: Options) -> int:
    backgrounds = Backgrounds(wait=True)
    pipeline = Pipeline(backgrounds, wait=True)
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    sink: _Video | _Pictures | None = None
    early_sound: list[Any] = []  # packets that stand before the first picture in the file
    progress = _Progress(stream.frames)
    count = 0
    rate = stream.average_rate or Fraction(DEFAULT_FPS)
    try:
        for packet_or_frame in _frames_and_sound(container, stream):
            if isinstance(packet_or_frame, av.Packet):
                if isinstance(sink, _Video):
                    sink.sound(packet_or_frame)
                elif sink is None:
                    early_sound.append(packet_or_frame)
                continue
            frame = packet_or_frame
            frame_bgr = _upright(frame)
            timestamp_ns = int((frame.time if frame.time is not None else count / rate) * 1e9)
            image = pipeline.process(frame_bgr, DesiredState(options), timestamp_ns, Canvas).pixels
            if pipeline.problem is not None:
                raise pipeline.problem
            if options.view == "mask":
                image = image[..., 0]
            elif options.view == "camera" or options.background_mode != "transparent":
                image = image[..., :3]
            if sink is None:
                sink = _open_sink(target, image, container, rate, options)
                if isinstance(sink, _Video):
                    for packet in early_sound:
                        sink.sound(packet)
            sink.write(image, frame)
            count += 1
            progress.show(count)
        if sink is None:
            raise UserError("The video holds no frame.", "Choose another file.")
        sink.finish()
    finally:
        pipeline.close()
        backgrounds.close()
        progress.end()
        if sink is not None:
            sink.discard()
    return count


def _frames_and_sound(container: Any, video: Any) -> Iterator[Any]:
    """Decoded video frames and undecoded audio packets, in the file's order."""
    for packet in container.demux([video, *container.streams.audio]):
        if packet.stream.type == "video":
            yield from packet.decode()
        elif packet.dts is not None:
            yield packet


def _upright(frame: Any) -> Image:
    """The frame as (H, W, 3) uint8 BGR, rotated as a phone's orientation mark says."""
    image: Image = frame.to_ndarray(format="bgr24")
    turns = round((frame.rotation or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _open_sink(target: Path, image: Image, container: Any, rate: Fraction, options: Options) -> "_Video | _Pictures":
    if target.suffix.lower() == ".png":
        return _Pictures(target)
    if target.suffix.lower() not in (".mkv", ".mp4", ".mov"):
        raise UserError(
            f"Cannot write {target.name}: unknown kind of file.", "Use .mkv, .mp4, .mov or a sequence frame-%05d.png."
        )
    lossless = image.ndim == 2 or image.shape[2] == 4
    if lossless and target.suffix.lower() != ".mkv":
        raise UserError("A matte or a transparent picture needs .mkv (or a PNG sequence).", "Change the file's name.")
    return _Video(target, image, container, rate, keep_sound=options.view != "mask")


class _Video:
    """A video file, written under another name first, so that a failure leaves no half file behind."""

    def __init__(self, target: Path, image: Image, container: Any, rate: Fraction, keep_sound: bool) -> None:
        self._target = target
        self._part = target.with_name(f".{target.stem}.part{target.suffix}")
        self._output = av.open(str(self._part), "w")
        height, width = image.shape[:2]
        if image.ndim == 2 or image.shape[2] == 4:
            self._array_format, pixel_format, codec = ("gray", "gray", "ffv1")
            if image.ndim == 3:
                self._array_format, pixel_format = "bgra", "bgra"
            self._stream: Any = self._output.add_stream(codec, rate=rate)
        else:
            self._array_format = "bgr24"
            pixel_format = "yuv420p" if width % 2 == 0 and height % 2 == 0 else "yuv444p"
            self._stream = self._output.add_stream("libx264", rate=rate, options=_X264)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, pixel_format
        self._sound: dict[int, Any] = {}
        for audio in container.streams.audio if keep_sound else ():
            if audio.codec_context.name not in self._output.supported_codecs:
                self.discard()
                raise UserError(
                    f"{target.suffix} cannot hold the sound of this file ({audio.codec_context.name}).", "Use .mkv."
                )
            self._sound[audio.index] = self._output.add_stream_from_template(audio)

    def write(self, image: Image, original: Any) -> None:
        """One frame, at the time of the frame it was made from."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format=self._array_format)
        frame.pts, frame.time_base = original.pts, original.time_base
        if original.pts is not None and self._stream.codec_context.time_base != original.time_base:
            self._use_time_base(original.time_base)
        for packet in self._stream.encode(frame):
            self._output.mux(packet)

    def _use_time_base(self, time_base: Fraction) -> None:
        """The encoder counts in the original's ticks, so that variable rates survive; before the first frame only."""
        if not self._stream.codec_context.is_open:
            self._stream.codec_context.time_base = time_base

    def sound(self, packet: Any) -> None:
        """One packet of sound, as it is."""
        stream = self._sound.get(packet.stream.index)
        if stream is not None:
            packet.stream = stream
            self._output.mux(packet)

    def finish(self) -> None:
        """Writes what is left and puts the file in its place."""
        for packet in self._stream.encode():
            self._output.mux(packet)
        self._output.close()
        os.replace(self._part, self._target)

    def discard(self) -> None:
        """Removes the half file, if there is one."""
        if self._part.exists():
            self._output.close()
            self._part.unlink()


class _Pictures:
    """A numbered PNG sequence, from 0."""

    def __init__(self, target: Path) -> None:
        try:
            if target.name % 0 == target.name % 1:
                raise ValueError
        except (ValueError, TypeError) as error:
            raise UserError(f"{target.name} has no number field.", "Use a name such as frame-%05d.png.") from error
        self._target = target
        self._count = 0

    def write(self, image: Image, original: Any) -> None:
        """One picture, with its alpha if it has one."""
        path = self._target.with_name(self._target.name % self._count)
        path.write_bytes(cv2.imencode(".png", np.ascontiguousarray(image))[1].tobytes())
        self._count += 1

    def finish(self) -> None:
        """Nothing is pending."""

    def discard(self) -> None:
        """What was written stays: each picture is whole."""


class _Progress:
    """A progress bar on a terminal, a line every ten seconds elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._started_s = self._shown_s = time.monotonic()
        self._every_s = 0.1 if sys.stderr.isatty() else 10.0
        self._any = False

    def show(self, count: int) -> None:
        """`count` frames are done."""
        now = time.monotonic()
        if now - self._shown_s < self._every_s:
            return
        self._shown_s, self._any = now, True
        rate = count / (now - self._started_s)
        if self._total:
            share = min(1.0, count / self._total)
            bar = "#" * round(30 * share)
            text = f"[{bar:30}] {count}/{self._total} frames, {rate:.0f} fps"
        else:
            text = f"{count} frames, {rate:.0f} fps"
        print(f"\r{text}" if sys.stderr.isatty() else text, end="" if sys.stderr.isatty() else "\n", file=sys.stderr)

    def end(self) -> None:
        """Leaves the line."""
        if self._any and sys.stderr.isatty():
            print(file=sys.stderr)
