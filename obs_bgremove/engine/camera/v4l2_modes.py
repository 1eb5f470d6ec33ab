"""What a camera offers on Linux: formats, sizes and rates, asked of the driver. Used by `--list-cameras` only.

The numbers are those of the kernel's videodev2.h, which never change. A device may be asked while another program uses
it. Elsewhere the systems do not tell without opening the camera.
"""

import contextlib
import os
import struct
from collections.abc import Callable, Iterator

# (format as four letters, width, height in px, highest frames a second or 0 when it is not known)
Mode = tuple[str, int, int, float]
Ioctl = Callable[[int, int, bytearray], object]

_FMTDESC, _FRMSIZE, _FRMIVAL = 64, 44, 52  # bytes of v4l2_fmtdesc, v4l2_frmsizeenum, v4l2_frmivalenum
_ENUM_FMT, _ENUM_FRAMESIZES, _ENUM_FRAMEINTERVALS = 2, 74, 75
_VIDEO_CAPTURE = 1
_DISCRETE = 1
_MOST = 64  # of each kind: a driver that never says "no more" must not hold us up
# Of a camera that scales to any size, those that people know.
_USUAL = ((640, 360), (640, 480), (960, 540), (1280, 720), (1600, 900), (1920, 1080), (2560, 1440), (3840, 2160))


def list_modes(path: str, ioctl: Ioctl | None = None) -> list[Mode]:
    """All modes of the device at `path`, for instance /dev/video0; none when it does not say. Raises nothing."""
    if ioctl is None:
        import fcntl

        ioctl = fcntl.ioctl
    try:
        device = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return []
    try:
        return list(_modes(device, ioctl))
    except (OSError, struct.error, ZeroDivisionError):
        return []
    finally:
        os.close(device)


def _modes(device: int, ioctl: Ioctl) -> Iterator[Mode]:
    for answer in _answers(device, ioctl, _ENUM_FMT, _FMTDESC, (_VIDEO_CAPTURE,)):
        (pixel_format,) = struct.unpack_from("=I", answer, 44)
        name = struct.pack("=I", pixel_format).decode("ascii", "replace").strip()
        for width, height in _sizes(device, ioctl, pixel_format):
            yield name, width, height, _highest_rate(device, ioctl, pixel_format, width, height)


def _sizes(device: int, ioctl: Ioctl, pixel_format: int) -> Iterator[tuple[int, int]]:
    for answer in _answers(device, ioctl, _ENUM_FRAMESIZES, _FRMSIZE, (pixel_format,)):
        kind, least_width, most_width, _, least_height, most_height, _ = struct.unpack_from("=7I", answer, 8)
        if kind == _DISCRETE:
            yield least_width, most_width  # there, width and height
            continue
        for width, height in _USUAL:
            if least_width <= width <= most_width and least_height <= height <= most_height:
                yield width, height
        return


def _highest_rate(device: int, ioctl: Ioctl, pixel_format: int, width: int, height: int) -> float:
    rates = [0.0]
    for answer in _answers(device, ioctl, _ENUM_FRAMEINTERVALS, _FRMIVAL, (pixel_format, width, height)):
        _, numerator, denominator = struct.unpack_from("=3I", answer, 16)  # discrete, or the shortest of a range
        if numerator:
            rates.append(round(denominator / numerator, 2))
    return max(rates)


def _answers(device: int, ioctl: Ioctl, number: int, size: int, question: tuple[int, ...]) -> Iterator[bytearray]:
    """The driver's answers to one of its enumerations, until it says that there are no more."""
    request = 3 << 30 | size << 16 | ord("V") << 8 | number  # _IOWR
    with contextlib.suppress(OSError):
        for index in range(_MOST):
            answer = bytearray(size)
            struct.pack_into(f"={1 + len(question)}I", answer, 0, index, *question)
            ioctl(device, request, answer)
            yield answer
