"""`render`: a video file through the pipeline, every frame once, in order, deterministic; the sound kept.

Decoding and encoding by PyAV (FFmpeg). Runs on the main thread; nothing here is used inside OBS.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.camera.target import DEFAULT_FPS
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState
from obs_bgremove.tools.progress import Progress
from obs_bgremove.tools.video_file import BT709, Pictures, VideoFile, open_file

_HD_FROM = 720  # lines: what says nothing of its colours is BT.709 from there on, as players take it
_UNSPECIFIED = 2


def render(source: Path, target: Path, options: Options) -> int:
    """Renders `source` to `target`; returns the number of frames.

    `target` is a video or a PNG sequence with one `%d` field (frame-%05d.png): see video_file.py. Raises UserError for
    files that cannot be read or written.
    """
    if not source.is_file():
        raise UserError(tr("The file {file} is not there.", file=source), tr("Check the path."))
    if target.exists() and target.samefile(source):
        raise UserError(tr("{file} would overwrite itself.", file=source), tr("Choose another name for the result."))
    try:
        with av.open(str(source)) as container:
            if not container.streams.video:
                raise UserError(tr("{file} holds no video.", file=source), tr("Choose a video file."))
            return _render(container, target, options)
    except (av.error.FFmpegError, OSError) as error:
        raise UserError(
            tr("{file} could not be rendered to {result}: {error}.", file=source, result=target, error=error),
            tr("Check both files."),
        ) from error


def default_target(source: Path, options: Options) -> Path:
    """Beside the original: what suits an editor, or a matte; else what plays everywhere."""
    if options.view == "mask":
        return source.with_name(f"{source.stem}-matte.mkv")
    if options.view == "output" and options.background_mode == "transparent":
        return source.with_name(f"{source.stem}-transparent.mov")
    return source.with_name(f"{source.stem}-background.mp4")


def _render(container: Any, target: Path, options: Options) -> int:
    backgrounds = Backgrounds(wait=True)
    pipeline = Pipeline(backgrounds, wait=True)
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    sink: VideoFile | Pictures | None = None
    early_sound: list[Any] = []  # packets that stand before the first picture in the file
    count = 0
    rate = stream.average_rate or Fraction(DEFAULT_FPS)
    progress = Progress(stream.frames or round((container.duration or 0) / av.time_base * rate))
    try:
        for packet_or_frame in _frames_and_sound(container, stream):
            if isinstance(packet_or_frame, av.Packet):
                if isinstance(sink, VideoFile):
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
                sink = open_file(target, image, container, rate, keep_sound=options.view != "mask")
                if isinstance(sink, VideoFile):
                    for packet in early_sound:
                        sink.sound(packet)
            sink.write(image, frame)
            count += 1
            progress.show(count)
        if sink is None:
            raise UserError(tr("The video holds no frame."), tr("Choose another file."))
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
    if frame.colorspace == _UNSPECIFIED and min(frame.width, frame.height) >= _HD_FROM:
        frame.colorspace = BT709
    image: Image = frame.to_ndarray(format="bgr24")
    turns = round((frame.rotation or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
