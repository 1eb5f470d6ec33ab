"""What is asked of a camera on each system, in which order and how long; with a cv2.VideoCapture that records it."""

import os
import sys
import time
import types

import cv2
import pytest

from obs_bgremove.engine.camera import live_source, opening
from obs_bgremove.engine.camera.live_source import LiveSource
from obs_bgremove.engine.camera.target import CameraTarget
from obs_bgremove.shared.errors import UserError
from tests.fakes.fake_capture import Behaviour, FakeCapture, FakeCaptures

SIZE_KEYS = [cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT]
BOTH = ((0, cv2.CAP_MSMF), (3, cv2.CAP_DSHOW))


@pytest.fixture
def captures(monkeypatch: pytest.MonkeyPatch) -> FakeCaptures:
    captures = FakeCaptures()
    monkeypatch.setattr(sys, "platform", "linux")  # tests of another system say so
    monkeypatch.setattr(cv2, "VideoCapture", captures.open)
    return captures


def _open(*openings: tuple[int, int], fps: int = 30) -> LiveSource:
    return LiveSource(CameraTarget("device", "HD Webcam", openings), (1280, 720), fps)


def _made(captures: FakeCaptures, backend: int, behaviour: Behaviour | None = None) -> FakeCapture:
    """The capture that opening a camera with this backend makes."""
    captures.behaviours[backend] = behaviour or Behaviour()
    _open((0, backend))
    return captures.made[-1]


def test_on_linux_compression_comes_first_and_old_frames_are_not_queued(captures: FakeCaptures) -> None:
    made = _made(captures, cv2.CAP_V4L2)
    assert made.keys_set == [cv2.CAP_PROP_FOURCC, *SIZE_KEYS, cv2.CAP_PROP_FPS, cv2.CAP_PROP_BUFFERSIZE]
    assert made.get(cv2.CAP_PROP_FRAME_WIDTH) == 1280 and made.get(cv2.CAP_PROP_FPS) == 30


def test_directshow_is_told_the_compression_last(captures: FakeCaptures) -> None:
    assert _made(captures, cv2.CAP_DSHOW).keys_set == [cv2.CAP_PROP_FPS, *SIZE_KEYS, cv2.CAP_PROP_FOURCC]


def test_media_foundation_is_told_only_what_differs(captures: FakeCaptures) -> None:
    has = {cv2.CAP_PROP_FRAME_WIDTH: 1280.0, cv2.CAP_PROP_FRAME_HEIGHT: 480.0, cv2.CAP_PROP_FPS: 30.0}
    made = _made(captures, cv2.CAP_MSMF, Behaviour(has=has))
    assert made.keys_set == [cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_FRAME_HEIGHT]


def test_no_rate_asked_for_leaves_the_cameras_own(captures: FakeCaptures) -> None:
    captures.behaviours[cv2.CAP_DSHOW] = Behaviour()
    _open((0, cv2.CAP_DSHOW), fps=0)
    assert captures.made[-1].keys_set == [*SIZE_KEYS, cv2.CAP_PROP_FOURCC]


@pytest.mark.parametrize("first", [Behaviour(opens=False), Behaviour(grabs_after=False)], ids=["closed", "no frame"])
def test_what_media_foundation_cannot_show_directshow_is_asked_for(
    captures: FakeCaptures, monkeypatch: pytest.MonkeyPatch, first: Behaviour
) -> None:
    monkeypatch.setattr(opening, "FIRST_FRAME_S", 0.05)
    captures.behaviours = {cv2.CAP_MSMF: first, cv2.CAP_DSHOW: Behaviour()}
    source = _open(*BOTH)
    assert captures.opened == [(0, cv2.CAP_MSMF), (3, cv2.CAP_DSHOW)]
    assert captures.made[0].grabbed <= 4, "a grab that fails at once was repeated without a pause"
    assert captures.made[0].released and not captures.made[1].released
    assert source.advance() and source.frame(None) is not None
    source.close()
    assert captures.made[1].released


def test_a_camera_that_media_foundation_shows_is_not_opened_twice(captures: FakeCaptures) -> None:
    captures.behaviours = {cv2.CAP_MSMF: Behaviour(grabs=[False]), cv2.CAP_DSHOW: Behaviour()}
    _open(*BOTH)
    assert captures.opened == [(0, cv2.CAP_MSMF)]


def test_a_camera_that_nothing_opens_is_said_plainly(captures: FakeCaptures) -> None:
    with pytest.raises(UserError, match="The camera HD Webcam cannot be opened") as caught:
        _open(*BOTH)
    assert "Privacy" not in str(caught.value)
    assert all(made.released for made in captures.made)


@pytest.mark.parametrize(("platform", "words"), [("win32", "let desktop apps"), ("darwin", "OBS must be allowed")])
def test_where_the_system_may_forbid_it_the_message_says_where_to_look(
    captures: FakeCaptures, monkeypatch: pytest.MonkeyPatch, platform: str, words: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setitem(sys.modules, "AVFoundation", None)
    with pytest.raises(UserError, match=words):
        _open((0, cv2.CAP_ANY))


def _av_foundation(status: int) -> types.ModuleType:
    class AVCaptureDevice:
        @staticmethod
        def authorizationStatusForMediaType_(media: str) -> int:
            assert media == "vide"
            return status

    module = types.ModuleType("AVFoundation")
    module.AVCaptureDevice, module.AVMediaTypeVideo = AVCaptureDevice, "vide"  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize("status", [1, 2])
def test_on_macos_a_forbidden_camera_is_not_opened_but_explained(
    captures: FakeCaptures, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "AVFoundation", _av_foundation(status))
    with pytest.raises(UserError, match="Allow the camera for OBS: System Settings, Privacy & Security, Camera"):
        _open((0, cv2.CAP_AVFOUNDATION))
    assert captures.opened == []


@pytest.mark.parametrize("status", [0, 3])
def test_on_macos_a_camera_that_is_allowed_or_not_yet_asked_for_is_opened(
    captures: FakeCaptures, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "AVFoundation", _av_foundation(status))
    assert _made(captures, cv2.CAP_AVFOUNDATION).keys_set[1:3] == SIZE_KEYS


def test_on_macos_the_first_frame_may_be_late_but_a_later_one_not(
    captures: FakeCaptures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "AVFoundation", _av_foundation(3))
    monkeypatch.setattr(live_source, "RETRY_PAUSE_S", 0.001)
    captures.behaviours[cv2.CAP_AVFOUNDATION] = Behaviour(grabs=[False] * 5 + [True], grabs_after=False)
    source = _open((0, cv2.CAP_AVFOUNDATION), fps=0)
    assert source.advance(), "given up before the first frame"
    started = time.perf_counter()
    assert not source.advance(), "a lost camera was not noticed"
    assert time.perf_counter() - started < 1


def test_on_macos_a_camera_that_never_gives_a_frame_is_given_up(
    captures: FakeCaptures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "AVFoundation", _av_foundation(3))
    monkeypatch.setattr(live_source, "MACOS_FIRST_FRAME_S", 0.2)
    captures.behaviours[cv2.CAP_AVFOUNDATION] = Behaviour(grabs_after=False)
    assert not _open((0, cv2.CAP_AVFOUNDATION)).advance()


def test_elsewhere_a_grab_that_fails_is_a_lost_camera(captures: FakeCaptures) -> None:
    captures.behaviours[cv2.CAP_V4L2] = Behaviour(grabs=[False])
    assert not _open((0, cv2.CAP_V4L2)).advance()


@pytest.mark.parametrize(
    ("backend", "takes_s", "least", "most"),
    [
        (cv2.CAP_DSHOW, 0.0, 1, 45),
        (cv2.CAP_DSHOW, 0.002, 1, 110),
        (cv2.CAP_V4L2, 0.0, 1000, 10**9),
    ],
)
def test_a_grab_that_does_not_wait_keeps_no_core_busy(
    captures: FakeCaptures, backend: int, takes_s: float, least: int, most: int
) -> None:
    captures.behaviours[backend] = Behaviour(grab_takes_s=takes_s)
    source = _open((0, backend), fps=0)
    until = time.perf_counter() + 0.2
    while time.perf_counter() < until:
        assert source.advance()
    assert least <= captures.made[-1].grabbed <= most


def test_media_foundation_is_told_to_leave_out_its_slow_transforms() -> None:

    assert os.environ["OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS"] == "0"  # tests/conftest.py prepares the process
