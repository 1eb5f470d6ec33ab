"""A camera's modes, from the answers of a driver made up here: the layouts are those of the kernel's videodev2.h."""

import errno
import struct
import sys
from pathlib import Path

import pytest

from obs_bgremove.engine.camera import v4l2_modes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")

ENUM_FMT, ENUM_FRAMESIZES, ENUM_FRAMEINTERVALS = 0xC0405602, 0xC02C564A, 0xC034564B  # as strace prints them
DISCRETE, CONTINUOUS, STEPWISE = 1, 2, 3


class Driver:
    """Two discrete sizes in MJPG with two rates each, and YUYV of any size at one rate."""

    def ioctl(self, device: int, request: int, answer: bytearray) -> None:
        index, second = struct.unpack_from("=2I", answer)
        if request == ENUM_FMT and index < 2 and second == 1:
            struct.pack_into("=I32s4s", answer, 8, 0, b"a format", (b"MJPG", b"YUYV")[index])
        elif request == ENUM_FRAMESIZES and answer[4:8] == b"MJPG" and index < 2:
            struct.pack_into("=3I", answer, 8, DISCRETE, *((1280, 720), (640, 480))[index])
        elif request == ENUM_FRAMESIZES and answer[4:8] == b"YUYV" and index == 0:
            struct.pack_into("=7I", answer, 8, STEPWISE, 320, 960, 2, 240, 540, 2)
        elif request == ENUM_FRAMEINTERVALS and answer[4:8] == b"MJPG" and index < 2:
            struct.pack_into("=3I", answer, 16, DISCRETE, *((1, 15), (1001, 30000))[index])
        elif request == ENUM_FRAMEINTERVALS and answer[4:8] == b"YUYV" and index == 0:
            struct.pack_into("=7I", answer, 16, CONTINUOUS, 1, 25, 1, 1, 1, 5)
        else:
            raise OSError(errno.EINVAL, "no more")


def test_each_size_comes_with_its_format_and_highest_rate(tmp_path: Path) -> None:
    (tmp_path / "video").touch()
    modes = v4l2_modes.list_modes(str(tmp_path / "video"), Driver().ioctl)
    assert modes == [
        ("MJPG", 1280, 720, 29.97),
        ("MJPG", 640, 480, 29.97),
        ("YUYV", 640, 360, 25.0),
        ("YUYV", 640, 480, 25.0),
        ("YUYV", 960, 540, 25.0),
    ]


def test_a_device_that_does_not_tell_or_is_gone_has_none(tmp_path: Path) -> None:
    (tmp_path / "video").touch()
    assert v4l2_modes.list_modes(str(tmp_path / "video")) == [], "a file is no device: the real ioctl refuses"
    assert v4l2_modes.list_modes(str(tmp_path / "none")) == []


def test_a_driver_that_never_ends_is_left_after_a_while(tmp_path: Path) -> None:
    (tmp_path / "video").touch()
    asked = 0

    def endless(device: int, request: int, answer: bytearray) -> None:
        nonlocal asked
        asked += 1
        assert asked < 64**3 + 10000
        if request == ENUM_FMT and struct.unpack_from("=I", answer)[0]:
            raise OSError(errno.EINVAL, "no more")
        if request == ENUM_FRAMESIZES:
            struct.pack_into("=3I", answer, 8, DISCRETE, 640, 480)
        if request == ENUM_FRAMEINTERVALS:
            struct.pack_into("=3I", answer, 16, DISCRETE, 1, 30)

    assert len(v4l2_modes.list_modes(str(tmp_path / "video"), endless)) == 64
