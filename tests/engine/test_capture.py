"""The capture thread: newest frame wins, lost cameras come back, a hanging one is noticed, nothing is left running."""

import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine.camera import capture as module
from obs_bgremove.engine.camera import frame_sources
from obs_bgremove.engine.camera.capture import Capture, Frame
from obs_bgremove.engine.camera.target import CameraSetting
from obs_bgremove.shared.errors import UserError
from tests.systems import linux_only
from tests.waiting import never, wait_for


@pytest.fixture
def capture():
    capture = Capture(lambda: None)
    yield capture
    capture.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "capture" and thread is not STUCK.thread]


class STUCK:
    """The one thread that a test leaves hanging on purpose."""

    thread: threading.Thread | None = None


def _setting(target: object, size: tuple[int, int] | None = None) -> CameraSetting:
    return CameraSetting(str(target), size, 0)


def _next(capture: Capture, timeout_s: float = 10.0) -> Frame:
    frame: Frame = wait_for(capture.take, timeout_s, lambda: f"a frame; problem: {capture.problem}", 0.002)
    return frame


def _wait_for_problem(capture: Capture) -> UserError:
    problem: UserError = wait_for(lambda: capture.problem, 10, "a problem")
    return problem


def test_frames_come_with_growing_times(capture: Capture, counting_video: Path) -> None:
    capture.want(_setting(counting_video))
    first = _next(capture)
    second = _next(capture)
    assert second.timestamp_ns > first.timestamp_ns
    assert abs(time.perf_counter_ns() - second.timestamp_ns) < 2e9


def test_a_frame_taken_stays_as_it_is_while_newer_ones_come(capture: Capture, counting_video: Path) -> None:
    capture.want(_setting(counting_video))
    frame = _next(capture)
    level = int(frame.image[0, 0, 0])
    never(lambda: set(np.unique(frame.image)) != {level}, 0.4, "it was written over")


def test_the_newest_frame_wins(capture: Capture, counting_video: Path) -> None:
    capture.want(_setting(counting_video))
    _next(capture)
    time.sleep(0.5)
    asked_ns = time.perf_counter_ns()
    newest = _next(capture).timestamp_ns
    assert asked_ns - newest < 0.25e9, "an old frame was waiting"
    given = [frame.timestamp_ns for frame in (capture.take() for _ in range(1000)) if frame is not None]
    assert newest not in given and len(set(given)) == len(given), "one frame was given twice"


def test_a_camera_that_is_missing_at_start_is_picked_up_when_it_comes(
    capture: Capture, counting_video: Path, tmp_path: Path
) -> None:
    late = tmp_path / "late.avi"
    capture.want(_setting(late))
    assert "is not there" in str(_wait_for_problem(capture))
    counting_video.rename(late)
    assert _next(capture).image.shape == (90, 160, 3)
    assert capture.problem is None


def test_a_camera_that_is_lost_comes_back_with_another_size(
    capture: Capture, counting_video: Path, tmp_path: Path
) -> None:
    capture.want(_setting(counting_video))
    _next(capture)
    counting_video.unlink()
    _wait_for_problem(capture)
    cv2.imwrite(str(tmp_path / "new.png"), np.zeros((33, 51, 3), np.uint8))
    (tmp_path / "new.png").rename(counting_video)
    while _next(capture).image.shape != (33, 51, 3):
        pass
    assert capture.problem is None


def test_another_camera_never_delivers_a_frame_of_the_former(capture: Capture, tmp_path: Path) -> None:
    for level, name in ((10, "a.png"), (250, "b.png")):
        cv2.imwrite(str(tmp_path / name), np.full((40, 60, 3), level, np.uint8))
    for _ in range(10):
        capture.want(_setting(tmp_path / "a.png"))
        assert _next(capture).image[0, 0, 0] == 10
        capture.want(_setting(tmp_path / "b.png"))
        assert _next(capture).image[0, 0, 0] == 250


@linux_only
def test_wanting_nothing_frees_the_camera(capture: Capture, counting_video: Path) -> None:
    capture.want(_setting(counting_video))
    _next(capture)
    capture.want(None)
    wait_for(lambda: not _open_here(counting_video), 5, "the camera is free")
    assert capture.take() is None


def _open_here(path: Path) -> bool:
    return any(link.resolve() == path.resolve() for link in Path("/proc/self/fd").iterdir() if link.is_symlink())


def test_a_camera_change_between_two_steps_of_the_thread_opens_the_new_one_once(
    capture: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.full((40, 60, 3), 10, np.uint8))
    opened: list[str] = []
    real = frame_sources.open_source
    monkeypatch.setattr(
        frame_sources, "open_source", lambda target, *more: opened.append(target.target) or real(target, *more)
    )
    real_clear = capture._changed.clear

    def clear_then_want() -> None:
        real_clear()
        capture.want(_setting(tmp_path / "b.png"))  # in the moment before the thread reads what is wanted

    monkeypatch.setattr(capture._changed, "clear", clear_then_want)
    capture.want(_setting(tmp_path / "a.png"))
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        capture.take()
        time.sleep(0.01)
    monkeypatch.setattr(capture._changed, "clear", real_clear)
    assert opened == [str(tmp_path / "b.png")]


class _Hanging:
    """A source whose driver never comes back: from the open, or from a read."""

    label = "hanging camera"
    rate = 0.0

    def __init__(self) -> None:
        self.hangs, self.release = threading.Event(), threading.Event()

    def open(self, *_: object) -> "_Hanging":
        self.advance()
        return self

    def advance(self) -> bool:
        STUCK.thread = threading.current_thread()
        self.hangs.set()
        self.release.wait(30)
        return False

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("platform", "hangs_in_open", "limit_s"), [("win32", True, 30), ("win32", False, 30), ("linux", True, 15)]
)
def test_a_camera_may_take_longer_to_its_first_frame_on_windows(
    monkeypatch: pytest.MonkeyPatch, platform: str, hangs_in_open: bool, limit_s: float
) -> None:
    clock_s = 100.0
    source = _Hanging()
    monkeypatch.setattr(module, "now_s", lambda: clock_s)
    monkeypatch.setattr(frame_sources, "open_source", source.open if hangs_in_open else lambda *_: source)
    capture = Capture(lambda: None)
    capture.want(_setting("sample"))
    assert source.hangs.wait(10)
    monkeypatch.setattr(sys, "platform", platform)
    clock_s += limit_s - 1
    capture.check()
    clock_s += 2
    with pytest.raises(UserError, match="has stopped answering"):
        capture.check()
    source.release.set()
    capture.stop()


def test_a_read_after_the_first_may_not_take_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock_s = 100.0

    class HangsLater(_Hanging):
        def advance(self) -> bool:
            return True if STUCK.thread is None else super().advance()

        def frame(self, spare: object) -> np.ndarray:
            STUCK.thread = threading.current_thread()
            return np.zeros((9, 16, 3), np.uint8)

    monkeypatch.setattr(STUCK, "thread", None)
    monkeypatch.setattr(module, "now_s", lambda: clock_s)
    source = HangsLater()
    monkeypatch.setattr(frame_sources, "open_source", lambda *_: source)
    capture = Capture(lambda: None)
    capture.want(_setting("sample"))
    assert source.hangs.wait(10)
    monkeypatch.setattr(sys, "platform", "win32")
    clock_s += 16
    with pytest.raises(UserError, match="has stopped answering"):
        capture.check()
    source.release.set()
    capture.stop()


def test_a_read_that_never_returns_is_noticed_and_hangs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUCK_AFTER_S", 0.3)
    source = _Hanging()
    monkeypatch.setattr(frame_sources, "open_source", lambda *_: source)
    capture = Capture(lambda: None)
    capture.want(_setting("sample"))
    capture.check()
    time.sleep(0.6)
    with pytest.raises(UserError, match="hanging camera has stopped answering"):
        capture.check()
    started = time.monotonic()
    capture.stop(timeout_s=0.2)
    assert time.monotonic() - started < 1
    source.release.set()


def test_an_exception_of_a_driver_becomes_a_message(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        label = "broken camera"
        rate = 0.0

        def advance(self) -> None:
            raise cv2.error("ioctl")

        def close(self) -> None:
            pass

    monkeypatch.setattr(frame_sources, "open_source", lambda *_: Broken())
    capture.want(_setting("sample"))
    assert "broken camera failed" in str(_wait_for_problem(capture))


def test_idle_it_delivers_nothing_and_goes_on_at_once_after(capture: Capture) -> None:
    capture.want(_setting("sample"))
    _next(capture)
    capture.idle = True
    time.sleep(0.1)
    capture.take()
    never(lambda: capture.take() is not None, 0.3, "a frame while idle")
    capture.idle = False
    shown = time.perf_counter_ns()
    assert _next(capture).timestamp_ns >= shown, "the first frame after it is a new one"


def test_a_lost_camera_is_noticed_and_forgiven_while_idle(capture: Capture, counting_video: Path) -> None:
    capture.idle = True
    away = counting_video.with_suffix(".away")
    counting_video.rename(away)
    capture.want(_setting(str(counting_video)))
    _wait_for_problem(capture)
    away.rename(counting_video)
    wait_for(lambda: capture.problem is None, 10, "forgiven")
    assert capture.take() is None
