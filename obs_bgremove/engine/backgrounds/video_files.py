"""Reading what moves: videos (mp4, mov, webm, mkv, avi, by FFmpeg) and animated gif and webp (by Pillow).

`play` is one pass through a file. Called on the threads that read backgrounds, never on the worker's. Frames come as
(height, width, 4) uint8, blue, green, red and opaque, laid out for the camera's frame; transparency is shown over
black. Decoding takes one thread, however large the file is: the person comes first.
"""

import dataclasses
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from PIL import Image as Pillow

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.backgrounds import layout
from obs_bgremove.shared.backgrounds_folder import VIDEO_SUFFIXES
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

MAX_VIDEO_PIXELS = 8192 * 4608
USUAL_FPS = Fraction(30)
# Browsers show frames of an animation that ask for 10 ms or less for 100 ms; files are made with that in mind.
LEAST_DURATION_MS, USUAL_DURATION_MS = 10, 100
_REMEDY = tr("Choose another one, or replace the file: it is picked up by itself.")
# Only this file: a play-list that calls itself a video must not make us open anything else, least of all an address.
_ONLY_THIS_FILE = {"protocol_whitelist": "file"}


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame of a pass: from `at_ns` to `until_ns` after the pass's beginning. `image` converts and scales it, which
    costs as much as decoding it did: frames that nobody sees are not asked."""

    at_ns: int
    until_ns: int
    image: Callable[[], Image]
    hurry: Callable[[], None] = lambda: None  # leave out what no other frame depends on, from here on


def moves(path: Path) -> bool:
    """Whether the file is to be played rather than read as a picture. Raises nothing: a bad file is no animation."""
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return True
    if suffix not in (".gif", ".webp"):
        return False
    try:
        with Pillow.open(path, formats=("GIF", "WEBP")) as picture:
            return bool(getattr(picture, "is_animated", False))
    except Exception:  # whatever Pillow throws at a damaged file: reading it as a picture says what is wrong
        return False


def play(
    path: Path, fit: str, width: int, height: int, focus: Callable[[Image], Image] = lambda image: image
) -> Generator[Frame, None, None]:
    """The frames of one pass, in order, each as `focus` makes it of one that is laid out. Raises UserError, naming the
    file, when it cannot be played at all; a part that is damaged is left out."""
    if not path.is_file():
        raise UserError(tr("The background {file} is not in its folder any more.", file=path.name), _REMEDY)
    frames = _video if path.suffix.lower() in VIDEO_SUFFIXES else _animation
    some = False
    try:
        for frame in frames(path, fit, width, height):
            some = True
            yield dataclasses.replace(frame, image=_through(focus, frame.image))
    except UserError:
        raise
    except Exception as error:  # FFmpeg's and Pillow's many kinds; where it broke off is where the pass ends
        if not some:
            raise UserError(tr("The video {file} is damaged, or not a video.", file=path.name), _REMEDY) from error
    if not some:
        raise UserError(tr("The video {file} is damaged: no picture in it can be read.", file=path.name), _REMEDY)


def _through(focus: Callable[[Image], Image], image: Callable[[], Image]) -> Callable[[], Image]:
    return lambda: focus(image())


def _video(path: Path, fit: str, width: int, height: int) -> Iterator[Frame]:
    with av.open(str(path.absolute()), options=_ONLY_THIS_FILE) as container:
        if not container.streams.video:
            raise UserError(tr("The file {file} holds sound only, no picture.", file=path.name), _REMEDY)
        stream = container.streams.video[0]
        if stream.width * stream.height > MAX_VIDEO_PIXELS:
            size = f"{stream.width}×{stream.height}"
            raise UserError(
                tr("The video {file} is too large ({size} px, at most 8192×4608).", file=path.name, size=size), _REMEDY
            )
        codec: Any = stream.codec_context
        codec.thread_count = 1
        usual_ns = round(1_000_000_000 / _rate(stream))
        shape = float(stream.sample_aspect_ratio or 1)
        converter = _Converter(fit, width, height, shape if 0.1 < shape < 10 else 1.0)

        def hurry() -> None:
            codec.skip_frame = "NONREF"

        first: Fraction | None = None
        at_ns = until_ns = 0
        for decoded in _decoded(container, stream):
            if decoded.pts is not None and decoded.time_base:
                time_s = decoded.pts * decoded.time_base
                first = time_s if first is None else first
                at_ns = max(at_ns, round((time_s - first) * 1_000_000_000))
            else:
                at_ns = until_ns
            lasts_ns = round((decoded.duration or 0) * (decoded.time_base or 0) * 1_000_000_000)
            until_ns = at_ns + (lasts_ns or usual_ns)
            yield Frame(at_ns, until_ns, converter.later(decoded), hurry)


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """All frames that can be decoded. What comes after a place where the file cannot be read any more is lost."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            continue


def _rate(stream: Any) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate
    return rate if rate and 0 < rate <= 1000 else USUAL_FPS


class _Converter:
    """Turns decoded frames of one file into backgrounds, scaling and changing colours in one step of FFmpeg's."""

    def __init__(self, fit: str, width: int, height: int, shape: float) -> None:
        """shape: how many times as wide as high a pixel of the file is."""
        self._fit, self._width, self._height, self._shape = fit, width, height, shape
        self._reformatter = VideoReformatter()

    def later(self, decoded: Any) -> Callable[[], Image]:
        """What makes the frame of this one."""
        return lambda: self._convert(decoded)

    def _convert(self, decoded: Any) -> Image:
        turns = round((decoded.rotation or 0) / 90) % 4
        wide, high = max(1, round(decoded.width * self._shape)), decoded.height
        shown = (high, wide) if turns % 2 else (wide, high)
        size = layout.scaled_size(self._fit, *shown, self._width, self._height)
        if size[0] * size[1] > 4 * self._width * self._height:  # a very long one: cut first, then scale
            size = shown
        scaled = self._bgra(decoded, *(size[::-1] if turns % 2 else size))
        if turns:
            scaled = np.ascontiguousarray(np.rot90(scaled, turns))
        return layout.arrange(scaled, self._fit, self._width, self._height)

    def _bgra(self, decoded: Any, width: int, height: int) -> Image:
        # Files that do not say how their colours are coded: high definition is BT.709, as players take it.
        unsaid = decoded.colorspace == 2 and decoded.height >= 720 and not decoded.format.is_rgb
        smaller = width < decoded.width
        scaled = self._reformatter.reformat(
            decoded,
            width,
            height,
            format="bgra",
            src_colorspace=Colorspace.ITU709 if unsaid else None,
            interpolation=Interpolation.AREA if smaller else Interpolation.BICUBIC,
            threads=1,
        )
        image: Image = np.ascontiguousarray(scaled.to_ndarray())
        if any(component.is_alpha for component in decoded.format.components):
            return over_black(image)
        return image


def _animation(path: Path, fit: str, width: int, height: int) -> Iterator[Frame]:
    with Pillow.open(path, formats=("GIF", "WEBP")) as animation:
        if animation.size[0] * animation.size[1] > MAX_VIDEO_PIXELS:
            size = f"{animation.size[0]}×{animation.size[1]}"
            raise UserError(tr("The picture {file} is too large ({size} px).", file=path.name, size=size), _REMEDY)
        at_ns = number = 0
        while True:
            try:
                animation.seek(number)
                rgba = np.asarray(animation.convert("RGBA"))
            except EOFError:
                return
            lasts_ms = float(animation.info.get("duration") or 0)
            lasts_ms = lasts_ms if lasts_ms > LEAST_DURATION_MS else USUAL_DURATION_MS
            until_ns = at_ns + round(lasts_ms * 1e6)
            yield Frame(at_ns, until_ns, _laid_out(rgba, fit, width, height))
            at_ns, number = until_ns, number + 1


def _laid_out(rgba: Image, fit: str, width: int, height: int) -> Callable[[], Image]:
    return lambda: layout.lay_out(over_black(cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA)), fit, width, height)


def over_black(image_bgra: Image) -> Image:
    """(H, W, 4) uint8 with straight alpha, shown over black: opaque."""
    alpha = image_bgra[..., 3]
    if alpha.min() == 255:
        return image_bgra
    out: Image = cv2.multiply(image_bgra, cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGRA), scale=1 / 255)
    out[..., 3] = 255
    return out
