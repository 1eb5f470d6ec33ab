"""Frame sources: one contract for all of them, then what is each one's own. Real files, real decoding."""

import shutil
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.camera import opening
from obs_bgremove.engine.camera.file_source import FileSource
from obs_bgremove.engine.camera.frame_sources import FrameSource, open_source
from obs_bgremove.engine.camera.live_source import LiveSource
from obs_bgremove.engine.camera.sample_source import SampleSource
from obs_bgremove.engine.camera.target import CameraTarget
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError


@pytest.fixture
def server(counting_video: Path):
    """The counting video, served on loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(counting_video.parent))

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/{counting_video.name}"
        http.shutdown()
        thread.join()


def _open(kind: str, target: str) -> FrameSource:
    return open_source(CameraTarget(kind, target), None, 0)


def _play(path: Path, size: tuple[int, int] | None = None, fps: int = 0) -> FileSource:
    return FileSource(str(path), size, fps)


def _read(source: FrameSource) -> Image | None:
    return source.frame(None) if source.advance() else None


@pytest.fixture(params=["sample", "file", "stream"])
def source(request: pytest.FixtureRequest, counting_video: Path, assets: Path):
    kind = request.param
    target = {"sample": "sample", "file": str(counting_video), "stream": ""}[kind]
    if kind == "stream":
        target = request.getfixturevalue("server")
    source = _open(kind, target)
    yield source
    source.close()


def test_every_source_gives_bgr_pictures_of_one_size_and_closes_twice(source: FrameSource) -> None:
    shapes = set()
    for _ in range(5):
        frame = _read(source)
        assert frame is not None and frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3
        shapes.add(frame.shape)
    assert len(shapes) == 1
    assert source.label
    source.close()
    source.close()


def test_a_file_plays_every_frame_in_order_and_loops(counting_video: Path) -> None:
    source = _play(counting_video)
    levels = []
    for _ in range(45):
        frame = _read(source)
        assert frame is not None
        levels.append(round(float(frame.mean()) / 10))
    source.close()
    steps = [(after - before) % 20 for before, after in zip(levels, levels[1:])]
    assert levels[0] == 0
    assert set(levels) >= {0, 19} and min(steps) >= 1, "a frame came twice"
    assert np.median(steps) == 1


def test_small_pictures_are_decoded_by_one_thread_and_large_ones_as_the_machine_likes(
    counting_video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _play(counting_video)
    assert source._capture.get(cv2.CAP_PROP_N_THREADS) == 1
    source.close()
    opened: list[list[int]] = []
    real = cv2.VideoCapture
    monkeypatch.setattr(opening, "ONE_THREAD_PIXELS", 100)
    monkeypatch.setattr(cv2, "VideoCapture", lambda *what: opened.append(what[2]) or real(*what))
    source = _play(counting_video)
    assert opened == [[cv2.CAP_PROP_N_THREADS, 1], []]
    for _ in range(25):  # past its end: opened again, and at once as it is to stay
        assert _read(source) is not None
    assert opened[2:] == [[]]
    source.close()


def test_a_file_plays_in_real_time(counting_video: Path) -> None:
    source = _play(counting_video)
    started = time.monotonic()
    for _ in range(31):
        _read(source)
    source.close()
    assert time.monotonic() - started > 0.95, "30 frames at 30 fps take a second"


def test_frames_nobody_asks_for_take_as_long(source: FrameSource) -> None:
    assert _read(source) is not None
    started = time.monotonic()
    assert all(source.advance() for _ in range(10))
    if not isinstance(source, LiveSource):  # the test's stream is sent as fast as it is taken
        assert time.monotonic() - started > 0.2, "10 frames at 30 fps take a third of a second"
    assert _read(source) is not None


def test_a_file_stands_still_while_nobody_asks_for_its_frames(counting_video: Path) -> None:
    source = _play(counting_video)
    _read(source)
    assert all(source.advance() for _ in range(6))
    frame = _read(source)
    source.close()
    assert frame is not None and round(float(frame.mean()) / 10) == 1


def test_a_file_that_is_read_late_skips_instead_of_queueing(counting_video: Path) -> None:
    source = _play(counting_video)
    _read(source)
    time.sleep(0.25)
    frame = _read(source)
    source.close()
    assert frame is not None and 5 <= round(float(frame.mean()) / 10) <= 15


def test_a_lower_rate_asked_for_thins_out_a_file(counting_video: Path) -> None:
    source = _play(counting_video, fps=10)
    started, levels = time.monotonic(), []
    for _ in range(6):
        frame = _read(source)
        assert frame is not None
        levels.append(round(float(frame.mean()) / 10))
    source.close()
    assert time.monotonic() - started > 0.45
    assert all((after - before) % 20 >= 3 for before, after in zip(levels, levels[1:]))


def test_a_size_asked_for_scales_a_file_and_keeps_its_shape(counting_video: Path) -> None:
    source = _play(counting_video, size=(640, 480))
    frame = _read(source)
    source.close()
    assert frame is not None and frame.shape == (360, 640, 3)


def test_a_file_that_vanishes_while_playing_ends_instead_of_raising(counting_video: Path) -> None:
    source = _play(counting_video)
    assert _read(source) is not None
    counting_video.unlink()
    for _ in range(60):
        if _read(source) is None:
            break
    else:
        pytest.fail("the file was still being played")
    source.close()


@pytest.mark.parametrize("content", [b"", b"this is no video", b"\0" * 5000])
def test_a_file_that_is_no_video_is_refused_in_plain_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(UserError, match="is not a video or picture"):
        _open("file", str(path))


def test_a_grey_picture_as_camera_is_bgr(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), np.full((40, 60), 99, np.uint8))
    source = _open("file", str(path))
    frame = _read(source)
    assert frame is not None and frame.shape == (40, 60, 3) and int(frame[0, 0, 0]) == 99
    assert _read(source) is not None
    source.close()


def test_a_stream_that_is_not_there_is_refused_in_plain_words() -> None:
    with pytest.raises(UserError, match="cannot be opened"):
        _open("stream", "http://127.0.0.1:9/none")


def test_the_sample_moves_and_is_a_function_of_time(assets: Path) -> None:
    sample = SampleSource((640, 360))
    first, again, later = sample.at(1.0).copy(), sample.at(1.0).copy(), sample.at(1.5).copy()
    assert first.shape == (360, 640, 3)
    assert np.array_equal(first, again)
    assert np.abs(first.astype(int) - later).mean() > 1


def test_the_sample_is_found_in_a_home_whose_name_is_not_ascii(
    assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "J\u00fcrgen \u732b"
    (home / "assets").mkdir(parents=True)
    shutil.copy(assets / installation.SAMPLE_PICTURE, home / "assets")
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(home))
    monkeypatch.setattr(cv2, "imread", lambda *_: None)  # what it does on Windows with such a path
    assert SampleSource((64, 36)).at(0.0).shape == (36, 64, 3)


@pytest.mark.parametrize("content", [None, b"", b"no picture"])
def test_a_sample_that_is_missing_or_damaged_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    if content is not None:
        (tmp_path / "assets").mkdir()
        (tmp_path / "assets" / installation.SAMPLE_PICTURE).write_bytes(content)
    with pytest.raises(UserError, match="sample portrait is missing or damaged"):
        SampleSource()
