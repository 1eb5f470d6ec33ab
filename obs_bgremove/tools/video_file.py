"""The file that `render` writes: which kind holds what, picture by picture, with the sound of the original.

| kind              | opaque      | transparent (straight alpha) | matte |
| .mkv              | H.264       | FFV1, lossless               | FFV1  |
| .mp4              | H.264       |                              |       |
| .mov              | H.264       | ProRes 4444                  |       |
| .webm             | VP9         | VP9                          |       |
| frame-%05d.png    | lossless    | lossless                     | lossless |

ProRes 4444 is what editing programs take (Resolve, Premiere, Final Cut, After Effects); VP9 is for browsers and OBS.
YUV is BT.709 and marked so: players guess 709 for HD where nothing is said, and FFmpeg converts by BT.601.
"""

import dataclasses
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from obs_bgremove.engine.arrays import Image
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

KINDS = (".mkv", ".mp4", ".mov", ".webm")
BT709 = 1  # of ITU-T H.273: primaries, transfer and matrix
# Visually lossless for x264: what is rendered will be looked at closely or edited further.
_X264 = {"crf": "16", "preset": "medium"}
# alt-ref frames are not possible with alpha (libvpx).
_VP9 = {"crf": "18", "b": "0", "deadline": "good", "cpu-used": "3", "row-mt": "1", "auto-alt-ref": "0"}
_PRORES = {"profile": "4444", "alpha_bits": "16", "vendor": "apl0"}


@dataclasses.dataclass(frozen=True)
class _Format:
    codec: str
    pixels: str
    options: dict[str, str]

    @property
    def is_yuv(self) -> bool:
        return self.pixels.startswith("yuv")


def _format_of(target: Path, image: Image) -> _Format:
    """Raises UserError for a kind of file that cannot hold the picture."""
    kind = target.suffix.lower()
    even = image.shape[0] % 2 == 0 and image.shape[1] % 2 == 0
    if image.ndim == 2:
        if kind == ".mkv":
            return _Format("ffv1", "gray", {})
        raise UserError(tr("A matte needs .mkv (or a PNG sequence)."), tr("Change the file's name."))
    if image.shape[2] == 4:
        if kind == ".mkv":
            return _Format("ffv1", "bgra", {})
        if kind == ".mov":
            return _Format("prores_ks", "yuva444p10le", _PRORES)
        if kind == ".webm":
            return _Format("libvpx-vp9", "yuva420p", _VP9)
        raise UserError(
            tr("A transparent picture needs .mov, .webm or .mkv (or a PNG sequence)."), tr("Change the file's name.")
        )
    pixels = "yuv420p" if even else "yuv444p"
    return _Format("libvpx-vp9", pixels, _VP9) if kind == ".webm" else _Format("libx264", pixels, _X264)


class VideoFile:
    """A video file, written under another name first, so that a failure leaves no half file behind."""

    def __init__(self, target: Path, image: Image, container: Any, rate: Fraction, keep_sound: bool) -> None:
        self._target = target
        self._format = _format_of(target, image)
        self._part = target.with_name(f".{target.stem}.part{target.suffix}")
        self._output: Any = _opened(self._part)
        self._stream: Any = self._output.add_stream(self._format.codec, rate=rate, options=self._format.options)
        self._stream.height, self._stream.width = image.shape[:2]
        self._stream.pix_fmt = self._format.pixels
        if self._format.is_yuv:
            context = self._stream.codec_context
            context.colorspace = context.color_primaries = context.color_trc = BT709
            context.color_range = ColorRange.MPEG
        self._sound = {audio.index: self._sound_stream(audio) for audio in container.streams.audio if keep_sound}

    def _sound_stream(self, audio: Any) -> "_Copied | _Encoded":
        """As it is, where this kind of file can hold that; else encoded anew."""
        if audio.codec_context.name in self._output.supported_codecs:
            return _Copied(self._output, audio)
        return _Encoded(self._output, audio)

    def write(self, image: Image, original: Any) -> None:
        """One frame, at the time of the frame it was made from."""
        layout = "gray" if image.ndim == 2 else "bgra" if image.shape[2] == 4 else "bgr24"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format=layout)
        if self._format.is_yuv:
            frame = frame.reformat(
                format=self._format.pixels, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
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
        """One packet of sound."""
        stream = self._sound.get(packet.stream.index)
        if stream is not None:
            stream.take(packet)

    def finish(self) -> None:
        """Writes what is left and puts the file in its place."""
        for packet in self._stream.encode():
            self._output.mux(packet)
        for sound in self._sound.values():
            sound.finish()
        self._output.close()
        os.replace(self._part, self._target)

    def discard(self) -> None:
        """Removes the half file, if there is one."""
        if self._part.exists():
            self._output.close()
            self._part.unlink()


def _opened(part: Path) -> Any:
    return av.open(str(part), "w")


class _Copied:
    """Sound that goes over packet by packet."""

    def __init__(self, output: Any, audio: Any) -> None:
        self._output, self._stream = output, output.add_stream_from_template(audio)

    def take(self, packet: Any) -> None:
        packet.stream = self._stream
        self._output.mux(packet)

    def finish(self) -> None:
        """Nothing is pending."""


class _Encoded:
    """Sound in a codec that the file cannot hold: in the one that its kind usually has (Opus in .webm, else AAC)."""

    def __init__(self, output: Any, audio: Any) -> None:
        self._output = output
        codec, rate = ("libopus", 48000) if output.default_audio_codec == "opus" else ("aac", audio.codec_context.rate)
        layout = "mono" if audio.codec_context.layout.nb_channels == 1 else "stereo"
        self._stream = output.add_stream(codec, rate=rate, layout=layout)
        self._resampler = av.AudioResampler(self._stream.codec_context.format, layout, rate)

    def take(self, packet: Any) -> None:
        for frame in packet.decode():
            self._encode(self._resampler.resample(frame))

    def _encode(self, frames: list[Any]) -> None:
        for frame in frames:
            for packet in self._stream.encode(frame):
                self._output.mux(packet)

    def finish(self) -> None:
        self._encode(self._resampler.resample(None))
        for packet in self._stream.encode(None):
            self._output.mux(packet)


class Pictures:
    """A numbered PNG sequence, from 0."""

    def __init__(self, target: Path) -> None:
        try:
            if target.name % 0 == target.name % 1:
                raise ValueError
        except (ValueError, TypeError) as error:
            raise UserError(
                tr("{file} has no number field.", file=target.name), tr("Use a name such as frame-%05d.png.")
            ) from error
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


def open_file(target: Path, image: Image, container: Any, rate: Fraction, keep_sound: bool) -> VideoFile | Pictures:
    """For pictures like this one: (H, W) matte, (H, W, 3) BGR or (H, W, 4) BGRA, uint8. Raises UserError."""
    if target.suffix.lower() == ".png":
        return Pictures(target)
    if target.suffix.lower() not in KINDS:
        raise UserError(
            tr("Cannot write {file}: unknown kind of file.", file=target.name),
            tr("Use .mkv, .mp4, .mov, .webm or a sequence frame-%05d.png."),
        )
    return VideoFile(target, image, container, rate, keep_sound)
